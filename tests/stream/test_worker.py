"""The worker loop over the embedded log: running, stopping, sharing, state."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import cast

import pytest
from structlog.typing import EventDict

from core.errors import LogUnavailable, StorageUnusable, UnknownTopic
from stream.log import EventLog, Reader, Record, TopicPartition
from stream.worker import Worker, WorkerStatus
from tests.stream.bench import FAST, SETTLE, Bench, Running, Together, Wrapped, eventually, failing
from tests.stream.harness import PATIENCE, Clock, put, unique


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

    def test_two_workers_of_a_stage_share_its_partitions(self, embedded_log: EventLog, clock: Clock) -> None:
        bench = Bench(embedded_log, clock, partitions=4)
        steps = [bench.step(), bench.step()]
        steps[1].name = steps[0].name
        for partition in range(4):
            put(bench.log, bench.source, *[b"a"] * 20, partition=partition)
        with Running(bench.worker(steps[0], 3)), Running(bench.worker(steps[1], 3)):
            for partition in range(4):
                put(bench.log, bench.source, *[b"b"] * 20, partition=partition)
            eventually(lambda: all(len(bench.made(partition)) >= 40 for partition in range(4)))

        expected = [(b"%d" % n, b"A" if n <= 20 else b"B") for n in range(1, 41)]
        assert [bench.made(partition) for partition in range(4)] == [expected] * 4
        assert bench.letters() == []

    def test_an_input_that_does_not_exist_is_raised(self, bench: Bench) -> None:
        step = bench.step()
        step.inputs = [unique("nowhere")]

        with pytest.raises(UnknownTopic):
            bench.worker(step).run()


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

    def test_bad_records_of_a_partition_that_was_lost_are_forgotten(self, embedded_log: EventLog, clock: Clock) -> None:
        bench = Bench(embedded_log, clock, partitions=2)
        for partition in range(2):
            put(bench.log, bench.source, b"bad", b"a", partition=partition)
        others: list[Reader] = []

        def trouble(record: Record) -> None:
            if len(step.calls) > FAST.tries and not others:
                others.append(bench.log.reader(step.name, [bench.source]))
            if record.value == b"bad":
                raise ValueError

        step = bench.step(trouble)
        worker = bench.worker(step)
        assert worker.run_until_idle(SETTLE) == 2
        for partition in range(2):
            put(bench.log, bench.source, b"x", b"y", partition=partition)

        assert worker.run_until_idle(SETTLE) == 2
        assert step.calls[-1] == [b"x", b"y"]

    def test_a_step_is_told_what_another_worker_took_and_gave_back(self, embedded_log: EventLog, clock: Clock) -> None:
        bench = Bench(embedded_log, clock, partitions=2)
        step = bench.step()
        worker = bench.worker(step)
        worker.run_until_idle(SETTLE)
        other = bench.log.reader(step.name, [bench.source])
        worker.run_until_idle(SETTLE)
        other.close()
        worker.run_until_idle(SETTLE)

        (all_gained, (lost, taken), (gained, back)) = step.told
        assert all_gained == ("gained", {0, 1})
        assert (lost, gained) == ("lost", "gained")
        assert taken == back
        assert len(taken) == 1

    def test_a_rebalance_in_mid_work_leaves_it_to_the_new_owner(self, embedded_log: EventLog, clock: Clock) -> None:
        bench = Bench(embedded_log, clock, partitions=2)
        for partition in range(2):
            put(bench.log, bench.source, b"a", partition=partition)
        others: list[Reader] = []

        def trouble(_: Record) -> None:
            if not others:
                others.append(bench.log.reader(step.name, [bench.source]))

        step = bench.step(trouble)
        worker = bench.worker(step)

        assert worker.run_until_idle(SETTLE) == 1
        assert sum(len(bench.made(partition)) for partition in range(2)) == 1
        others[0].close()
        assert worker.run_until_idle(SETTLE) == 1
        assert [bench.made(partition) for partition in range(2)] == [[(b"1", b"A")]] * 2
