"""What a member of a Kafka group owns, told without callbacks."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from core.errors import PartitionsLost
from stream.kafka_client import KafkaSettings
from stream.kafka_errors import translated
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
    """A client that is a member of a group. What the group does is noted during a poll and looked at after it.

    Args:
        group, topics: named as the program does.
    """

    def __init__(self, settings: KafkaSettings, group: str, topics: Sequence[str]) -> None:
        self._settings = settings
        self._group, self._topics = group, topics
        self._taken: set[TopicPartition] = set()  # since it was last told
        self._held: set[Any] = set()  # paused until they are read from
        self._metadata: Any = None
        self._unsettled_since: float | None = None
        self._patience = (settings.session_timeout + 3 * settings.request_timeout).total_seconds()
        self.consumer = self._made()

    def _made(self) -> Any:
        """Make the client, which joins once it is polled.

        Raises:
            LogUnavailable: no broker answers.
        """
        consumer = self._settings.consumer(self._settings.named(self._group))
        names = [self._settings.topic_prefix + topic for topic in self._topics]
        consumer.subscribe(names, listener=_Listener(self))
        try:
            with translated():
                for name in names:  # else it may join before it knows of the partitions, and as leader share out none
                    consumer.partitions_for_topic(name)
        except BaseException:
            _drop(consumer)
            raise
        return consumer

    def join_anew(self, known: Collection[TopicPartition]) -> None:
        """Give up a client that does not get on with joining: it may wait for an answer that nobody gives any more.

        Raises:
            LogUnavailable: no broker answers.
        """
        new = self._made()
        threading.Thread(target=_drop, args=(self.consumer,), name="kafka-discard", daemon=True).start()
        self.consumer, self._metadata, self._unsettled_since = new, None, None
        self._taken.update(known)
        self._held.clear()

    @property
    def stuck(self) -> bool:
        """Whether it has been joining for longer than the slowest of the others may take."""
        return self._unsettled_since is not None and time.monotonic() - self._unsettled_since > self._patience

    @property
    def joined(self) -> bool:
        """Whether it is a member now."""
        return self._metadata is not None and self._metadata.generation_id >= 0 and bool(self._metadata.member_id)

    @property
    def settled(self) -> bool:
        """Whether it is a member, and partitions are not being shared out anew."""
        return self.joined and self._metadata.state is MemberState.STABLE

    def take_away(self, sources: Collection[Any]) -> None:
        """Note what was lost."""
        self._taken.update(self._settings.own(source) for source in sources)

    def give(self, sources: Collection[Any]) -> None:
        """Note what was gained. It is not fetched from before its place is known."""
        self.consumer.pause(*sources)
        self._held.update(sources)

    def note(self) -> None:
        """Take the proof of membership as it is after a poll: later, it might be that of a member thrown out."""
        self._metadata = self.consumer.group_metadata()
        if self.settled:
            self._unsettled_since = None
        elif self._unsettled_since is None:
            self._unsettled_since = time.monotonic()

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
        owned = {self._settings.own(source) for source in self.consumer.assignment()}
        lost = {source for source in known if source in self._taken or source not in owned}
        return frozenset(owned - (set(known) - lost)), frozenset(lost)

    def told(self) -> None:
        """Note that the changes were told."""
        self._taken.clear()

    def release(self) -> None:
        """Have gained partitions fetched from."""
        if self._held:
            self.consumer.resume(*(self._held & self.consumer.assignment()))
            self._held.clear()


def _drop(consumer: Any) -> None:
    """Close a client without waiting for it."""
    with suppress(Exception):
        consumer.close(autocommit=False, timeout_ms=0)
