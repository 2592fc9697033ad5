"""The worker loop, with steps that fail in every way, over the embedded log."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from structlog.typing import EventDict

from core.codec import decode
from core.errors import LogUnavailable, StorageUnusable, UnknownTopic
from core.types import DeadLetter
from stream.log import Batch, EventLog, NewRecord, Reader, Record, Start, TopicPartition
from stream.retry import RetryPolicy
from stream.sqlite import SqliteLog
from stream.worker import Worker, WorkerStatus
from tests.stream.harness import PATIENCE, Clock, put, topic, unique, values

FAST = RetryPolicy(tries=3, first=timedelta(milliseconds=1), longest=timedelta(milliseconds=5))
SETTLE = timedelta(milliseconds=50)


class Upper:
    """Writes every value in capitals, and counts records of each partition, as a step with state would.

    Args:
        source, target: the topics it reads and writes.
        trouble: called before a record is handled; may raise.
        states: what `gained` finds, and may raise; the count of each partition by default what `target` holds.
    """

    def __init__(
        self,
        log: EventLog,
        source: str,
        target: str,
        *,
        trouble: Callable[[Record], None] = lambda _: None,
        building: Callable[[], Mapping[TopicPartition, int]] = dict,
    ) -> None:
        self.name = unique("upper")
        self.inputs: Sequence[str] = (source,)
        self.calls: list[list[bytes | None]] = []
        self.told: list[tuple[str, set[int]]] = []
        self._log = log
        self._target = target
        self.writes_to = target
        self._trouble = trouble
        self._building = building
        self._counts: dict[int, int] = {}

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.told.append(("gained", {p.partition for p in partitions}))
        seek = self._building()
        for source in partitions:
            assert source.partition not in self._counts
            self._counts[source.partition] = sum(
                1 for _ in self._log.scan(TopicPartition(self._target, source.partition))
            )
        return seek

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        self.told.append(("lost", {p.partition for p in partitions}))
        for source in partitions:
            self._counts.pop(source.partition, None)

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        self.calls.append(values(records))
        made = []
        for record in records:
            self._counts[record.partition] += 1
            self._trouble(record)
            count = b"%d" % self._counts[record.partition]
            made.append(NewRecord(self.writes_to, count, (record.value or b"").upper(), record.partition))
        return made


def failing(*bad: bytes, times: int = 10**9) -> Callable[[Record], None]:
    """Fail on these values, so many times in all."""
    left = times

    def trouble(record: Record) -> None:
        nonlocal left
        if record.value in bad and left:
            left -= 1
            raise ValueError(f"cannot read {record.value!r}\nsecond line")

    return trouble


class Bench:
    """A log with a topic to read and one to write, and workers over it."""

    def __init__(self, log: EventLog, clock: Clock, partitions: int = 1) -> None:
        self.log, self.clock = log, clock
        self.source, self.target = topic(log, partitions), topic(log, partitions)
        self.dead = topic(log)

    def step(
        self, trouble: Callable[[Record], None] = lambda _: None, **more: Callable[[], Mapping[TopicPartition, int]]
    ) -> Upper:
        return Upper(self.log, self.source, self.target, trouble=trouble, **more)

    def worker(self, step: Upper, max_records: int = 500) -> Worker:
        return Worker(self.log, step, clock=self.clock, retry=FAST, max_records=max_records, dead_letters=self.dead)

    def made(self, partition: int = 0) -> list[tuple[bytes, bytes | None]]:
        return [(r.key, r.value) for r in self.log.scan(TopicPartition(self.target, partition))]

    def letters(self) -> list[DeadLetter]:
        return [decode(DeadLetter, r.value or b"") for r in self.log.scan(TopicPartition(self.dead, 0))]


@pytest.fixture
def log(embedded_log: EventLog) -> EventLog:
    return embedded_log


@pytest.fixture
def bench(log: EventLog, clock: Clock) -> Bench:
    return Bench(log, clock)


@pytest.fixture
def told() -> Iterator[list[EventDict]]:
    """Collects what is logged."""
    with structlog.testing.capture_logs() as events:
        yield events


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.005)


class Running:
    """A worker in a thread of its own, stopped at the end."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.thread = threading.Thread(target=worker.run)

    def __enter__(self) -> Worker:
        self.thread.start()
        return self.worker

    def __exit__(self, *_: object) -> None:
        self.worker.stop()
        self.thread.join(PATIENCE.total_seconds())
        assert not self.thread.is_alive()


class TestRunUntilIdle:
    def test_handles_all_there_is_and_tells_how_many(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"a", b"b", b"c")
        worker = bench.worker(bench.step(), max_records=2)

        assert worker.run_until_idle(SETTLE) == 3
        assert bench.made() == [(b"1", b"A"), (b"2", b"B"), (b"3", b"C")]

    def test_can_be_called_again_for_what_came_since(self, bench: Bench) -> None:
        worker = bench.worker(bench.step())
        assert worker.run_until_idle(SETTLE) == 0
        put(bench.log, bench.source, b"a")

        assert worker.run_until_idle(SETTLE) == 1
        assert worker.run_until_idle(SETTLE) == 0

    def test_another_worker_of_the_stage_goes_on_where_it_stopped(self, bench: Bench) -> None:
        step = bench.step()
        put(bench.log, bench.source, b"a")
        first = bench.worker(step)
        first.run_until_idle(SETTLE)
        first.close()
        put(bench.log, bench.source, b"b")

        again = bench.step()
        again.name = step.name

        assert bench.worker(again).run_until_idle(SETTLE) == 1
        assert bench.made() == [(b"1", b"A"), (b"2", b"B")]

    def test_after_stop_it_handles_nothing(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"a")
        worker = bench.worker(bench.step())
        worker.stop()

        assert worker.run_until_idle(SETTLE) == 0
        assert bench.made() == []

    def test_a_stage_may_start_at_the_end(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"old")
        step = bench.step()
        worker = Worker(bench.log, step, clock=bench.clock, start="latest")
        worker.run_until_idle(SETTLE)
        put(bench.log, bench.source, b"new")

        assert worker.run_until_idle(SETTLE) == 1
        assert step.calls == [[b"new"]]


class TestRunning:
    def test_handles_what_comes_until_stopped_and_leaves_the_group(self, bench: Bench) -> None:
        step = bench.step()
        with Running(bench.worker(step)) as worker:
            for value in (b"a", b"b"):
                put(bench.log, bench.source, value)
                eventually(lambda value=value: (bench.made() or [(b"", b"")])[-1][1] == value.upper())  # type: ignore[misc]

        assert worker.status() == WorkerStatus(step.name, "stopped", handled=2)
        bench.log.rewind(step.name, {TopicPartition(bench.source, 0): 0})  # refused while it has members

    def test_stop_does_not_wait_for_records(self, bench: Bench) -> None:
        began = time.monotonic()
        with Running(bench.worker(bench.step())) as worker:
            eventually(lambda: worker.status().state == "waiting")

        assert time.monotonic() - began < 10

    def test_a_worker_stopped_before_it_runs_returns_at_once(self, bench: Bench) -> None:
        worker = bench.worker(bench.step())
        worker.stop()

        worker.run()

        assert worker.status().state == "stopped"

    def test_a_stop_while_the_group_is_being_joined_is_not_missed(self, bench: Bench) -> None:
        def joining(reader: Reader) -> Reader:
            worker.stop()
            joined.append(reader)
            return reader

        joined: list[Reader] = []
        step = bench.step()
        bench.log = cast("EventLog", Wrapped(bench.log, joining))
        worker = bench.worker(step)

        worker.run()

        assert len(joined) == 1
        assert step.told == []  # it would have waited in its first read

    def test_the_batch_in_hand_is_finished_when_it_is_stopped(self, bench: Bench) -> None:
        entered, proceed = threading.Event(), threading.Event()

        def slow(_: Record) -> None:
            entered.set()
            proceed.wait(PATIENCE.total_seconds())

        put(bench.log, bench.source, b"a", b"b")
        with Running(bench.worker(bench.step(slow))) as worker:
            entered.wait(PATIENCE.total_seconds())
            assert worker.status().state == "running"
            worker.stop()
            proceed.set()

        assert bench.made() == [(b"1", b"A"), (b"2", b"B")]

    def test_two_workers_of_a_stage_share_its_partitions(self, log: EventLog, clock: Clock) -> None:
        bench = Bench(log, clock, partitions=4)
        steps = [bench.step(), bench.step()]
        steps[1].name = steps[0].name
        for partition in range(4):
            put(log, bench.source, *[b"a"] * 20, partition=partition)
        with Running(bench.worker(steps[0], 3)), Running(bench.worker(steps[1], 3)):
            for partition in range(4):
                put(log, bench.source, *[b"b"] * 20, partition=partition)
            eventually(lambda: all(len(bench.made(partition)) >= 40 for partition in range(4)))

        expected = [(b"%d" % n, b"A" if n <= 20 else b"B") for n in range(1, 41)]
        assert [bench.made(partition) for partition in range(4)] == [expected] * 4
        assert bench.letters() == []

    def test_an_input_that_does_not_exist_is_raised(self, bench: Bench) -> None:
        step = bench.step()
        step.inputs = [unique("nowhere")]

        with pytest.raises(UnknownTopic):
            bench.worker(step).run()


class TestFailingSteps:
    def test_a_batch_that_fails_for_a_while_is_tried_again_with_state_built_anew(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"a", b"bad", b"c")
        step = bench.step(failing(b"bad", times=2))
        worker = bench.worker(step)

        assert worker.run_until_idle(SETTLE) == 3
        assert bench.made() == [(b"1", b"A"), (b"2", b"BAD"), (b"3", b"C")]
        assert step.calls == [[b"a", b"bad", b"c"]] * 3
        assert step.told == [("gained", {0}), ("lost", {0}), ("gained", {0}), ("lost", {0}), ("gained", {0})]
        assert bench.letters() == []
        assert worker.status().retrying_since is None

    def test_a_record_that_always_fails_becomes_a_dead_letter_and_the_others_are_handled(self, bench: Bench) -> None:
        headers = (("trace", b"\x01"),)
        bench.log.append(
            [
                NewRecord(bench.source, b"k1", b"a", 0),
                NewRecord(bench.source, b"k2", b"bad", 0, headers=headers),
                NewRecord(bench.source, b"k3", b"c", 0),
            ]
        )
        step = bench.step(failing(b"bad"))
        worker = bench.worker(step)

        assert worker.run_until_idle(SETTLE) == 3
        assert bench.made() == [(b"1", b"A"), (b"2", b"C")]
        (letter,) = bench.letters()
        (bad,) = (r for r in bench.log.scan(TopicPartition(bench.source, 0)) if r.value == b"bad")
        assert letter == DeadLetter(
            id=f"{step.name}:{bench.source}:0:{bad.offset}",
            stage=step.name,
            topic=bench.source,
            partition=0,
            offset=bad.offset,
            reason="ValueError: cannot read b'bad'",
            digest=letter.digest,
            failed=bench.clock.now,
            tries=4,
            key=b"k2",
            value=b"bad",
            headers=headers,
        )
        assert worker.status() == WorkerStatus(
            step.name, "waiting", handled=3, dead_lettered=1, last_error="ValueError: cannot read b'bad'"
        )

    def test_a_record_alone_in_its_batch_is_tried_as_often_as_a_batch(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"bad")
        step = bench.step(failing(b"bad"))

        bench.worker(step).run_until_idle(SETTLE)

        assert step.calls == [[b"bad"]] * 3
        assert [letter.tries for letter in bench.letters()] == [3]

    def test_several_bad_records_in_several_partitions_all_become_dead_letters(
        self, log: EventLog, clock: Clock
    ) -> None:
        bench = Bench(log, clock, partitions=2)
        for partition in range(2):
            put(log, bench.source, b"bad", b"a", b"worse", b"b", partition=partition)
        worker = bench.worker(bench.step(failing(b"bad", b"worse")))

        assert worker.run_until_idle(SETTLE) == 8
        assert [bench.made(partition) for partition in range(2)] == [[(b"1", b"A"), (b"2", b"B")]] * 2
        assert sorted((each.partition, each.value) for each in bench.letters()) == [
            (0, b"bad"), (0, b"worse"), (1, b"bad"), (1, b"worse"),
        ]  # fmt: skip

    def test_after_a_bad_batch_batches_are_taken_whole_again(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"bad", b"a")
        step = bench.step(failing(b"bad"))
        worker = bench.worker(step)
        worker.run_until_idle(SETTLE)
        put(bench.log, bench.source, b"x", b"y")

        worker.run_until_idle(SETTLE)

        assert step.calls[-1] == [b"x", b"y"]

    def test_alike_failures_have_one_digest_and_others_another(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"1", b"2", b"3")

        def trouble(record: Record) -> None:
            if record.value == b"3":
                raise KeyError("else")
            int(b"not a number " + (record.value or b""))

        bench.worker(bench.step(trouble)).run_until_idle(SETTLE)

        one, two, three = [letter.digest for letter in bench.letters()]
        assert one == two != three

    def test_a_tombstone_that_fails_is_known_from_an_empty_value(self, bench: Bench) -> None:
        put(bench.log, bench.source, None)

        def trouble(_: Record) -> None:
            raise ValueError

        bench.worker(bench.step(trouble)).run_until_idle(SETTLE)

        assert [(each.tombstone, each.value, each.reason) for each in bench.letters()] == [(True, b"", "ValueError")]

    def test_a_step_that_writes_to_a_topic_that_does_not_exist_is_at_fault_itself(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"a")
        step = bench.step()
        step.writes_to = unique("nowhere")

        assert bench.worker(step).run_until_idle(SETTLE) == 1
        assert [letter.reason.split(":")[0] for letter in bench.letters()] == ["UnknownTopic"]

    def test_each_failure_is_told_once_with_what_happens_next(self, bench: Bench, told: list[EventDict]) -> None:
        put(bench.log, bench.source, b"a", b"bad")
        step = bench.step(failing(b"bad"))

        bench.worker(step).run_until_idle(SETTLE)

        events = [(each["event"], each["next"]) for each in told if each["log_level"] != "debug"]
        assert events == [
            ("batch_failed", "tried again in 0.001 s"),
            ("batch_failed", "tried again in 0.003 s"),
            ("batch_failed", "its records are tried one at a time"),
            ("record_failed", "kept as a dead letter"),
            ("recovered", "going on as before"),
        ]
        assert {each["stage"] for each in told} == {step.name}
        assert not any("second line" in str(each) for each in told)

    def test_while_a_step_fails_a_stop_ends_it_with_nothing_committed(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"bad")
        step = bench.step(failing(b"bad"))
        patient = RetryPolicy(tries=5, first=PATIENCE, longest=PATIENCE)
        worker = Worker(bench.log, step, clock=bench.clock, retry=patient, dead_letters=bench.dead)
        with Running(worker):
            eventually(lambda: worker.status().state == "retrying")
            assert worker.status().retrying_since == bench.clock.now

        assert (bench.made(), bench.letters(), bench.log.positions(step.name)) == ([], [], {})

    def test_a_step_that_fails_while_being_stopped_commits_nothing(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"bad")

        def trouble(_: Record) -> None:
            worker.stop()
            raise ValueError

        step = bench.step(trouble)
        worker = bench.worker(step)

        worker.run()

        assert (len(step.calls), bench.letters()) == (1, [])


class TestState:
    def test_a_step_may_say_where_to_read_on_from(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"a", b"b", b"c")
        offsets = [record.offset for record in bench.log.scan(TopicPartition(bench.source, 0))]
        step = bench.step(building=lambda: {TopicPartition(bench.source, 0): offsets[1]})

        assert bench.worker(step).run_until_idle(SETTLE) == 2
        assert step.calls == [[b"b", b"c"]]

    def test_a_dead_letter_is_passed_even_if_the_step_would_read_it_again(self, bench: Bench) -> None:
        put(bench.log, bench.source, b"bad")
        step = bench.step(failing(b"bad"), building=lambda: {TopicPartition(bench.source, 0): 0})

        assert bench.worker(step).run_until_idle(SETTLE) == 1
        assert len(bench.letters()) == 1

    def test_state_that_cannot_be_built_for_a_while_is_tried_again_before_anything_is_handled(
        self, bench: Bench, told: list[EventDict]
    ) -> None:
        put(bench.log, bench.source, b"a")
        left = [RuntimeError("first"), LogUnavailable("second")]

        def building() -> Mapping[TopicPartition, int]:
            if left:
                raise left.pop(0)
            return {}

        step = bench.step(building=building)

        assert bench.worker(step).run_until_idle(SETTLE) == 1
        assert bench.made() == [(b"1", b"A")]
        assert [each["why"] for each in told if each["event"] == "state_not_built"] == [
            "RuntimeError: first", "LogUnavailable: second",
        ]  # fmt: skip

    def test_state_that_stays_unbuilt_ends_a_single_run_but_not_a_service(self, bench: Bench) -> None:
        def building() -> Mapping[TopicPartition, int]:
            raise RuntimeError("never")

        with pytest.raises(RuntimeError, match="never"):
            bench.worker(bench.step(building=building)).run_until_idle(SETTLE)
        step = bench.step(building=building)
        with Running(bench.worker(step)) as worker:
            eventually(lambda: len(step.told) > 4 * FAST.tries)
            assert worker.status().state == "retrying"

    def test_a_damaged_file_ends_the_worker(self, bench: Bench) -> None:
        def damaged() -> Mapping[TopicPartition, int]:
            raise StorageUnusable("damaged")

        def trouble(_: Record) -> None:
            raise StorageUnusable("damaged")

        put(bench.log, bench.source, b"a")

        with pytest.raises(StorageUnusable):
            bench.worker(bench.step(building=damaged)).run()
        with pytest.raises(StorageUnusable):
            bench.worker(bench.step(trouble)).run()

        assert bench.letters() == []

    def test_records_that_come_with_a_partition_are_left_where_the_step_reads_on_from_elsewhere(
        self, bench: Bench
    ) -> None:
        put(bench.log, bench.source, b"a", b"b", b"c")
        offsets = [record.offset for record in bench.log.scan(TopicPartition(bench.source, 0))]
        bench.log = cast("EventLog", Together(bench.log))
        step = bench.step(building=lambda: {TopicPartition(bench.source, 0): offsets[2]})

        assert bench.worker(step).run_until_idle(SETTLE) == 1
        assert step.calls == [[b"c"]]

    def test_bad_records_of_a_partition_that_was_lost_are_forgotten(self, log: EventLog, clock: Clock) -> None:
        bench = Bench(log, clock, partitions=2)
        for partition in range(2):
            put(log, bench.source, b"bad", b"a", partition=partition)
        others: list[Reader] = []

        def trouble(record: Record) -> None:
            if len(step.calls) > FAST.tries and not others:
                others.append(log.reader(step.name, [bench.source]))
            if record.value == b"bad":
                raise ValueError

        step = bench.step(trouble)
        worker = bench.worker(step)
        assert worker.run_until_idle(SETTLE) == 2
        for partition in range(2):
            put(log, bench.source, b"x", b"y", partition=partition)

        assert worker.run_until_idle(SETTLE) == 2
        assert step.calls[-1] == [b"x", b"y"]

    def test_a_step_is_told_what_another_worker_took_and_gave_back(self, log: EventLog, clock: Clock) -> None:
        bench = Bench(log, clock, partitions=2)
        step = bench.step()
        worker = bench.worker(step)
        worker.run_until_idle(SETTLE)
        other = log.reader(step.name, [bench.source])
        worker.run_until_idle(SETTLE)
        other.close()
        worker.run_until_idle(SETTLE)

        (all_gained, (lost, taken), (gained, back)) = step.told
        assert all_gained == ("gained", {0, 1})
        assert (lost, gained) == ("lost", "gained")
        assert taken == back
        assert len(taken) == 1

    def test_a_rebalance_in_mid_work_leaves_it_to_the_new_owner(self, log: EventLog, clock: Clock) -> None:
        bench = Bench(log, clock, partitions=2)
        for partition in range(2):
            put(log, bench.source, b"a", partition=partition)
        others: list[Reader] = []

        def trouble(_: Record) -> None:
            if not others:
                others.append(log.reader(step.name, [bench.source]))

        step = bench.step(trouble)
        worker = bench.worker(step)

        assert worker.run_until_idle(SETTLE) == 1
        assert sum(len(bench.made(partition)) for partition in range(2)) == 1
        others[0].close()
        assert worker.run_until_idle(SETTLE) == 1
        assert [bench.made(partition) for partition in range(2)] == [[(b"1", b"A")]] * 2


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


class Wrapped:
    """A log whose readers are wrapped."""

    def __init__(self, log: EventLog, wrap: Callable[[Reader], Any]) -> None:
        self._log = log
        self._wrap = wrap

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        return cast("Reader", self._wrap(self._log.reader(group, topics, start)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class Together(Wrapped):
    """A log whose readers give records in the same batch as the partitions they come from, as they may."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(log, TogetherReader)


class TogetherReader:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        batch = self._reader.read(max_records, timeout)
        return batch._replace(records=self._reader.read(max_records, timeout).records) if batch.gained else batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


class Away:
    """A log that is away for so many calls of `reader` and of `read`, and otherwise the one given."""

    def __init__(self, log: EventLog, calls: int) -> None:
        self._log = log
        self.joins = self.reads = calls

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        self.joins -= 1
        if self.joins >= 0:
            raise LogUnavailable("no broker answers")
        return AwayReader(self._log.reader(group, topics, start), self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class AwayReader:
    def __init__(self, reader: Reader, log: Away) -> None:
        self._reader = reader
        self._away = log

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        self._away.reads -= 1
        if self._away.reads >= 0:
            raise LogUnavailable("no broker answers")
        return self._reader.read(max_records, timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


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
