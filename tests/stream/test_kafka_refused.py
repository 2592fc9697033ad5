"""Records that a broker does not take and topics that go away, as a stage meets them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from core import catalogue
from core.codec import decode
from core.errors import LogError
from core.types import DeadLetter
from stream.deadletters import DeadLetters
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.kafka_errors import Sparing
from stream.log import NewRecord, Record, TopicPartition, TopicSpec
from stream.worker import Worker
from tests.stream.bench import FAST, Running, Upper, eventually, failing
from tests.stream.harness import topic, unique
from tests.stream.kafka_broker import Broker
from tests.stream.kafka_faults import SOCKETS_LEFT, hasty, now

pytestmark = SOCKETS_LEFT


@pytest.fixture
def log(kafka_settings: KafkaSettings) -> Iterator[KafkaLog]:
    with KafkaLog(kafka_settings, clock=now) as opened:
        yield opened


class Growing(Upper):
    """Makes some records larger than the broker takes."""

    grown = b"grow"

    def __call__(self, records: list[Record]) -> list[NewRecord]:  # type: ignore[override]
        made = super().__call__(records)
        return [
            new._replace(value=b"x" * 2_000_000) if record.value == self.grown else new
            for record, new in zip(records, made, strict=True)
        ]


def letters(log: KafkaLog, dead: str) -> list[DeadLetter]:
    return [decode(DeadLetter, record.value or b"") for record in log.scan(TopicPartition(dead, 0))]


@pytest.mark.parametrize(
    ("step", "bad", "reason"),
    [(Upper, b"poison", "ValueError: cannot read b'poison'"), (Growing, b"grow", "too ?large|TooLarge")],
    ids=["a record that cannot be read", "a record larger than the broker takes"],
)
def test_one_bad_record_becomes_a_dead_letter_and_the_others_go_on(
    log: KafkaLog, step: type[Upper], bad: bytes, reason: str
) -> None:
    source, target, dead = topic(log), topic(log), topic(log)
    log.append([NewRecord(source, b"k", value, 0) for value in (b"a", b"b", bad, b"c")])
    worker = Worker(
        log,
        step(log, source, target, trouble=failing(b"poison")),
        clock=now,
        retry=FAST,
        dead_letters=dead,
    )

    eventually(lambda: worker.run_until_idle() >= 0 and worker.status().handled >= 4)
    worker.close()

    assert [record.value for record in log.scan(TopicPartition(target, 0))] == [b"A", b"B", b"C"]
    (letter,) = letters(log, dead)
    assert letter.value == bad
    with pytest.raises(LogError, match=reason):
        raise LogError(letter.reason)


def test_a_record_as_large_as_the_broker_takes_fits_into_a_dead_letter(log: KafkaLog) -> None:
    """The bytes of a record nearly as large as the broker takes are larger still in a letter."""
    source, target, dead = topic(log), topic(log), catalogue.DEAD_LETTERS
    log.create([TopicSpec(dead, 1)])
    big = b"poison" * 174_000
    log.append([NewRecord(source, b"k", value, 0) for value in (big, b"after")])
    worker = Worker(log, Upper(log, source, target, trouble=failing(big)), clock=now, retry=FAST, dead_letters=dead)

    eventually(lambda: worker.run_until_idle() >= 0 and worker.status().handled >= 2)
    worker.close()

    assert [record.value for record in log.scan(TopicPartition(target, 0))] == [b"AFTER"]
    (letter,) = [letter for letter in letters(log, dead) if letter.topic == source]
    assert letter.value == big


def test_a_dead_letter_that_the_broker_does_not_take_is_kept_without_the_value(log: KafkaLog) -> None:
    source, target, dead = topic(log), topic(log), unique("armswatch.dead")
    admin = log.settings.admin()
    narrow = {"num_partitions": 1, "replication_factor": 1, "configs": {"max.message.bytes": "2000"}}
    admin.create_topics({dead: narrow})
    admin.close()
    big = b"poison" * 1000
    log.append([NewRecord(source, b"k", value, 0) for value in (big, b"after")])
    worker = Worker(log, Upper(log, source, target, trouble=failing(big)), clock=now, retry=FAST, dead_letters=dead)

    eventually(lambda: worker.run_until_idle() >= 0 and worker.status().handled >= 2)
    worker.close()

    assert [record.value for record in log.scan(TopicPartition(target, 0))] == [b"AFTER"]
    (letter,) = letters(log, dead)
    assert (letter.value, letter.left_out) == (b"", len(big))
    DeadLetters(log, dead).retry([letter.id])
    assert [record.value for record in log.scan(TopicPartition(source, 0))] == [big, b"after", big]


def test_a_topic_deleted_under_way_is_told_and_the_stage_goes_on_once_it_is_there_again(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with KafkaLog(hasty(broker.servers), clock=now) as log:
        source, target = topic(log), topic(log)
        log.append([NewRecord(source, b"k", b"a", 0)])
        worker = Worker(log, Upper(log, source, target), clock=now, retry=FAST)
        admin = log.settings.admin()
        with Running(worker):
            eventually(lambda: worker.status().handled == 1)
            admin.delete_topics([target])
            log.append([NewRecord(source, b"k", b"b", 0)])

            eventually(lambda: worker.status().state == "retrying")
            told = worker.status().last_error
            log.create([TopicSpec(target, 1)])
            eventually(lambda: worker.status().handled == 2)
        admin.close()

        assert [record.value for record in log.scan(TopicPartition(target, 0))] == [b"B"]
    assert target in told
    assert len(caplog.records) < 60


def test_lines_of_one_kind_are_let_through_once_in_a_while_with_how_many_were_not() -> None:
    def line(text: str, level: int = logging.WARNING) -> logging.LogRecord:
        return logging.LogRecord("kafka.some", level, "", 0, text, (), None)

    sparing = Sparing(0.2)
    let_through = [bool(sparing.filter(line("connection failed"))) for _ in range(50)]

    assert let_through == [True] + [False] * 49
    assert sparing.filter(line("something else"))
    assert sparing.filter(line("connection failed", logging.ERROR))
    eventually(lambda: bool(sparing.filter(last := line("connection failed"))) and "more like it" in last.getMessage())
