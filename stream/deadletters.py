"""Records that a stage could not handle: kept with their original bytes, to be tried again or dropped.

Dead letters are a plain topic, keyed by the topic that the record came from. That one was tried again or dropped is
a later record in the same partition: without a value, with the letter's id in the header `resolved`.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from core import catalogue
from core.codec import decode, encode
from core.errors import UserError
from core.types import DeadLetter
from stream.log import EventLog, NewRecord, Record, TopicPartition

RESOLVED = "resolved"  # header: id of the letter
OUTCOME = "outcome"  # header: what became of it
_REASON_CHARS = 300


def buried(record: Record, error: Exception, *, stage: str, tries: int, now: datetime) -> DeadLetter:
    """Make the dead letter of a record. Its id is the same however often that is done."""
    return DeadLetter(
        id=f"{stage}:{record.topic}:{record.partition}:{record.offset}",
        stage=stage,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=one_line(error),
        digest=stack_digest(error),
        failed=now,
        tries=tries,
        key=record.key,
        value=record.value or b"",
        headers=record.headers,
        tombstone=record.value is None,
    )


def without_value(letter: DeadLetter) -> DeadLetter:
    """Make a letter short enough for any log: the value stays only where it came from."""
    return replace(letter, value=b"", headers=(), left_out=len(letter.value))


def to_record(letter: DeadLetter, topic: str = catalogue.DEAD_LETTERS) -> NewRecord:
    """Make the record that keeps a dead letter."""
    return NewRecord(topic, letter.topic.encode(), encode(letter))


def one_line(error: BaseException) -> str:
    """Tell an error by its class and the first line of what it says, shortened, printable as UTF-8."""
    lines = str(error).strip().splitlines()
    told = f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__
    return told.encode("utf-8", "replace").decode()[:_REASON_CHARS]


def stack_digest(error: BaseException) -> str:
    """Digest where an error arose: equal for errors of one class from the same lines, whatever they say.

    SHA-256, first 16 hex digits, over the frames' file names, functions and line numbers.
    """
    frames = traceback.extract_tb(error.__traceback__)
    told = [type(error).__qualname__, *(f"{Path(f.filename).name}:{f.name}:{f.lineno}" for f in frames)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


class DeadLetters:
    """The dead letters on a log that still wait for someone."""

    def __init__(self, log: EventLog, topic: str = catalogue.DEAD_LETTERS) -> None:
        self._log = log
        self._topic = topic

    def list(self) -> Sequence[DeadLetter]:
        """List the letters neither tried again nor dropped, by when they failed.

        Raises:
            CodecError: the topic holds a record that is none.
        """
        waiting: dict[str, DeadLetter] = {}
        for partition in self._log.describe():
            if partition.source.topic != self._topic:
                continue
            for record in self._log.scan(partition.source):
                if record.value is None:
                    waiting.pop(dict(record.headers)[RESOLVED].decode(), None)
                else:
                    letter = decode(DeadLetter, record.value)
                    waiting[letter.id] = letter
        return sorted(waiting.values(), key=lambda letter: (letter.failed, letter.id))

    def retry(self, ids: Collection[str]) -> Sequence[DeadLetter]:
        """Append the original records to where they came from, all or none, and return their letters.

        Every group that reads that topic sees them again. One that fails again becomes a new letter.

        Raises:
            UserError: no such letter waits, or a record that was too large to be kept in one has expired.
            LogUnavailable: for now; nothing was done.
        """
        letters = self._waiting(ids)
        originals = [self._original(letter) for letter in letters]
        self._log.append([*originals, *(self._mark(letter, "retried") for letter in letters)])
        return letters

    def drop(self, ids: Collection[str]) -> Sequence[DeadLetter]:
        """Let go of letters, all or none, and return them.

        Raises:
            UserError, LogUnavailable: as in `retry`.
        """
        letters = self._waiting(ids)
        self._log.append([self._mark(letter, "dropped") for letter in letters])
        return letters

    def _waiting(self, ids: Collection[str]) -> Sequence[DeadLetter]:
        waiting = {letter.id: letter for letter in self.list()}
        if unknown := sorted(set(ids) - waiting.keys()):
            raise UserError(
                f"No dead letter waits under {', '.join(unknown)}.", "See them with `armswatch dead-letters list`."
            )
        return [waiting[each] for each in dict.fromkeys(ids)]

    def _original(self, letter: DeadLetter) -> NewRecord:
        value, headers = None if letter.tombstone else letter.value, letter.headers
        if letter.left_out:
            source = TopicPartition(letter.topic, letter.partition)
            record = next(iter(self._log.scan(source, letter.offset)), None)
            if record is None or record.offset != letter.offset:
                raise UserError(
                    f"The record of dead letter {letter.id} was too large to be kept in it, and has expired since.",
                    "Drop the letter: nothing is left to try again.",
                )
            value, headers = record.value, record.headers
        return NewRecord(letter.topic, letter.key, value, partition=letter.partition, headers=headers)

    def _mark(self, letter: DeadLetter, outcome: Literal["retried", "dropped"]) -> NewRecord:
        headers = ((RESOLVED, letter.id.encode()), (OUTCOME, outcome.encode()))
        return NewRecord(self._topic, letter.topic.encode(), None, headers=headers)
