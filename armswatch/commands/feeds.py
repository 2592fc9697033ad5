"""`armswatch feeds`."""

from __future__ import annotations

from pathlib import Path

import click

from armswatch.exits import Exit
from armswatch.options import config_option, json_option, load_config, print_json


@click.group()
def feeds() -> None:
    """List the feeds; test one."""


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
