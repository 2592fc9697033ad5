"""`armswatch replay`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from armswatch.clock import utc_now
from armswatch.options import DurationType, config_option, json_option, load_config, page, print_struct


@click.command(
    epilog="""\b
Examples:
  armswatch replay match --since 2d      match the items of two days again, with the topics as they are now
  armswatch replay alert --dry-run       tell what there is to be decided again, from the beginning
  armswatch replay archive               fill the archive anew

Stop the service first; start it afterwards. What alerted already does not alert again while its story is open, and
later only under the same id. Doing it twice does what doing it once does.""",
)
@config_option
@json_option
@click.argument("stage", type=click.Choice(["match", "alert", "archive"]))
@click.option("--since", type=DurationType(), help="From so long ago; from the beginning if left out.")
@click.option("--from-start", is_flag=True, help="From the beginning of what the log still holds: as without --since.")
@click.option("--dry-run", is_flag=True, help="Only tell what it would do; the service may run meanwhile.")
def replay(
    directory: Path | None, as_json: bool, stage: str, since: timedelta | None, from_start: bool, dry_run: bool
) -> None:
    """Have STAGE handle the log again when the service is next started."""
    from armswatch import replaying  # noqa: PLC0415
    from delivery.log_table import replay_text  # noqa: PLC0415

    if since and from_start:
        raise click.UsageError("Either --since or --from-start.")
    start = utc_now() - since if since else None
    report = replaying.replay(load_config(directory), stage, start, dry_run=dry_run)
    if as_json:
        print_struct(report)
        return
    width, colour = page()
    click.echo(replay_text(report, width=width, colour=colour))
