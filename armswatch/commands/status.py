"""`armswatch status`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from armswatch.options import DurationType, config_option, json_option, load_config, page, print_struct


@click.command(epilog="\b\nExamples:\n  armswatch status\n  armswatch status --json | jq '.silence'")
@config_option
@json_option
@click.option("--since", type=DurationType(), default="24h", show_default=True, help="The time that counts are of.")
def status(directory: Path | None, as_json: bool, since: timedelta) -> None:
    """Show every feed's health, how far each stage is, and whether the absence of alerts means anything."""
    from armswatch import inquiry  # noqa: PLC0415
    from delivery.render import status_text  # noqa: PLC0415

    report = inquiry.status(load_config(directory), since)
    if as_json:
        print_struct(report)
    else:
        width, colour = page()
        click.echo(status_text(report, width=width, colour=colour))
