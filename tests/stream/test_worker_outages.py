"""The worker loop when the log is unavailable."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from structlog.typing import EventDict

from core.errors import LogUnavailable
from stream.log import EventLog, Record
from stream.sqlite import SqliteLog
from tests.stream.bench import FAST, SETTLE, Away, Bench, Running, eventually, failing
from tests.stream.harness import Clock, put


class TestUnavailableLog:
    def test_a_step_that_meets_an_unavailable_log_is_tried_for_as_long_as_it_takes(
        self, bench: Bench, told: list[EventDict]
    ) -> None:
        left = 4 * FAST.tries

        def trouble(_: Record) -> None:
            nonlocal left
            left -= 1
            if left > 0:
                raise LogUnavailable("the broker is away")

        put(bench.log, bench.source, b"a")
        with Running(bench.worker(bench.step(trouble))) as worker:
            eventually(lambda: worker.status().handled == 1 and worker.status().retrying_since is None)

        assert bench.made() == [(b"1", b"A")]
        assert bench.letters() == []
        assert worker.status().last_error == "LogUnavailable: the broker is away"
        assert [each["event"] for each in told if each["log_level"] == "info"] == ["recovered"]

    def test_a_single_run_gives_up_after_as_many_tries_as_allowed(self, bench: Bench) -> None:
        def trouble(_: Record) -> None:
            raise LogUnavailable("the broker is away")

        put(bench.log, bench.source, b"a")
        step = bench.step(trouble)

        with pytest.raises(LogUnavailable, match="broker is away"):
            bench.worker(step).run_until_idle(SETTLE)

        assert len(step.calls) == FAST.tries
        assert bench.log.positions(step.name) == {}

    def test_a_single_run_after_one_that_gave_up_takes_up_what_was_left(self, bench: Bench) -> None:
        left = FAST.tries

        def trouble(_: Record) -> None:
            nonlocal left
            left -= 1
            if left >= 0:
                raise LogUnavailable("the broker is away")

        put(bench.log, bench.source, b"a")
        worker = bench.worker(bench.step(trouble))
        with pytest.raises(LogUnavailable):
            worker.run_until_idle(SETTLE)

        assert worker.run_until_idle(SETTLE) == 1
        assert bench.made() == [(b"1", b"A")]

    def test_the_wait_begins_short_again_after_a_recovery(self, bench: Bench, told: list[EventDict]) -> None:
        put(bench.log, bench.source, b"a", b"b")
        met: set[bytes | None] = set()

        def trouble(record: Record) -> None:
            if record.value not in met:
                met.add(record.value)
                raise LogUnavailable("away")

        assert bench.worker(bench.step(trouble), max_records=1).run_until_idle(SETTLE) == 2
        waits = [each["next"] for each in told if each["event"] == "log_unavailable"]
        assert waits == ["nothing is lost; tried again in 0.001 s"] * 2

    def test_stop_ends_a_single_run_that_waits_too(self, bench: Bench) -> None:
        def trouble(_: Record) -> None:
            worker.stop()
            raise LogUnavailable("away")

        put(bench.log, bench.source, b"a")
        worker = bench.worker(bench.step(trouble))

        assert worker.run_until_idle(SETTLE) == 0


class TestLockedFile:
    """Over the file only: another program locks it."""

    @pytest.fixture
    def bench(self, tmp_path: Path, clock: Clock) -> Iterator[Bench]:
        with SqliteLog(tmp_path / "log.sqlite", clock=clock, busy_timeout=timedelta(0)) as log:
            yield Bench(log, clock)

    @pytest.fixture
    def other(self, bench: Bench, tmp_path: Path) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(tmp_path / "log.sqlite", isolation_level=None, check_same_thread=False)
        yield connection
        connection.close()

    def test_what_cannot_be_committed_is_handled_again_when_it_can(
        self, bench: Bench, other: sqlite3.Connection
    ) -> None:
        put(bench.log, bench.source, b"a", b"b")
        other.execute("BEGIN IMMEDIATE")
        step = bench.step()
        with Running(bench.worker(step)) as worker:
            eventually(lambda: len(step.calls) > 2)
            assert worker.status().state == "retrying"
            assert "locked" in worker.status().last_error
            assert bench.made() == []
            other.execute("ROLLBACK")
            eventually(lambda: worker.status().handled == 2)

        assert bench.made() == [(b"1", b"A"), (b"2", b"B")]
        assert bench.letters() == []

    def test_a_dead_letter_that_cannot_be_kept_is_not_passed_over(
        self, bench: Bench, other: sqlite3.Connection
    ) -> None:
        put(bench.log, bench.source, b"bad", b"a")
        other.execute("BEGIN IMMEDIATE")
        step = bench.step(failing(b"bad"))
        with Running(bench.worker(step)) as worker:
            eventually(lambda: len(step.calls) > 2 * FAST.tries)
            assert bench.letters() == []
            other.execute("ROLLBACK")
            eventually(lambda: worker.status().handled == 2)

        assert [letter.value for letter in bench.letters()] == [b"bad"]
        assert bench.made() == [(b"1", b"A")]


class TestLogThatIsAway:
    """The group can't be joined, and then nothing read."""

    def test_a_service_waits_until_it_is_back(self, bench: Bench, told: list[EventDict]) -> None:
        put(bench.log, bench.source, b"a")
        away = Away(bench.log, 2 * FAST.tries)
        bench.log = cast("EventLog", away)
        with Running(bench.worker(bench.step())) as worker:
            eventually(lambda: worker.status().handled == 1)

        assert bench.made() == [(b"1", b"A")]
        assert len([each for each in told if each["event"] == "log_unavailable"]) == 4 * FAST.tries

    def test_it_is_well_again_when_it_can_read_though_nothing_is_there(self, bench: Bench) -> None:
        bench.log = cast("EventLog", Away(bench.log, 1))
        worker = bench.worker(bench.step())

        assert worker.run_until_idle(SETTLE) == 0
        assert worker.status().retrying_since is None
        assert worker.status().last_error == "LogUnavailable: no broker answers"

    def test_a_single_run_gives_up(self, bench: Bench) -> None:
        bench.log = cast("EventLog", Away(bench.log, FAST.tries))

        with pytest.raises(LogUnavailable, match="no broker answers"):
            bench.worker(bench.step()).run_until_idle(SETTLE)
