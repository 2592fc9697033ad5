"""`armswatch replay`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from armswatch.clock import utc_now
from armswatch.options import DurationType, config_option, load_config


@click.command(
    epilog="""\b
Examples:
  armswatch replay match --since 2d      match the items of two days again, with the topics as they are now
  armswatch replay alert                 from the beginning

Stop the service first; start it afterwards. What alerted already does not alert again.""",
)
@config_option
@click.argument("stage", type=click.Choice(["match", "alert"]))
@click.option("--since", type=DurationType(), help="From so long ago; from the beginning if left out.")
def replay(directory: Path | None, stage: str, since: timedelta | None) -> None:
    """Have STAGE handle the log again when the service is next started."""
    from armswatch import inquiry  # noqa: PLC0415

    count = inquiry.replay(load_config(directory), stage, utc_now() - since if since else None)
    click.echo(f"Stage {stage} will handle {count:,} records again when the service starts.")
