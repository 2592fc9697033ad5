"""`armswatch topic`."""

from __future__ import annotations

from pathlib import Path

import click

from armswatch.commands.topic_seed import seed
from armswatch.commands.topic_tuning import backtest, diff, fit, test
from armswatch.options import config_option, json_option, load_config, print_json


@click.group()
def topic() -> None:
    """Propose, list, explain, measure, fit and compare topics."""


@topic.command("list", epilog="\b\nExample:\n  armswatch topic list -c mydesk")
@config_option
@json_option
def list_(directory: Path | None, as_json: bool) -> None:
    """List the topics: what each watches for, and how much it knows."""
    from armswatch import topics  # noqa: PLC0415

    rows = topics.listing(load_config(directory))
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    for row in rows:
        click.echo(f"{row.topic}  {row.name}{'' if row.enabled else '  (off: not enabled)'}")
        click.echo(
            f"    {row.concepts} concepts, {row.terms} terms in {len(row.languages)} languages "
            f"({' '.join(row.languages)}), {row.evidence} pieces of evidence, threshold {row.threshold:g}"
        )
        click.echo(f"    facets: {', '.join(row.facets) or 'none'}; {row.file}")
        for warning in row.warnings:
            click.echo(f"    warning: {warning}")


@topic.command(
    epilog='\b\nExample:\n  armswatch topic explain --topic russia-dprk-arms --title "Shells from Rajin reach Russia"',
)
@config_option
@json_option
@click.option("--topic", "topic_id", help="The topic; may be left out where there is but one.")
@click.option("--title", default="", help="The item's title.")
@click.option("--summary", default="", help="The item's text.")
def explain(directory: Path | None, as_json: bool, topic_id: str | None, title: str, summary: str) -> None:
    """Tell how a topic judges a text: the score, the evidence with the words it rests on, and what is missing."""
    if not title and not summary:
        raise click.UsageError("give --title, --summary, or both.")
    from armswatch import topics  # noqa: PLC0415

    config = load_config(directory)
    for warning in topics.warnings(topics.chosen(config, topic_id)):
        click.echo(f"warning: {warning}", err=True)
    found = topics.explain(config, topic_id, title, summary)
    if as_json:
        print_json(found)
    else:
        click.echo(topics.explanation_text(found))


for _command in (seed, test, fit, diff, backtest):
    topic.add_command(_command)
