"""What a member of a Kafka group owns, told without callbacks."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

from core.errors import PartitionsLost
from stream.kafka_client import KafkaSettings
from stream.log import TopicPartition

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import ConsumerRebalanceListener
    from kafka.structs import MemberState


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # the client has no types
    """Notes what the client calls back, on whichever thread, in the midst of a poll."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership

    def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """See the client."""
        self._membership.take_away(revoked)

    def on_partitions_lost(self, lost: Collection[Any]) -> None:
        """See the client."""
        self._membership.take_away(lost)

    def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """See the client."""
        self._membership.give(assigned)


class Membership:
    """What the client says of the group, noted during a poll and looked at after it."""

    def __init__(self, settings: KafkaSettings, consumer: Any) -> None:
        self._settings = settings
        self._consumer = consumer
        self._taken: set[TopicPartition] = set()  # since it was last told
        self._held: set[Any] = set()  # paused until they are read from
        self._metadata: Any = None

    @property
    def joined(self) -> bool:
        """Whether it is a member now."""
        return self._metadata is not None and self._metadata.generation_id >= 0 and bool(self._metadata.member_id)

    @property
    def settled(self) -> bool:
        """Whether it is a member, and partitions are not being shared out anew."""
        return self.joined and self._metadata.state is MemberState.STABLE

    def listener(self) -> Any:
        """Give what the client is to call back."""
        return _Listener(self)

    def take_away(self, sources: Collection[Any]) -> None:
        """Note what was lost."""
        self._taken.update(self._settings.own(source) for source in sources)

    def give(self, sources: Collection[Any]) -> None:
        """Note what was gained. It is not fetched from before its place is known."""
        self._consumer.pause(*sources)
        self._held.update(sources)

    def note(self) -> None:
        """Take the proof of membership as it is after a poll: later, it might be that of a member thrown out."""
        self._metadata = self._consumer.group_metadata()

    def proof(self) -> Any:
        """Give what the broker checks a commit by.

        Raises:
            PartitionsLost: it is no member.
        """
        if not self.joined:
            raise PartitionsLost("the group has gone on without this reader")
        return self._metadata

    def changes(self, known: Collection[TopicPartition]) -> tuple[frozenset[TopicPartition], frozenset[TopicPartition]]:
        """Tell what was gained and lost against what is known. One lost and gained again is both."""
        owned = {self._settings.own(source) for source in self._consumer.assignment()}
        lost = {source for source in known if source in self._taken or source not in owned}
        return frozenset(owned - (set(known) - lost)), frozenset(lost)

    def told(self) -> None:
        """Note that the changes were told."""
        self._taken.clear()

    def release(self) -> None:
        """Have gained partitions fetched from."""
        if self._held:
            self._consumer.resume(*(self._held & self._consumer.assignment()))
            self._held.clear()
