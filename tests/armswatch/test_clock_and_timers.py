"""Timed jobs run whatever is done to the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from armswatch.clock import jump
from armswatch.timers import Timers

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall_s", "monotonic_s", "moved_s"),
    [(10, 10, 0), (3610, 10, 3600), (-3590, 10, -3600), (0, 0, 0), (10.5, 10, 0.5)],
)
def test_a_jump_is_what_the_wall_clock_gained_on_the_monotonic_one(
    wall_s: float, monotonic_s: float, moved_s: float
) -> None:
    moved = jump((START, 100.0), (START + timedelta(seconds=wall_s), 100.0 + monotonic_s))
    assert moved == timedelta(seconds=moved_s)


class Clocks:
    """A wall clock and a monotonic clock that the test sets."""

    def __init__(self) -> None:
        self.wall, self.mono = START, 0.0

    def pass_s(self, seconds: float, *, wall_s: float | None = None) -> None:
        self.mono += seconds
        self.wall += timedelta(seconds=seconds if wall_s is None else wall_s)


@contextmanager
def started(clocks: Clocks, interval: timedelta, job: Callable[[], object]) -> Iterator[Timers]:
    timers = Timers(lambda: clocks.wall, lambda: clocks.mono)
    timers.every(interval, "job", job)
    timers.start()
    try:
        yield timers
    finally:
        timers.stop()


@pytest.mark.parametrize("set_by_s", [-3600.0, 3600.0, -86400.0])
def test_a_clock_that_was_set_starts_every_job_anew(set_by_s: float) -> None:
    clocks, runs = Clocks(), threading.Semaphore(0)
    with started(clocks, timedelta(hours=1), runs.release) as timers:
        assert runs.acquire(timeout=5), "the first run is at once"
        clocks.pass_s(1, wall_s=set_by_s)
        moved = timers.watch()
        assert moved is not None
        assert abs(moved.total_seconds() - (set_by_s - 1)) < 0.01
        assert runs.acquire(timeout=5), "and so is the one after the clock was set"


def test_a_clock_that_runs_on_changes_nothing() -> None:
    clocks = Clocks()
    with started(clocks, timedelta(hours=1), lambda: None) as timers:
        deadline = time.monotonic() + 5
        while timers.next_runs()["job"] < datetime.now(UTC) + timedelta(minutes=30) and time.monotonic() < deadline:
            time.sleep(0.01)
        before = timers.next_runs()
        clocks.pass_s(5)
        assert timers.watch() is None
        assert timers.next_runs() == before


def test_a_job_that_fails_is_run_again() -> None:
    runs = threading.Semaphore(0)

    def job() -> None:
        runs.release()
        raise ValueError("as it happens")

    with started(Clocks(), timedelta(milliseconds=50), job):
        assert runs.acquire(timeout=5)
        assert runs.acquire(timeout=5)


def test_a_run_that_takes_long_is_not_overlapped_and_the_next_is_not_lost() -> None:
    overlaps, running, runs = [], threading.Lock(), threading.Semaphore(0)

    def job() -> None:
        if not running.acquire(blocking=False):
            overlaps.append(1)
            return
        time.sleep(0.15)
        running.release()
        runs.release()

    with started(Clocks(), timedelta(milliseconds=40), job):
        assert all(runs.acquire(timeout=5) for _ in range(3))
    assert overlaps == []
