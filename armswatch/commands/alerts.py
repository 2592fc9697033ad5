"""`armswatch alerts`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import click

from armswatch.clock import utc_now
from armswatch.options import DurationType, config_option, load_config, page
from core.reports import Silent
from core.types import Alert, TopicId


@click.command(
    epilog="""\b
Examples:
  armswatch alerts --since 7d --topic russia-dprk-arms
  armswatch alerts --follow
  armswatch alerts --format jsonl | jq -r '.data.headline'
  armswatch alerts --silent              what was near, or a copy, and why it stayed silent""",
)
@config_option
@click.option("--since", type=DurationType(), default="24h", show_default=True, help="How far back.")
@click.option("--follow", is_flag=True, help="Go on, and print alerts as they come.")
@click.option("--topic", help="Only this topic.")
@click.option("--search", default="", help="Only alerts with these words in headline or text.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most so many, the newest.")
@click.option("--silent", is_flag=True, help="Show what was kept silent instead, with the reason.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    help="For people, or CloudEvents JSON lines.",
)
def alerts(
    directory: Path | None,
    since: timedelta,
    follow: bool,
    topic: str | None,
    search: str,
    limit: int,
    silent: bool,
    style: str,
) -> None:
    """Print alerts, oldest first."""
    from armswatch import inquiry  # noqa: PLC0415

    config = load_config(directory)
    chosen = TopicId(topic) if topic else None
    if silent:
        _print_silent(inquiry.silent(config, since=since, topic=chosen, limit=limit))
        return
    write = _writer(style)
    coming = inquiry.following(config, chosen) if follow else None
    found = inquiry.alerts(config, since=since, topic=chosen, text=search, limit=limit)
    for alert in found:
        write(alert)
    if not found:
        from delivery.render import silence_text  # noqa: PLC0415

        report = inquiry.status(config, since)
        click.echo(silence_text(report.silence, report), err=True)
    printed = {alert.id for alert in found}
    for alert in coming or ():
        if alert.id not in printed:  # one may have come between asking and following
            write(alert)


def _writer(style: str) -> Callable[[Alert], None]:
    from delivery.render import alert_json, alert_text  # noqa: PLC0415

    if style == "jsonl":
        return lambda alert: click.echo(alert_json(alert))
    width, colour = page()
    return lambda alert: click.echo(alert_text(alert, width=width, colour=colour, now=utc_now()) + "\n")


def _print_silent(found: Sequence[Silent]) -> None:
    from delivery.render import silent_text  # noqa: PLC0415

    width, colour = page()
    for each in found:
        click.echo(silent_text(each, width=width, colour=colour, now=utc_now()) + "\n")
    if not found:
        click.echo("Nothing was kept silent in that time.", err=True)
