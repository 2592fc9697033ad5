"""`armswatch log`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from armswatch.options import config_option, json_option, load_config, page, print_struct


@click.group()
def log() -> None:
    """Look into the event log: topics, reader groups, records; copy it to another."""


@log.command(epilog="\b\nExamples:\n  armswatch log topics\n  armswatch log topics --partitions --json")
@config_option
@json_option
@click.option("--partitions", is_flag=True, help="Each partition on a line of its own; JSON always has them.")
def topics(directory: Path | None, as_json: bool, partitions: bool) -> None:
    """List the topics: how each is kept, how much it holds, its oldest and newest offset."""
    from armswatch import logtools  # noqa: PLC0415
    from delivery.log_table import topics_text  # noqa: PLC0415

    found = logtools.topics(load_config(directory))
    if as_json:
        print_struct(found)
        return
    if not found:
        click.echo("No topics yet: the service makes them when it first starts.", err=True)
        return
    width, colour = page()
    click.echo(topics_text(found, partitions=partitions, width=width, colour=colour))


@log.command(epilog="\b\nExamples:\n  armswatch log groups\n  armswatch log groups --json | jq '.[] | {group, lag}'")
@config_option
@json_option
@click.option("--partitions", is_flag=True, help="Where each stands on each partition; JSON always has it.")
def groups(directory: Path | None, as_json: bool, partitions: bool) -> None:
    """List the reader groups, and how far each is behind, in offsets: at least as many as there are records."""
    from armswatch import logtools  # noqa: PLC0415
    from delivery.log_table import groups_text  # noqa: PLC0415

    found = logtools.groups(load_config(directory))
    if as_json:
        print_struct(found)
        return
    if not found:
        click.echo("No group has read anything yet.", err=True)
        return
    width, colour = page()
    click.echo(groups_text(found, partitions=partitions, width=width, colour=colour))


@log.command(
    epilog="""\b
Examples:
  armswatch log show dead-letters
  armswatch log show armswatch.items --partition 2 --from 1000 --limit 5 --json""",
)
@config_option
@json_option
@click.argument("topic")
@click.option("--partition", type=click.IntRange(min=0), help="Only this one; every one if left out.")
@click.option("--from", "start", type=click.IntRange(min=0), help="From this offset on; the newest if left out.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="At most so many of a partition."
)
def show(
    directory: Path | None, as_json: bool, topic: str, partition: int | None, start: int | None, limit: int
) -> None:
    """Show records of TOPIC, whose name may be given without `armswatch.`, as they stand on the log."""
    from armswatch import logtools  # noqa: PLC0415
    from delivery.log_table import records_text  # noqa: PLC0415

    found = logtools.show(load_config(directory), topic, partition, start, limit)
    if as_json:
        print_struct(found)
        return
    if not found:
        click.echo("No records there.", err=True)
        return
    width, colour = page()
    click.echo(records_text(found, width=width, colour=colour))


@log.command(
    epilog="""\b
Examples:
  armswatch log copy -c mydesk                          of the data directory, to the Kafka of `log`
  armswatch log copy -c mydesk --from old/log.sqlite

Stop the service first. What breaks off goes on where it stopped when it is started again.""",
)
@config_option
@json_option
@click.option(
    "--from",
    "origin",
    type=click.Path(path_type=Path),
    help="The embedded log's file, or its directory; else the one in the data directory.",
)
def copy(directory: Path | None, as_json: bool, origin: Path | None) -> None:
    """Copy an embedded log to the log of the configuration: every record, and where every reader group stands."""
    from armswatch import logcopy  # noqa: PLC0415
    from delivery.log_table import copy_text  # noqa: PLC0415

    report = logcopy.copy(load_config(directory), origin, lambda text: click.echo(text, err=True), time.monotonic)
    if as_json:
        print_struct(report)
        return
    width, colour = page()
    click.echo(copy_text(report, width=width, colour=colour))
