"""`armswatch topic seed`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from core.text import terminal_safe

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Like(click.ParamType[str]):
    """Text of a certain form."""

    name = "text"

    def __init__(self, form: str, wanted: str) -> None:
        self._form = re.compile(form)
        self._wanted = wanted

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take it, or say what was wanted."""
        if not self._form.fullmatch(value):
            self.fail(f"{value!r} is not {self._wanted}.", param, ctx)
        return value


_ID = _Like(r"[a-z0-9][a-z0-9-]{0,59}", "an id: small letters, digits and hyphens, at most 60")
_LANGUAGE = _Like(r"[a-z]{2,3}", "a language such as en or ru")
_DATE = _Like(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date such as 2026-11-24")


@click.command(
    epilog="""\b
Example:
  armswatch topic seed visit.txt shells.txt --outlet AP --outlet Reuters --output mydesk/topics/mine.yaml

Each FILE is an article: plain text in UTF-8 (its title is the first line of some length), or a simple page of HTML.
--title, --outlet and --date are given once for each, in their order. Without --background, general language comes from
wordfreq: pip install 'armswatch[seed]'.""",
)
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--background", type=_FILE, help="A text to count as general language, instead of wordfreq.")
@click.option("--name", "topic_id", type=_ID, help="The topic's id; else one is made of what it is about.")
@click.option(
    "--language", type=_LANGUAGE, default="en", show_default=True, help="The articles' language, such as en or ru."
)
@click.option("--title", "titles", multiple=True, help="An article's headline.")
@click.option("--outlet", "outlets", multiple=True, help="Who published it.")
@click.option("--date", "dates", type=_DATE, multiple=True, help="When, as year-month-day.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; must not exist.")
def seed(
    files: Sequence[Path],
    background: Path | None,
    topic_id: str | None,
    language: str,
    titles: Sequence[str],
    outlets: Sequence[str],
    dates: Sequence[str],
    output: Path | None,
) -> None:
    """Propose a topic from articles: names, words and phrases, evidence and weights, each with where it comes from."""
    from armswatch import seeding  # noqa: PLC0415

    said = seeding.told(files, titles, outlets, dates)
    made = seeding.seed(files, said, language, background, topic_id or "")
    if output is None:
        click.echo(made.text, nl=False)
    else:
        seeding.save(output, made.text)
        click.echo(f"Wrote {output}.", err=True)
    for name, found in made.seeds:
        facets = ", ".join(found.facets) or "no facet"
        click.echo(f"{terminal_safe(name)}: score {found.score:.3f}, {facets}", err=True)
