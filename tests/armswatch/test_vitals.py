"""What the service says of its state, in words and in signs of life."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from armswatch.liveness import Liveness, Pulse, probe
from armswatch.notify import Notifier
from armswatch.service import Service, ServiceStatus
from armswatch.vitals import Vitals, summary, unready
from config.loader import load
from ingest.service import IngestStatus
from stream.worker import WorkerStatus
from tests.e2e.program import write_config

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


# --- what is sent


class Standing(Service):
    """A service whose stage stands still when it is told to."""

    still: Pulse | None = None

    def pulses(self) -> list[Pulse]:
        return [self.still] if self.still else [Pulse("match", thread_alive=True, sign=object())]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Standing]:
    config = write_config(tmp_path / "desk", ["http://127.0.0.1:9/feed.xml"])
    service = Standing(load(config, {}), {}, only=["match"], watch=False)
    yield service
    service.stop()


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """Give what systemd has been told since it was last asked."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)

        def heard() -> list[str]:
            messages = []
            with suppress(BlockingIOError):
                while True:
                    messages.append(manager.recv(4096).decode())
            return messages

        yield heard


def test_a_stage_that_hangs_ends_the_signs_of_life_until_it_moves_again(
    service: Standing, listening: Callable[[], list[str]], tmp_path: Path
) -> None:
    seconds = [1000.0]
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"})
    vitals = Vitals(service, clock=lambda: NOW, monotonic=lambda: seconds[0], notifier=notifier, liveness=Liveness(5.0))

    def pass_by(count: int) -> list[str]:
        listening()
        for _ in range(count):
            seconds[0] += 1.0
            vitals.beat()
        return listening()

    def alive() -> bool:
        return probe(service.config.data_dir, ready=False, now=seconds[0]).well

    vitals.ready()
    assert listening()[0] == "READY=1"
    assert pass_by(3).count("WATCHDOG=1") == 3
    assert alive()
    service.still = Pulse("match", thread_alive=True, sign=object())
    pass_by(6)  # within the limit
    with capture_logs() as logs:
        assert "WATCHDOG=1" not in pass_by(5)
    assert not alive()
    assert [line["event"] for line in logs] == ["hangs"]
    service.still = None
    assert "WATCHDOG=1" in pass_by(1)
    assert alive()
    vitals.stopping()
    assert listening()[-1] == "STOPPING=1"
    assert not alive()


def test_a_heartbeat_that_cannot_be_written_is_told_once_and_stops_nothing(service: Standing, tmp_path: Path) -> None:
    vitals = Vitals(service, clock=lambda: NOW, notifier=Notifier({}))
    (service.config.data_dir / "alive").write_text("in the way")
    with capture_logs() as logs:
        vitals.beat()
        vitals.beat()
    assert [line["event"] for line in logs] == ["heartbeat_not_written"]
    (service.config.data_dir / "alive").unlink()
    vitals.beat()
    assert probe(service.config.data_dir, ready=False).well
    vitals.stopping()
