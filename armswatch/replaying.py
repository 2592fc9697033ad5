"""What `armswatch replay` does: sets a stage back on the log, to handle what follows again.

Doing it twice doubles nothing. What a stage makes of a record has an id made from the record alone, so a match that is
found again is the same match, and an alert raised again the same alert; a story that is open tells that it has alerted.
The archive is keyed by these ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime

from armswatch import wiring
from armswatch.archive_file import archived, put_away
from armswatch.clock import utc_now
from config.loader import Config
from core import catalogue
from core.errors import LogError, LogUnavailable, UserError
from core.log_reports import ReplayedPartition, ReplayReport
from stream.log import EventLog, PartitionInfo, TopicPartition

STAGES = ("match", "alert", "archive")
_ASIDE = "before-replay"


def inputs(config: Config) -> Mapping[str, Sequence[str]]:
    """Give the log topics that each stage reads."""
    alerts = map(catalogue.alerts, wiring.topic_ids(config))
    archive = (catalogue.ITEMS, catalogue.FEEDS, catalogue.MATCHES, catalogue.STORIES, catalogue.DEAD_LETTERS, *alerts)
    return {"match": (catalogue.ITEMS,), "alert": (catalogue.MATCHES,), "archive": archive}


def replay(config: Config, stage: str, since: datetime | None, *, dry_run: bool = False) -> ReplayReport:
    """Set a stage's positions back to a time, or to the beginning; or only tell what that would do.

    Raises:
        AlreadyRunning: the service runs on the embedded log, or fills the archive from one on Kafka.
        UserError: the stage runs somewhere, or cannot be set back to a time.
    """
    if stage == "archive" and since:
        raise UserError("The archive is filled anew as a whole.", "Leave --since out: it holds nothing twice.")
    log = wiring.read_log(config) if dry_run else wiring.operate_log(config, utc_now)
    with closing(log):
        read = inputs(config)[stage]
        partitions = sorted(info for info in log.describe() if info.source.topic in read)
        before = archived(config) if stage == "archive" else log.positions(stage)
        targets = {info.source: log.offset_at(info.source, since) if since else info.start for info in partitions}
        if not dry_run and stage == "archive":
            put_away(config, _ASIDE)
        elif not dry_run:
            _rewind(log, stage, targets)
    rows = tuple(_row(info, before.get(info.source), targets[info.source]) for info in partitions)
    return ReplayReport(stage, since, dry_run, sum(row.records for row in rows), rows)


def _rewind(log: EventLog, stage: str, targets: Mapping[TopicPartition, int]) -> None:
    try:
        log.rewind(stage, targets)
    except LogUnavailable:
        raise
    except LogError as error:
        raise UserError(
            f"Nothing was set back: {error}.", f"Stop every process that runs the stage {stage}, then replay again."
        ) from error


def _row(info: PartitionInfo, before: int | None, position: int) -> ReplayedPartition:
    left = max(info.end - position, 0)
    return ReplayedPartition(info.source.topic, info.source.partition, before, position, info.end, left)
