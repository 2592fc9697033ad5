"""A copy of a log: the same records, once each, and every group where it stood, however often it was broken off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import LogError, PartitionMismatch, UserError
from stream.copying import Step, copy
from stream.log import NewRecord, TopicPartition, TopicSpec
from stream.sqlite import SqliteLog
from tests.stream.copied import (
    KEPT,
    SMALL,
    SOURCES,
    SPECS,
    T0,
    DyingAfter,
    Killed,
    assert_alike,
    contents,
    copied,
    filled,
    ignore,
    number,
)
from tests.stream.harness import Clock

ITEMS = TopicPartition("armswatch.items", 0)


@contextmanager
def two_logs() -> Iterator[tuple[SqliteLog, SqliteLog]]:
    with SqliteLog(None, clock=Clock()) as source, SqliteLog(None, clock=Clock()) as target:
        yield source, target


@pytest.fixture
def logs() -> Iterator[tuple[SqliteLog, SqliteLog]]:
    with two_logs() as both:
        yield both


RECORDS = st.lists(
    st.builds(
        NewRecord,
        st.sampled_from([spec.name for spec in SPECS]),
        st.sampled_from([b"", b"a", b"b", b"c"]),
        st.none() | st.binary(max_size=30),
        st.just(0),
        st.integers(0, 3).map(lambda days: T0 + timedelta(days=days)),
        st.lists(st.tuples(st.sampled_from(["h", "i"]), st.binary(max_size=3)), max_size=2).map(tuple),
    ),
    max_size=25,
)
POSITIONS = st.dictionaries(
    st.sampled_from(["match", "alert"]), st.dictionaries(st.sampled_from(SOURCES), st.integers(0, 12), min_size=1)
)
DEATHS = st.lists(st.integers(0, 25), max_size=3)


class TestWhole:
    @given(records=RECORDS, positions=POSITIONS, deaths=DEATHS)
    @settings(max_examples=150, deadline=None)
    def test_nothing_is_lost_or_doubled_however_it_is_broken_off(
        self, records: list[NewRecord], positions: dict[str, dict[TopicPartition, int]], deaths: list[int]
    ) -> None:
        with two_logs() as (source, target):
            filled(source, records, positions)

            copied(source, target, *deaths)

            assert_alike(source, target)

    def test_it_survives_being_killed_after_each_step(self) -> None:
        with two_logs() as (source, target):
            filled(source, number(8), {"match": {ITEMS: 5}})
            steps: list[Step] = []
            copy(source, target, SPECS, tell=steps.append, limits=SMALL)
        assert len(steps) > 8
        for death in range(len(steps)):
            with two_logs() as (source, target):
                filled(source, number(8), {"match": {ITEMS: 5}})

                copied(source, target, death)

                assert_alike(source, target)

    def test_it_goes_on_where_it_stopped(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(8), {})
        with pytest.raises(Killed):
            copy(source, target, SPECS, tell=DyingAfter(1), limits=SMALL)

        done = copy(source, target, SPECS, tell=ignore, limits=SMALL)

        assert done.resumed
        assert sum(each.copied for each in done.partitions) == 5
        assert sum(each.records for each in done.partitions) == 8

    def test_batches_are_bounded_by_count_and_by_size(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        large = [NewRecord("armswatch.items", b"k", b"x" * 30, 1) for _ in range(3)]
        filled(source, [*number(7), *large], {})
        steps: list[Step] = []

        copy(source, target, SPECS, tell=steps.append, limits=SMALL)

        sizes = [(step.source, step.records) for step in steps if step.what == "copied"]
        assert sizes == [(ITEMS, 3), (ITEMS, 3), (ITEMS, 1), *[(TopicPartition("armswatch.items", 1), 1)] * 3]

    def test_a_source_that_went_on_in_between_is_copied_as_it_is_now(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        stories = [NewRecord("armswatch.stories", key, b"old " + key, 0) for key in (b"a", b"b", b"c", b"d")]
        filled(source, [*number(4), *stories], {"match": {ITEMS: 1}})
        with pytest.raises(Killed):
            copy(source, target, SPECS, tell=DyingAfter(4), limits=SMALL)
        source.append([*number(3, first=4), NewRecord("armswatch.stories", b"b", b"new", 0)])
        source.rewind("match", {ITEMS: 3})

        done = copy(source, target, SPECS, tell=ignore, limits=SMALL)

        assert contents(target, ITEMS, target.positions("match")[ITEMS]) == contents(source, ITEMS, 3)
        assert {record.value for record in target.latest("armswatch.stories")} == {b"old a", b"new", b"old c", b"old d"}
        assert done.resumed

    def test_what_the_target_has_expired_already_is_counted_and_not_missed(
        self, logs: tuple[SqliteLog, SqliteLog]
    ) -> None:
        source, target = logs
        filled(source, number(6), {"match": {ITEMS: 4}, "late": {ITEMS: 1}})
        with pytest.raises(Killed):
            copy(source, target, SPECS, tell=DyingAfter(3), limits=SMALL)
        target.expire(T0 + KEPT + timedelta(seconds=2))

        done = copy(source, target, SPECS, tell=ignore, limits=SMALL)

        items = next(each for each in done.partitions if each.source == ITEMS)
        assert (items.records, items.expired) == (4, 2)
        assert contents(target, ITEMS, target.positions("match")[ITEMS]) == contents(source, ITEMS, 4)
        assert contents(target, ITEMS, target.positions("late")[ITEMS]) == contents(source, ITEMS, 2)

    def test_groups_that_are_left_out_have_no_positions(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(2), {"match": {ITEMS: 1}, "archive": {ITEMS: 1}})

        copy(source, target, SPECS, tell=ignore, without=["archive"])

        assert (target.positions("match"), target.positions("archive")) == ({ITEMS: 1}, {})


class TestRefused:
    def test_a_target_that_holds_something(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(1), {})
        filled(target, number(1, "armswatch.alerts.arms"), {})

        with pytest.raises(UserError, match=r"armswatch\.alerts\.arms holds records already"):
            copied(source, target)

        assert contents(target, ITEMS) == []

    def test_a_second_copy_of_what_was_copied(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(3), {"match": {ITEMS: 2}})
        copied(source, target)
        target.rewind("match", {ITEMS: 3})

        with pytest.raises(UserError, match="copied to already"):
            copied(source, target)

        assert target.positions("match") == {ITEMS: 3}

    def test_another_number_of_partitions(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, [], {})
        target.create([TopicSpec("armswatch.items", 3)])

        with pytest.raises(PartitionMismatch, match="3 partitions, not 2"):
            copied(source, target)

    def test_a_second_copy_at_the_same_time(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(3), {})
        steps: list[Step] = []
        impatient = SMALL._replace(joining=timedelta(milliseconds=300), notice=timedelta(0))

        def meddle(step: Step) -> None:
            copy(source, target, SPECS, tell=steps.append, limits=impatient)

        with pytest.raises(UserError, match="under way"):
            copy(source, target, SPECS, tell=meddle, limits=SMALL)
        assert [step.what for step in steps] == ["waiting"]

    def test_going_on_after_another_has_taken_over(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(8), {})

        def taken_over(step: Step) -> None:
            if step.what == "begun":
                target.reader("log-copy", [spec.name for spec in SPECS]).read(0, timedelta(0))

        with pytest.raises(LogError, match="another copy"):
            copy(source, target, SPECS, tell=taken_over, limits=SMALL)

    @pytest.mark.parametrize("name", ["armswatch.items", "armswatch.stories"])
    def test_a_target_that_others_wrote_to_meanwhile(self, name: str, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, [*number(4), *number(4, "armswatch.stories")], {"match": {ITEMS: 4}})

        def meddle(step: Step) -> None:
            if step.what == "copied" and step.records == 1:
                target.append([NewRecord(name, b"other", b"x", 0)])

        with pytest.raises(LogError, match="is not the source's"):
            copy(source, target, SPECS, tell=meddle, limits=SMALL)

        assert target.positions("match") == {}

    def test_going_on_with_the_copy_of_another_log(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(8), {})
        with pytest.raises(Killed):
            copy(source, target, SPECS, tell=DyingAfter(1), limits=SMALL)
        with SqliteLog(None, clock=Clock()) as other:
            filled(other, number(8, first=100), {})

            with pytest.raises(LogError, match="an earlier copy was of another log"):
                copied(other, target)

    @pytest.mark.parametrize(("name", "match"), [("armswatch.items", "lacks the last"), ("armswatch.stories", "keys")])
    def test_a_target_that_lacks_what_was_committed(
        self, name: str, match: str, logs: tuple[SqliteLog, SqliteLog]
    ) -> None:
        source, target = logs
        filled(source, number(4, name), {})
        filled(target, number(2, name), {"log-copy": {TopicPartition(name, 0): 4}})

        with pytest.raises(LogError, match=match):
            copied(source, target)

    def test_a_target_that_lacks_one_in_the_middle(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(4), {})
        filled(target, [*number(1), *number(2, first=2)], {"log-copy": {ITEMS: 4}})

        with pytest.raises(LogError, match="record at 1 is not the source's"):
            copied(source, target)

    def test_a_group_of_the_target_that_has_members(self, logs: tuple[SqliteLog, SqliteLog]) -> None:
        source, target = logs
        filled(source, number(2), {"match": {ITEMS: 1}})
        target.create(SPECS)
        member = target.reader("match", ["armswatch.items"])

        with pytest.raises(LogError, match="has members"):
            copied(source, target)

        member.close()
        copied(source, target)
        assert_alike(source, target)
