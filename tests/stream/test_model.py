"""Any sequence of what can be done to a log, against a model made of lists and dicts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from core.errors import UnknownTopic
from stream.log import EventLog, NewRecord, Record, TopicPartition
from tests.stream.harness import joined, take, topic, unique

PARTITIONS = 2
keys = st.sampled_from([b"", b"a", b"b", b"\xff"])
some_values = st.none() | st.binary(max_size=8)
partitions = st.integers(0, PARTITIONS - 1)


class Machine(RuleBasedStateMachine):
    """One group copies from a plain topic to a compacted one; lists say what must be there."""

    log: EventLog

    def __init__(self) -> None:
        super().__init__()
        self.source = topic(self.log, PARTITIONS)
        self.state = topic(self.log, PARTITIONS, compacted=True)
        self.group = unique("g")
        self.written: list[list[bytes | None]] = [[] for _ in range(PARTITIONS)]
        self.kept: dict[tuple[int, bytes], bytes | None] = {}
        self.committed = [0] * PARTITIONS  # how many records of each partition
        self.read_to = [0] * PARTITIONS
        self.reader = joined(self.log, self.group, self.source, PARTITIONS)

    @rule(partition=partitions, new=st.lists(some_values, max_size=5))
    def append(self, partition: int, new: list[bytes | None]) -> None:
        self.log.append([NewRecord(self.source, b"k", value, partition) for value in new])
        self.written[partition] += new

    @rule(max_records=st.integers(1, 7))
    def read(self, max_records: int) -> None:
        records = self.reader.read(max_records, timedelta(0)).records
        assert len(records) <= max_records
        for record in records:
            expected = self.written[record.partition][self.read_to[record.partition]]
            assert record.value == expected
            self.read_to[record.partition] += 1

    @rule(made=st.lists(st.tuples(partitions, keys, some_values), max_size=4))
    def commit(self, made: list[tuple[int, bytes, bytes | None]]) -> None:
        self.reader.commit([NewRecord(self.state, key, value, partition) for partition, key, value in made])
        self.kept |= {(partition, key): value for partition, key, value in made}
        self.committed = list(self.read_to)

    @rule(made=st.lists(st.tuples(partitions, keys, some_values), max_size=4))
    def commit_refused(self, made: list[tuple[int, bytes, bytes | None]]) -> None:
        records = [NewRecord(self.state, key, value, partition) for partition, key, value in made]
        with pytest.raises(UnknownTopic):
            self.reader.commit([*records, NewRecord("nowhere", b"k", b"v")])
        self.read_to = list(self.committed)

    @precondition(lambda self: any(self.written))
    @rule(partition=partitions, at=st.integers(0, 20))
    def seek(self, partition: int, at: int) -> None:
        records = self.records(partition)
        if at < len(records):
            self.reader.seek({TopicPartition(self.source, partition): records[at].offset})
            self.read_to[partition] = at

    @rule()
    def leave_and_join_again(self) -> None:
        self.reader.close()
        self.reader = joined(self.log, self.group, self.source, PARTITIONS)
        self.read_to = list(self.committed)

    @rule()
    def look(self) -> None:
        assert [[r.value for r in self.records(p)] for p in range(PARTITIONS)] == self.written
        found = {(r.partition, r.key): r.value for r in self.log.latest(self.state)}
        assert found == {where: value for where, value in self.kept.items() if value is not None}

    def records(self, partition: int) -> list[Record]:
        return list(self.log.scan(TopicPartition(self.source, partition)))

    def teardown(self) -> None:
        left = sum(len(written) - done for written, done in zip(self.written, self.read_to, strict=True))
        take(self.reader, left)
        self.look()
        self.reader.close()


def test_a_log_does_what_lists_and_dicts_would(log: EventLog, request: pytest.FixtureRequest) -> None:
    examples = 5 if "kafka" in request.node.name else 40  # where each takes a second
    run_state_machine_as_test(
        type("BoundMachine", (Machine,), {"log": log}),
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
