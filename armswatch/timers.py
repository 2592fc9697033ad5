"""The timed jobs of the service, on APScheduler.

APScheduler reckons in wall-clock time: set the clock back an hour, and an interval job stands still for an hour
(measured with 3.11.3). So `watch` compares wall and monotonic clock, and when they part it starts every job anew.
Its defaults skip runs silently (a grace of one second); ours never do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from armswatch.clock import jump

_TOLERANCE = timedelta(seconds=2)
_log = structlog.get_logger("timers")


class Timers:
    """Runs jobs at intervals, whatever is done to the clock."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._last = (clock(), monotonic())
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def every(self, interval: timedelta, name: str, job: Callable[[], object]) -> None:
        """Run `job` at each interval, first at once; a run that takes longer than the interval delays the next."""
        self._scheduler.add_job(
            job, "interval", seconds=interval.total_seconds(), id=name, name=name, next_run_time=self._now()
        )

    def start(self) -> None:
        """Begin to run jobs, in threads of their own."""
        self._scheduler.start()

    def watch(self) -> timedelta | None:
        """Look whether the wall clock was set since the last call; if so restart every job's interval now.

        Returns:
            By how much it was set, or None.
        """
        now = (self._clock(), self._monotonic())
        moved = jump(self._last, now)
        self._last = now
        if abs(moved) < _TOLERANCE:
            return None
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=self._now())
        _log.warning("clock_was_set", by_s=round(moved.total_seconds(), 1), next="timed jobs go on from now")
        return moved

    def next_runs(self) -> dict[str, datetime]:
        """Tell when each job runs next."""
        return {job.id: job.next_run_time for job in self._scheduler.get_jobs()}

    def stop(self) -> None:
        """Start no more jobs; those that run finish on their own."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _now(self) -> datetime:
        return datetime.now(UTC)  # APScheduler reads this clock itself; ours only tells of jumps
