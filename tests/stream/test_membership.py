"""How partitions are shared out among members."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.log import TopicPartition
from stream.membership import Group, share

PARTITIONS = [TopicPartition(topic, number) for topic in ("a", "b") for number in range(5)]
members = st.integers(0, 5)
wishes_alike = st.sets(members, min_size=1).map(lambda each: dict.fromkeys(each, frozenset(PARTITIONS)))
wishes_any = st.dictionaries(members, st.sets(st.sampled_from(PARTITIONS)))
owned = st.dictionaries(st.sampled_from(PARTITIONS), members)


def loads(shared: dict[TopicPartition, int], wishes: dict[int, frozenset[TopicPartition]]) -> list[int]:
    return [list(shared.values()).count(member) for member in wishes]


@given(owned, wishes_any)
def test_every_wanted_partition_has_one_owner_who_wants_it(
    owners: dict[TopicPartition, int], wishes: dict[int, set[TopicPartition]]
) -> None:
    shared = share(owners, wishes)

    assert shared.keys() == {source for wanted in wishes.values() for source in wanted}
    assert all(source in wishes[member] for source, member in shared.items())


@given(owned, wishes_alike)
def test_members_that_want_the_same_get_equally_many(
    owners: dict[TopicPartition, int], wishes: dict[int, frozenset[TopicPartition]]
) -> None:
    counts = loads(share(owners, wishes), wishes)

    assert max(counts) - min(counts) <= 1


@given(owned, wishes_alike)
def test_nothing_moves_when_all_is_shared_already(
    owners: dict[TopicPartition, int], wishes: dict[int, frozenset[TopicPartition]]
) -> None:
    shared = share(owners, wishes)

    assert share(shared, wishes) == shared


@given(st.integers(1, 5))
def test_only_the_joining_members_share_moves(count: int) -> None:
    before = share({}, dict.fromkeys(range(count), frozenset(PARTITIONS)))
    after = share(before, dict.fromkeys(range(count + 1), frozenset(PARTITIONS)))

    moved = [source for source in PARTITIONS if before[source] != after[source]]
    assert {after[source] for source in moved} <= {count}
    assert len(moved) == len(PARTITIONS) // (count + 1)


def test_only_what_a_leaving_member_had_moves() -> None:
    before = share({}, dict.fromkeys(range(3), frozenset(PARTITIONS)))
    after = share(before, dict.fromkeys((0, 2), frozenset(PARTITIONS)))

    assert all(after[source] == owner for source, owner in before.items() if owner != 1)


def test_a_partition_that_comes_back_to_a_member_has_a_new_epoch() -> None:
    group = Group()
    source = TopicPartition("a", 0)
    group.join(1, [source])
    first = group.owned(1)
    group.join(2, [source])
    group.leave(1)
    group.join(1, [source])
    group.leave(2)

    assert group.owned(1).keys() == first.keys()
    assert group.owned(1) != first


def test_a_group_without_members_is_empty() -> None:
    group = Group()
    assert not group
    group.join(1, [])
    assert group
    group.leave(1)
    assert not group
