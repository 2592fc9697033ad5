"""What the service says of its state, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from armswatch.service import ServiceStatus
from armswatch.vitals import summary, unready
from ingest.service import IngestStatus
from stream.worker import WorkerStatus

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FEEDS = IngestStatus(feeds=190, reached=187, failing=3, in_flight=2, items=10, offline=False)
WELL = WorkerStatus("match", state="waiting")
TROUBLED = WorkerStatus("alert", state="retrying", last_error="no broker answers", retrying_since=NOW)


def status(ingest: IngestStatus | None = None, *workers: WorkerStatus, log_away: bool = False) -> ServiceStatus:
    return ServiceStatus(NOW, ingest, {worker.stage: worker for worker in workers}, log_away)


@pytest.mark.parametrize(
    ("given", "last_alert", "said"),
    [
        (status(FEEDS, WELL), timedelta(minutes=5, seconds=59), "190 feeds, 3 failing; last alert 5 min ago"),
        (status(FEEDS._replace(offline=True)), None, "190 feeds, 3 failing, offline; no alert since the start"),
        (status(None, WELL, TROUBLED), timedelta(hours=3), "alert trying again; last alert 3 h ago"),
        (status(None, WELL), timedelta(days=2), "last alert 2 d ago"),
        (status(FEEDS, TROUBLED, log_away=True), timedelta(0), "190 feeds, 3 failing; ingest, alert trying again; last alert 0 min ago"),
        (status(None, WELL), timedelta(seconds=-30), "last alert 0 min ago"),
    ],
    ids=["all well", "offline", "a stage in trouble", "long ago", "the log away", "a clock that was set back"],
)  # fmt: skip
def test_the_state_is_told_on_one_line(given: ServiceStatus, last_alert: timedelta | None, said: str) -> None:
    assert summary(given, NOW - last_alert if last_alert is not None else None, NOW) == said


def test_a_stage_that_waits_for_work_is_at_work() -> None:
    assert unready(status(FEEDS, WELL)) == ()


def test_every_stage_that_tries_again_is_named_with_its_reason() -> None:
    assert unready(status(FEEDS, WELL, TROUBLED, log_away=True)) == (
        "ingest cannot reach the log and tries again",
        "alert tries again since 2026-11-24 12:00:00 UTC: no broker answers",
    )
