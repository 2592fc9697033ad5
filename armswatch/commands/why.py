"""`armswatch why`."""

from __future__ import annotations

from pathlib import Path

import click

from armswatch.clock import utc_now
from armswatch.exits import Exit
from armswatch.options import config_option, json_option, load_config, page, print_struct


@click.command(
    epilog="""\b
Examples:
  armswatch why https://outlet.example/2026/shells
  armswatch why "shells rajin"
  armswatch why --json https://outlet.example/2026/shells

Exits with 8 when nothing is known of it; of a text, it still says what the topics would make of it as a title.""",
)
@config_option
@json_option
@click.argument("question", metavar="URL|TEXT", nargs=-1, required=True)
@click.pass_context
def why(ctx: click.Context, directory: Path | None, as_json: bool, question: tuple[str, ...]) -> None:
    """Tell what every stage decided on an item: fetched? new? matched, on what evidence? which story? alerted?"""
    from armswatch import inquiry  # noqa: PLC0415
    from delivery.render import why_text  # noqa: PLC0415

    answer = inquiry.why(load_config(directory), " ".join(question))
    if as_json:
        print_struct(answer)
    else:
        width, colour = page()
        click.echo(why_text(answer, width=width, colour=colour, now=utc_now()))
    ctx.exit(Exit.OK if answer.asked == "known_url" or answer.hits else Exit.NOT_FOUND)
