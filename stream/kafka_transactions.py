"""Writing to Kafka in transactions whose outcome is known, each bounded in time."""

from __future__ import annotations

import threading
import time
import uuid
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

from core.errors import LogError, LogUnavailable
from stream.kafka_client import KafkaSettings
from stream.kafka_errors import translation
from stream.log import TopicPartition

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.errors import KafkaError, KafkaTimeoutError, ProducerFencedError, UnknownError
    from kafka.structs import OffsetAndMetadata

LEDGER = "writes."  # groups that only keep what was written outside of any group begin so

_COMING_BACK = 2.0  # seconds from when a broker answers until it leads its partitions for good; seen: up to 1.5
_CLOSING_TRIES = 120  # one a second


class Outgoing(NamedTuple):
    """A record on its way, fully decided."""

    target: TopicPartition
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int


class Transactions:
    """One transactional producer after another: any failure ends one, since none can be trusted after it.

    Every transaction commits an offset with a mark of its own, so that whether it happened can be read afterwards:
    of the reader's group, or, outside of any, of a group that exists for it. From one thread at a time.

    A broker that was killed and comes back may end a transaction without telling the partitions in which it wrote
    (seen in 4.4: "Couldn't find leader endpoint ... can be skipped"). Its records would then become part of what this
    producer commits there next. So a transaction that failed is ended once more, by one that touches the same
    partitions and is aborted; and again a little later, since the same may have befallen that one.
    """

    def __init__(self, settings: KafkaSettings, name: str) -> None:
        self._settings = settings
        self._id = settings.named(name)
        self._ledger = settings.named(LEDGER + name)
        self._producer: Any = None
        self._remains: _Remains | None = None
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._limit = 3 * settings.request_timeout + timedelta(seconds=5)

    def write(
        self,
        records: Sequence[Outgoing],
        positions: Mapping[TopicPartition, int],
        membership: Any = None,
    ) -> None:
        """Write records and positions of the member's group, all or nothing.

        Raises:
            LogUnavailable: nothing was written, or it is not known: `renew`, then read what was committed.
            PartitionsLost: nothing was written.
            LogError: nothing was written, since the broker refuses the records.
        """
        with self._lock:
            self._write(records, positions, membership)

    def _write(self, records: Sequence[Outgoing], positions: Mapping[TopicPartition, int], membership: Any) -> None:
        mark = uuid.uuid4().hex
        if not positions:
            positions, membership = {records[0].target: 0}, self._ledger
        offsets = {self._settings.foreign(p): OffsetAndMetadata(at, mark, -1) for p, at in positions.items()}
        self.renew()
        producer = self._producer
        stage = _Stage()
        try:
            _bounded(lambda: _transact(self._settings, producer, records, offsets, membership, stage), self._limit)
        except (KafkaError, LogError) as error:
            self._give_up()
            remains = _Remains(frozenset(record.target for record in records), offsets, _group(membership))
            if self._went_through(error, remains, mark, unknown=stage.committing):
                return
            raise translation(error) from error
        except BaseException:
            self._give_up()
            raise

    def renew(self) -> None:
        """Have a producer that is ready; with it, what an earlier one left open has been ended.

        Raises:
            LogUnavailable: the broker does not answer.
        """
        with self._lock:
            if self._producer is not None:
                return
            producer = self._settings.producer(self._id)
            try:
                _bounded(producer.init_transactions, self._limit)
                if remains := self._remains:
                    _bounded(lambda: _abort_again(self._settings, producer, remains), self._limit)
                    time.sleep(_COMING_BACK)
                    _bounded(lambda: _abort_again(self._settings, producer, remains), self._limit)
            except (KafkaError, LogError) as error:
                _discard(producer)
                raise translation(error) from error
            self._remains = None
            self._producer = producer

    def close(self) -> None:
        """Let go of the producer; what is open is dropped."""
        self._closed.set()
        with self._lock:
            self._give_up()

    def _give_up(self) -> None:
        if self._producer is not None:
            _discard(self._producer)
            self._producer = None

    def _went_through(self, error: Exception, remains: _Remains, mark: str, *, unknown: bool) -> bool:
        """End a transaction that failed, so that nobody waits for it; tell whether it was committed all the same.

        Raises:
            LogUnavailable: that is not known yet.
        """
        if isinstance(error, ProducerFencedError):  # ending it would throw out whoever has the slot now
            return False
        if not unknown and isinstance(translation(error), LogUnavailable):
            self._remains = remains
        try:
            self.renew()
            if not unknown:
                return False
            if self._happened(remains, mark):
                return True
        except LogError:
            self._settle_in_background(remains)
            if unknown:
                raise
            return False
        self._settle_in_background(remains)
        return False

    def _settle_in_background(self, remains: _Remains) -> None:
        self._give_up()
        self._remains = remains
        threading.Thread(target=self._settle_later, name="kafka-settle", daemon=True).start()

    def _settle_later(self) -> None:
        """End what is open as soon as the broker is back: a stage may wait for just that before it writes again."""
        while not self._closed.wait(1):
            with self._lock, suppress(LogError):
                self.renew()
                return

    def _happened(self, remains: _Remains, mark: str) -> bool:
        """Tell whether a transaction with an unknown outcome was committed, once it is settled."""
        consumer = self._settings.consumer(remains.group)
        try:
            found = consumer.committed(
                next(iter(remains.offsets)), metadata=True, timeout_ms=self._limit // timedelta(milliseconds=1)
            )
        except KafkaError as error:
            raise translation(error) from error
        finally:
            consumer.close(autocommit=False)
        return found is not None and found.metadata == mark


class _Stage:
    committing = False  # from here on an error does not tell the outcome


class _Remains(NamedTuple):
    """What a failed transaction may have touched."""

    targets: frozenset[TopicPartition]
    offsets: Mapping[Any, Any]
    group: str


def _group(membership: Any) -> str:
    return membership if isinstance(membership, str) else str(membership.group_id)


def _abort_again(settings: KafkaSettings, producer: Any, remains: _Remains) -> None:
    producer.begin_transaction()
    sent = []
    for target in remains.targets:
        # A topic that is gone cannot be sent to; and where it is the broker, the steps below fail.
        with suppress(KafkaTimeoutError):
            record = Outgoing(target, b"-", None, (), int(time.time() * 1000))
            sent.append((target, _send(settings, producer, record)))
    _see_taken(settings, producer, sent)
    producer.send_offsets_to_transaction(remains.offsets, remains.group)
    producer.abort_transaction()


def _transact(
    settings: KafkaSettings,
    producer: Any,
    records: Sequence[Outgoing],
    offsets: Mapping[Any, Any],
    membership: Any,
    stage: _Stage,
) -> None:
    producer.begin_transaction()
    sent = [(record.target, _send(settings, producer, record)) for record in records]
    _see_taken(settings, producer, sent)
    producer.send_offsets_to_transaction(offsets, membership)
    stage.committing = True
    producer.commit_transaction()


def _send(settings: KafkaSettings, producer: Any, record: Outgoing) -> Any:
    try:
        return producer.send(
            settings.topic_prefix + record.target.topic,
            key=record.key,
            value=record.value,
            headers=list(record.headers),
            partition=record.target.partition,
            timestamp_ms=record.timestamp_ms,
        )
    except KafkaTimeoutError as error:
        raise KafkaTimeoutError(f"topic {record.target.topic} is not there, or no broker has it") from error


def _see_taken(settings: KafkaSettings, producer: Any, sent: Sequence[tuple[TopicPartition, Any]]) -> None:
    """Wait until the broker has taken all. A commit may succeed though records were lost; only the futures tell."""
    patience = 2 * settings.request_timeout.total_seconds()
    deadline = time.monotonic() + patience
    with suppress(KafkaTimeoutError, UnknownError):  # the latter where a batch was too large and is sent in parts
        producer.flush(timeout=patience)
    for target, each in sent:
        try:
            each.get(timeout=max(deadline - time.monotonic(), 0.0))
        except KafkaTimeoutError as error:
            told = f"records for {target.topic}[{target.partition}] were not taken in time: it may have been deleted"
            raise KafkaTimeoutError(told) from error


def _bounded(call: Callable[[], None], limit: timedelta) -> None:
    """Make a call that may hang for ever, in a thread that is left to itself past the limit."""
    outcome: list[BaseException | None] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that waits
            outcome.append(error)
        else:
            outcome.append(None)

    thread = threading.Thread(target=run, name="kafka-transaction", daemon=True)
    thread.start()
    thread.join(limit.total_seconds())
    if not outcome:
        raise LogUnavailable(f"the broker has not answered within {limit.total_seconds():g} s")
    if outcome[0] is not None:
        raise outcome[0]


def _discard(producer: Any) -> None:
    """Close a producer without waiting for it: it may hang."""

    def close() -> None:
        for _ in range(_CLOSING_TRIES):
            with suppress(Exception):  # as long as records are under way, which expire
                producer.close(timeout=0)
                return
            time.sleep(1)

    threading.Thread(target=close, name="kafka-discard", daemon=True).start()
