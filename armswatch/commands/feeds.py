"""`armswatch feeds`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from armswatch.exits import Exit
from armswatch.options import config_option, json_option, load_config, print_json

_file = click.Path(path_type=Path)


@click.group()
def feeds() -> None:
    """List the feeds; test one, find and add some; import and export lists of them."""


@feeds.command(
    "list", epilog="\b\nExample:\n  armswatch feeds list --json | jq '.[] | select(.language == \"ko\") | .url'"
)
@config_option
@json_option
def list_(directory: Path | None, as_json: bool) -> None:
    """List the feeds as configured."""
    from armswatch import feedtools  # noqa: PLC0415

    rows = feedtools.listing(load_config(directory))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(feedtools.row_text(row))
    click.echo(f"{len(rows)} feeds. `armswatch status` tells how they are.", err=True)


@feeds.command(epilog="\b\nExample:\n  armswatch feeds test https://outlet.example/rss")
@config_option
@json_option
@click.argument("url")
@click.pass_context
def test(ctx: click.Context, directory: Path | None, as_json: bool, url: str) -> None:
    """Fetch URL as the service would, and show what would be ingested and every decision on it.

    Nothing is stored. Exits with 6 when it cannot be fetched, with 7 when it is not a feed.
    """
    from armswatch import feedtools  # noqa: PLC0415

    report = feedtools.test(load_config(directory), url)
    if as_json:
        print_json(report)
    else:
        click.echo(feedtools.report_text(report))
    if report["failed"]:
        ctx.exit(Exit.UNREACHABLE if report["stage"] == "fetch" else Exit.REFUSED)


@feeds.command(
    epilog="""\b
Examples:
  armswatch feeds add https://outlet.example
  armswatch feeds add outlet.example --choose 2 --country GB --kind newspaper --yes
"""
)
@config_option
@json_option
@click.option("--choose", type=click.IntRange(min=1), multiple=True, help="Take the feed of this number; repeatable.")
@click.option("--all", "every", is_flag=True, help="Take every feed that was found.")
@click.option("--name", help="The outlet, as alerts show it; else the feed's own title.")
@click.option("--language", help="Its language, such as `ko`; else as the feed says.")
@click.option("--country", help="Country of the outlet, such as `KR`.")
@click.option("--kind", help="What sort of outlet it is, such as `newspaper` or `state_media`.")
@click.option("--origin", help="A name that outlets share which carry the same copy.")
@click.option("--yes", is_flag=True, help="Write to feeds.yaml; else the lines to add are only shown.")
@click.argument("url")
@click.pass_context
def add(
    ctx: click.Context, /, directory: Path | None, as_json: bool, choose: tuple[int, ...], every: bool, yes: bool,
    url: str, **said: str | None,
) -> None:  # fmt: skip
    """Find the feeds of a site, or take the feed at URL, and add it to feeds.yaml.

    The page's own links are tried, then the news site maps that its robots.txt names, and, where there are none, the
    usual places that robots.txt allows. What each would bring is shown. The lines to add are printed; with --yes they
    are written behind the feeds that feeds.yaml lists, and all else in it stays as it is. Where several feeds were
    found, --yes wants --choose or --all.

    Exits with 6 when URL cannot be fetched, with 7 when no feed was found.
    """
    from armswatch import discovering, importing  # noqa: PLC0415

    discovering.check(said)
    config = load_config(directory)
    is_named = directory is not None or bool(os.environ.get("ARMSWATCH_CONFIG"))
    target = importing.own_feeds_file(config.directory, Path.cwd(), is_named=is_named) if yes else None
    report = discovering.added(discovering.search(config, url), said, choose, every=every, target=target)
    if as_json:
        print_json(report)
    else:
        click.echo(discovering.found_text(report), err=True)
        if report["lines"] and not report["written"]:
            click.echo(report["lines"], nl=False)
    if not report["feeds"]:
        fetched = any(each["how"] != "given" or each["stage"] != "fetch" for each in report["tried"])
        ctx.exit(Exit.REFUSED if fetched else Exit.UNREACHABLE)


@feeds.command(
    "import",
    epilog="""\b
Examples:
  armswatch feeds import subscriptions.opml
  armswatch feeds import subscriptions.opml --into mydesk/feeds.yaml
""",
)
@config_option
@json_option
@click.option("--into", type=_file, help="Add them to this feeds.yaml, whose comments and layout stay.")
@click.option("--output", type=_file, help="Make a new feeds.yaml of them; one that is there is not written over.")
@click.argument("file", type=_file)
def import_(directory: Path | None, as_json: bool, into: Path | None, output: Path | None, file: Path) -> None:
    """Take the feeds of an OPML file, as other readers export it.

    Without --into and --output, the lines to add to feeds.yaml are printed. Feeds that are there already or come
    twice, and those that can't be used, are told.
    """
    from armswatch import importing  # noqa: PLC0415

    if into and output:
        raise click.UsageError("--into and --output exclude each other.")
    there = () if into or output else load_config(directory).feeds
    report = importing.import_opml(file, there, into, output)
    if as_json:
        print_json(report)
        return
    click.echo(importing.import_text(report), err=True)
    if not report["written"]:
        click.echo(report["lines"], nl=False)


@feeds.command(
    epilog="""\b
Examples:
  armswatch feeds export > feeds.opml
  armswatch feeds export --yaml --output copy.yaml
"""
)
@config_option
@click.option("--opml", "form", flag_value="opml", default="opml", help="As OPML 2.0, for other readers: the default.")
@click.option("--yaml", "form", flag_value="yaml", help="As feeds.yaml.")
@click.option("--output", type=_file, help="Write this file, which must not exist; else to standard output.")
def export(directory: Path | None, form: str, output: Path | None) -> None:
    """Write the feeds as configured, for other readers or another desk.

    OPML has no word for country, kind, origin, interval and whether a feed is polled: they stand in attributes of the
    namespace `urn:armswatch:opml`, which import reads again.
    """
    from armswatch import feeds_file, opml  # noqa: PLC0415
    from config.feeds_text import feeds_text  # noqa: PLC0415

    listed = load_config(directory).feeds
    text = opml.write_opml(listed) if form == "opml" else f"feeds:\n{feeds_text(listed)}"
    if output:
        feeds_file.write_new(output, text)
        click.echo(f"{len(listed)} feeds written to {output}.", err=True)
    else:
        click.echo(text, nl=False)
