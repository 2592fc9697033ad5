"""Who reads what: a group's partitions shared out among its members, in the memory of one process."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from stream.log import TopicPartition


def share(
    owners: Mapping[TopicPartition, int], wishes: Mapping[int, Collection[TopicPartition]]
) -> dict[TopicPartition, int]:
    """Share partitions out evenly; no partition moves that needn't.

    Args:
        owners: who owns what until now.
        wishes: each member, with the partitions of the topics that it reads.
    """
    shared = {source: member for source, member in owners.items() if source in wishes.get(member, ())}
    loads = dict.fromkeys(sorted(wishes), 0)
    for member in shared.values():
        loads[member] += 1

    def lightest(source: TopicPartition) -> int:
        return min((member for member in loads if source in wishes[member]), key=loads.__getitem__)

    for source in sorted({source for wanted in wishes.values() for source in wanted} - shared.keys()):
        shared[source] = lightest(source)
        loads[shared[source]] += 1
    moved = True
    while moved:  # each move makes the loads more even, so it ends
        moved = False
        for source in sorted(shared):
            giver, taker = shared[source], lightest(source)
            if loads[giver] - loads[taker] > 1:
                shared[source] = taker
                loads[giver] -= 1
                loads[taker] += 1
                moved = True
    return shared


class Group:
    """The members of one group. Not locked: its user is.

    Each change of a partition's owner gives it a new epoch; work is its reader's only while the epoch is the one
    that the reader was told.
    """

    def __init__(self) -> None:
        self.starts: dict[TopicPartition, int] = {}  # where to begin what has no position yet, while the group lives
        self._wishes: dict[int, Collection[TopicPartition]] = {}
        self._owners: dict[TopicPartition, int] = {}
        self._epochs: dict[TopicPartition, int] = {}

    def __bool__(self) -> bool:
        """True while it has members."""
        return bool(self._wishes)

    def join(self, member: int, sources: Collection[TopicPartition]) -> None:
        """Take in a member that reads these partitions."""
        self._wishes[member] = frozenset(sources)
        self._share()

    def leave(self, member: int) -> None:
        """Let a member go; its partitions go to the others."""
        del self._wishes[member]
        self._share()

    def owned(self, member: int) -> dict[TopicPartition, int]:
        """Give a member's partitions, each with its epoch."""
        return {source: self._epochs[source] for source, owner in self._owners.items() if owner == member}

    def _share(self) -> None:
        shared = share(self._owners, self._wishes)
        for source, owner in shared.items():
            if self._owners.get(source) != owner:
                self._epochs[source] = self._epochs.get(source, 0) + 1
        self._owners = shared
