"""Listing, retrying and dropping dead letters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import catalogue
from core.errors import CodecError, UserError
from core.types import DeadLetter
from stream.deadletters import DeadLetters, buried, one_line, to_record
from stream.log import EventLog, NewRecord, Record, TopicPartition
from tests.stream.harness import Clock, put, topic

PARTITIONS = 2


class Shelf:
    """A log with a topic whose records failed."""

    def __init__(self, log: EventLog, clock: Clock) -> None:
        self.log, self.clock = log, clock
        self.source, self.dead = topic(log, PARTITIONS), topic(log, PARTITIONS)
        self.letters = DeadLetters(log, self.dead)

    def bury(self, *new: NewRecord) -> list[DeadLetter]:
        """Append records and make dead letters of them, each a minute after the other."""
        self.log.append(new)
        made = [self._letter(self.records(record.partition or 0)[-1 - n]) for n, record in enumerate(reversed(new))]
        self.log.append([to_record(letter, self.dead) for letter in made])
        return made

    def _letter(self, record: Record) -> DeadLetter:
        self.clock.now += timedelta(minutes=1)
        return buried(record, ValueError("no"), stage="s", tries=3, now=self.clock.now)

    def records(self, partition: int) -> list[Record]:
        return list(self.log.scan(TopicPartition(self.source, partition)))

    def waiting(self) -> list[str]:
        return [letter.id for letter in self.letters.list()]


@pytest.fixture
def shelf(log: EventLog, clock: Clock) -> Shelf:
    return Shelf(log, clock)


def test_letters_are_listed_by_when_they_failed(shelf: Shelf) -> None:
    made = [*shelf.bury(NewRecord(shelf.source, b"k", b"1", 0)), *shelf.bury(NewRecord(shelf.source, b"k", b"2", 1))]

    assert shelf.letters.list() == made


def test_a_letter_that_failed_twice_is_listed_once_as_it_failed_last(shelf: Shelf) -> None:
    (first,) = shelf.bury(NewRecord(shelf.source, b"k", b"1", 0))
    again = shelf._letter(shelf.records(0)[0])
    shelf.log.append([to_record(again, shelf.dead)])

    assert shelf.letters.list() == [again]
    assert again.id == first.id


@pytest.mark.parametrize("value", [b"original \x00\xff", b"", None])
def test_retrying_appends_the_original_where_it_came_from(shelf: Shelf, value: bytes | None) -> None:
    headers = (("trace", b"\x01"),)
    (letter,) = shelf.bury(NewRecord(shelf.source, b"key", value, 1, headers=headers))

    assert shelf.letters.retry([letter.id]) == [letter]

    original, again = shelf.records(1)
    assert (again.key, again.value, again.headers) == (original.key, original.value, original.headers)
    assert shelf.waiting() == []


def test_what_failed_again_after_a_retry_is_a_letter_of_its_own(shelf: Shelf) -> None:
    (letter,) = shelf.bury(NewRecord(shelf.source, b"k", b"1", 0))
    shelf.letters.retry([letter.id])
    again = shelf._letter(shelf.records(0)[-1])
    shelf.log.append([to_record(again, shelf.dead)])

    assert shelf.waiting() == [again.id]
    assert again.id != letter.id


def test_dropping_only_takes_it_off_the_list(shelf: Shelf) -> None:
    one, two = shelf.bury(NewRecord(shelf.source, b"k", b"1", 0), NewRecord(shelf.source, b"k", b"2", 0))

    assert shelf.letters.drop([one.id]) == [one]

    assert shelf.waiting() == [two.id]
    assert len(shelf.records(0)) == 2


def test_a_letter_named_twice_is_retried_once(shelf: Shelf) -> None:
    (letter,) = shelf.bury(NewRecord(shelf.source, b"k", b"1", 0))

    assert len(shelf.letters.retry([letter.id, letter.id])) == 1
    assert len(shelf.records(0)) == 2


def test_one_unknown_id_refuses_all(shelf: Shelf) -> None:
    (letter,) = shelf.bury(NewRecord(shelf.source, b"k", b"1", 0))

    for act in (shelf.letters.retry, shelf.letters.drop):
        with pytest.raises(UserError, match=r"nobody.*dead-letters list"):
            act([letter.id, "nobody"])

    assert shelf.waiting() == [letter.id]
    assert len(shelf.records(0)) == 1


def test_a_resolved_letter_cannot_be_retried_again(shelf: Shelf) -> None:
    (letter,) = shelf.bury(NewRecord(shelf.source, b"k", b"1", 0))
    shelf.letters.drop([letter.id])

    with pytest.raises(UserError):
        shelf.letters.retry([letter.id])


def test_a_record_that_is_no_letter_is_told(shelf: Shelf) -> None:
    put(shelf.log, shelf.dead, b"{")

    with pytest.raises(CodecError):
        shelf.letters.list()


def test_letters_go_to_the_catalogues_topic_by_default(shelf: Shelf) -> None:
    (letter,) = shelf.bury(NewRecord(shelf.source, b"k", b"1", 0))

    assert to_record(letter).topic == catalogue.DEAD_LETTERS
    assert to_record(letter).key == shelf.source.encode()


@given(st.text())
def test_a_reason_is_one_short_printable_line(text: str) -> None:
    told = one_line(ValueError(text))

    assert told.startswith("ValueError")
    assert len(told) <= 300
    assert len(told.splitlines()) == 1
    told.encode()


def test_text_that_is_not_unicode_does_not_break_a_reason() -> None:
    assert one_line(ValueError("a\udc80b")) == "ValueError: a?b"
