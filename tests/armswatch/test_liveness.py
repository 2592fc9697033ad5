"""What counts as alive, and how a probe learns of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armswatch.liveness import STALE_AFTER_S, Heartbeat, HeartbeatFile, Liveness, Pulse, data_dir_of, probe
from core.errors import LogUnavailable
from stream.log import NewRecord, Record, TopicPartition, TopicSpec
from stream.retry import RetryPolicy
from stream.sqlite import SqliteLog
from stream.worker import Worker
from tests.e2e.program import ROOT

LIMIT_S = 5.0


def now() -> datetime:
    return datetime.now(UTC)


# --- the rule


def test_a_stage_that_comes_round_is_well_however_long_it_runs() -> None:
    liveness = Liveness(LIMIT_S)
    assert [liveness.ailing([Pulse("match", True, object())], float(second)) for second in range(20)] == [()] * 20


def test_a_stage_that_stands_still_beyond_the_limit_ails_until_it_moves() -> None:
    liveness, still = Liveness(LIMIT_S), object()
    assert liveness.ailing([Pulse("match", True, still)], 0.0) == ()
    assert liveness.ailing([Pulse("match", True, still)], LIMIT_S) == ()
    assert liveness.ailing([Pulse("match", True, still)], LIMIT_S + 1) == ("match has stood still for 6 s",)
    assert liveness.ailing([Pulse("match", True, object())], LIMIT_S + 2) == ()


def test_one_stage_that_moves_does_not_hide_another_that_does_not() -> None:
    liveness, still = Liveness(LIMIT_S), object()
    for second in range(7):
        words = liveness.ailing([Pulse("ingest", True, second), Pulse("alert", True, still)], float(second))
    assert words == ("alert has stood still for 6 s",)


def test_a_stage_whose_thread_has_ended_ails_at_once() -> None:
    assert Liveness(LIMIT_S).ailing([Pulse("archive", False, object())], 0.0) == ("archive has ended",)


def test_a_stage_that_was_away_begins_anew() -> None:
    liveness, still = Liveness(LIMIT_S), object()
    liveness.ailing([Pulse("archive", True, still)], 0.0)
    liveness.ailing([], 1.0)
    assert liveness.ailing([Pulse("archive", True, still)], 10.0) == ()


# --- the rule on real workers


class Step:
    """Does as it is told with the records it gets."""

    name = "step"
    inputs: Sequence[str] = ("items",)

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun = threading.Event()
        self.away = threading.Event()

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        return {}

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        return

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        self.begun.set()
        if self.away.is_set():
            raise LogUnavailable("the log is away")
        self.may_end.wait(30)
        return []


def watched(worker: Worker, limit_s: float, seconds: float) -> list[str]:
    """Look at a worker as the service does, only quicker; give what was found."""
    liveness, end = Liveness(limit_s), time.monotonic() + seconds
    words: list[str] = []
    while time.monotonic() < end:
        words += liveness.ailing([Pulse("step", True, worker.status())], time.monotonic())
        time.sleep(0.02)
    return words


def test_a_step_that_blocks_is_found_and_one_that_waits_out_an_outage_is_not(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite", clock=now)
    log.create([TopicSpec("items", 1)])
    step = Step()
    pause = timedelta(milliseconds=50)
    worker = Worker(log, step, clock=now, retry=RetryPolicy(first=pause, factor=1.0, longest=pause))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        step.away.set()
        log.append([NewRecord("items", b"k", b"v")])
        assert step.begun.wait(10)
        assert watched(worker, 0.5, 1.5) == []  # it tries again all the time, and says so
        assert worker.status().state == "retrying"
        step.away.clear()
        assert any("stood still" in word for word in watched(worker, 0.5, 1.5))
    finally:
        step.may_end.set()
        worker.stop()
        thread.join(10)
        log.close()


# --- the file


@pytest.fixture
def file(tmp_path: Path) -> HeartbeatFile:
    return HeartbeatFile(tmp_path)


def test_without_a_service_a_probe_says_so(tmp_path: Path) -> None:
    verdict = probe(tmp_path, ready=False)
    assert not verdict.well
    assert str(tmp_path) in verdict.words


@pytest.mark.parametrize(
    ("heartbeat", "alive", "ready"),
    [
        (Heartbeat(100.0, (), ()), True, True),
        (Heartbeat(100.0, (), ("match tries again",)), True, False),
        (Heartbeat(100.0, ("match has stood still",), ()), False, False),
        (Heartbeat(100.0 - STALE_AFTER_S - 1, (), ()), False, False),
    ],
    ids=["well", "an outage", "a hang", "no heartbeat for long"],
)
def test_a_service_is_judged_by_its_last_heartbeat(
    file: HeartbeatFile, tmp_path: Path, heartbeat: Heartbeat, alive: bool, ready: bool
) -> None:
    file.beat(heartbeat)
    assert probe(tmp_path, ready=False, now=100.0).well is alive
    assert probe(tmp_path, ready=True, now=100.0).well is ready
    file.close()


def test_a_service_that_has_ended_leaves_nothing(file: HeartbeatFile, tmp_path: Path) -> None:
    file.beat(Heartbeat(100.0, (), ()))
    file.close()
    file.close()
    assert list((tmp_path / "alive").iterdir()) == []
    assert not probe(tmp_path, ready=False, now=100.0).well


def test_a_later_beat_takes_the_place_of_a_longer_one(file: HeartbeatFile, tmp_path: Path) -> None:
    file.beat(Heartbeat(100.0, ("match has stood still for 400 s",) * 4, ()))
    file.beat(Heartbeat(101.0, (), ()))
    assert probe(tmp_path, ready=True, now=101.0).well
    file.close()


def test_a_cleared_directory_is_written_anew(file: HeartbeatFile, tmp_path: Path) -> None:
    file.beat(Heartbeat(100.0, (), ()))
    for path in (tmp_path / "alive").iterdir():
        path.unlink()
    file.beat(Heartbeat(101.0, (), ()))
    assert probe(tmp_path, ready=True, now=101.0).well
    file.close()


def test_a_file_that_is_no_heartbeat_is_told(file: HeartbeatFile, tmp_path: Path) -> None:
    file.beat(Heartbeat(100.0, (), ()))
    [path] = (tmp_path / "alive").iterdir()
    path.write_text("{}")
    assert "cannot be read" in probe(tmp_path, ready=False, now=100.0).words
    file.close()


BEATS = """
import sys, time
from pathlib import Path
from armswatch.liveness import Heartbeat, HeartbeatFile
file = HeartbeatFile(Path(sys.argv[1]))
file.beat(Heartbeat(time.monotonic(), (), ()))
print("up", flush=True)
time.sleep(60)
"""


def test_what_a_killed_service_left_does_not_count_and_is_swept_up_by_the_next(
    file: HeartbeatFile, tmp_path: Path
) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", BEATS, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert other.stdout
    assert other.stdout.readline() == b"up\n"
    assert probe(tmp_path, ready=True).well
    other.send_signal(signal.SIGKILL)
    other.wait(10)
    other.stdout.close()
    assert not probe(tmp_path, ready=False).well
    [left] = (tmp_path / "alive").iterdir()
    file.beat(Heartbeat(time.monotonic(), (), ()))
    assert not left.exists()
    file.close()


@given(st.lists(st.text(), max_size=20), st.lists(st.text(max_size=2000), max_size=20))
def test_a_heartbeat_always_has_the_same_size_and_can_be_read(ailing: list[str], unready: list[str]) -> None:
    raw = Heartbeat(1.5, tuple(ailing), tuple(unready)).written()
    assert len(raw) == 4096
    read = Heartbeat.read(raw)
    assert (bool(read.ailing), bool(read.unready)) == (bool(ailing), bool(unready))


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"[]", b"{}", b'{"at": "soon", "ailing": [], "unready": []}'])
def test_what_is_no_heartbeat_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):
        Heartbeat.read(raw)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, None),
        ({"ARMSWATCH_DATA_DIR": "/var/lib/armswatch"}, Path("/var/lib/armswatch")),
        ({"ARMSWATCH_DATA_DIR": "~/data"}, None),
    ],
)
def test_the_environment_tells_the_data_directory(environ: dict[str, str], wanted: Path | None) -> None:
    assert data_dir_of(environ) == wanted
