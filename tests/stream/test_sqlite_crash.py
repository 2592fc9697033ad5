"""The embedded log when its process is killed, at whatever moment."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import AlreadyRunning
from stream.log import NewRecord, TopicPartition
from stream.sqlite import SqliteLog
from stream.worker import Worker
from tests.stream.copier import PARTITIONS, SOURCE, STATE, TARGET, TOPICS, Copy
from tests.stream.harness import Clock

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 8


def start(what: str, path: Path) -> subprocess.Popen[str]:
    """Start a service of its own and wait until it has opened the log."""
    command = [sys.executable, "-m", "tests.stream.copier", what, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process: subprocess.Popen[str]) -> str:
    process.kill()
    told, _ = process.communicate(timeout=20)
    return told


def test_killed_at_any_moment_a_stage_loses_nothing_and_doubles_nothing(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "log.sqlite"
    each = 10_000
    log = SqliteLog(path, clock=clock)
    log.create(TOPICS)
    log.append([NewRecord(SOURCE, b"k", b"%d" % n, p) for p in range(PARTITIONS) for n in range(each)])
    log.close()
    progress = []

    for _ in range(ROUNDS):
        process = start("copy", path)
        time.sleep(random.uniform(0.0, 0.1))
        kill(process)
        with SqliteLog.open_readonly(path) as seen:
            progress.append(sum(seen.positions("copy").values()))
            assert sum(1 for p in range(PARTITIONS) for _ in seen.scan(TopicPartition(TARGET, p))) == progress[-1]

    log = SqliteLog(path, clock=clock)
    Worker(log, Copy(log), clock=clock).run_until_idle()
    for partition in range(PARTITIONS):
        copied = list(log.scan(TopicPartition(TARGET, partition)))
        assert [record.value for record in copied] == [b"%d" % n for n in range(each)]
        assert [record.key for record in copied] == [b"%d" % n for n in range(1, each + 1)]
    assert {record.value for record in log.latest(STATE)} == {b"%d" % each}
    log.close()
    assert progress == sorted(progress)
    assert 0 < progress[-1] < each * PARTITIONS, "no kill fell into the work"


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "log.sqlite"
    for _ in range(3):
        process = start("append", path)
        time.sleep(random.uniform(0.05, 0.15))
        acknowledged = int(kill(process).split("\n")[-2])

        log = SqliteLog(path, clock=clock)
        partitions = [[r.value for r in log.scan(TopicPartition(SOURCE, p))] for p in range(PARTITIONS)]
        log.close()
        assert len(partitions[0]) in {acknowledged + 1, acknowledged + 2}  # the last may have been cut off unsaid
        assert partitions == [[b"%d" % n for n in range(len(partitions[0]))]] * PARTITIONS


def test_a_second_service_is_refused_and_told_the_process_until_that_is_killed(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "log.sqlite"
    process = start("copy", path)

    with pytest.raises(AlreadyRunning, match=rf"process {process.pid}.*kill {process.pid}"):
        SqliteLog(path, clock=clock)

    kill(process)
    SqliteLog(path, clock=clock).close()


def test_a_forked_child_that_outlives_the_service_does_not_hold_the_log(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "log.sqlite"
    code = (
        "import os, sys, time; from pathlib import Path; from stream.sqlite import SqliteLog\n"
        "from tests.stream.copier import now\n"
        "log = SqliteLog(Path(sys.argv[1]), clock=now)\n"
        "child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        time.sleep(0.2)
        process.kill()
        process.wait(20)

        SqliteLog(path, clock=clock).close()
    finally:
        subprocess.run(["kill", "-9", str(child)], check=True)
        process.communicate()
