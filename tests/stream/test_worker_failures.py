"""The worker loop when its step fails, and what becomes of the records."""

from __future__ import annotations

from structlog.typing import EventDict

from core.types import DeadLetter
from stream.log import EventLog, NewRecord, Record, TopicPartition
from stream.retry import RetryPolicy
from stream.worker import Worker, WorkerStatus
from tests.stream.bench import SETTLE, Bench, Running, eventually, failing
from tests.stream.harness import PATIENCE, Clock, put, unique


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
        self, embedded_log: EventLog, clock: Clock
    ) -> None:
        bench = Bench(embedded_log, clock, partitions=2)
        for partition in range(2):
            put(bench.log, bench.source, b"bad", b"a", b"worse", b"b", partition=partition)
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
