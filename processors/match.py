"""The match stage: items in, matches out. Knows topics, and nothing of stories."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from core import catalogue, codec
from core.errors import CodecError
from core.types import Item, Match, MatchId, TopicId
from processors.judge import Explanation
from processors.topic import CompiledTopic, CompiledTopics
from stream.log import NewRecord, Record, TopicPartition


class _Text(msgspec.Struct, gc=False):
    """What matching needs of an item. All else is decoded only where something matched."""

    title: str
    summary: str


_TEXT = msgspec.json.Decoder(_Text)


class MatchStep:
    """Finds the items that topics match or nearly match. Stateless; a revision of an item is matched again.

    Args:
        topics: what to look for; may be replaced at any time, from any thread, and holds from the next batch on.
        clock: gives the time of a match.
    """

    name = "match"
    inputs: Sequence[str] = (catalogue.ITEMS,)

    def __init__(self, topics: CompiledTopics, *, clock: Callable[[], datetime]) -> None:
        self.topics = topics
        self._clock = clock

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Keep no state."""
        del partitions
        return {}

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        """Keep no state."""

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        """Match the items.

        Raises:
            CodecError: a record is no item.
        """
        topics = self.topics
        texts = [_text(record) for record in records]
        now = self._clock()
        matches: list[NewRecord] = []
        for found in topics.find(texts):
            item = codec.decode(Item, records[found.number].value or b"")
            match = make_match(item, found.topic, found.explanation, now)
            matches.append(NewRecord(catalogue.MATCHES, match.topic.encode(), codec.encode(match)))
        return matches


def match_id(item: Item, topic: str, topic_hash: str) -> MatchId:
    """Name a match: the same item, revision and topic file always give the same name."""
    named = f"{item.id}\0{item.revision}\0{topic}\0{topic_hash}"
    return MatchId(hashlib.sha256(named.encode()).hexdigest()[:32])


def make_match(item: Item, topic: CompiledTopic, found: Explanation, now: datetime) -> Match:
    """Put an item and what a topic says of it together."""
    return Match(
        id=match_id(item, topic.id, topic.hash),
        topic=TopicId(topic.id),
        topic_hash=topic.hash,
        item=item,
        verdict="match" if found.matched else "near_miss",
        score=found.score,
        threshold=found.threshold,
        facets=found.facets,
        evidence=found.evidence,
        matched=now,
        missing=found.missing,
    )


def _text(record: Record) -> tuple[str, str]:
    if record.value is None:
        raise CodecError("Item", "no value")
    try:
        text = _TEXT.decode(record.value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CodecError("Item", str(error)) from error
    return text.title, text.summary
