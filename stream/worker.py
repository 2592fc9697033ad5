"""The one loop that drives every stage: read, hand to the step, commit; try again, set aside, drain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog

from core import catalogue
from core.errors import LogError, LogRefused, LogUnavailable, PartitionsLost, StorageUnusable
from core.types import DeadLetter
from stream.deadletters import buried, one_line, to_record, without_value
from stream.log import Batch, EventLog, Reader, Record, Start, TopicPartition
from stream.retry import RetryPolicy
from stream.step import Step

_WAIT = timedelta(seconds=30)  # for records; `stop` cuts it short
_AT_ONCE = timedelta(0)
_QUIET = timedelta(seconds=1)  # without a record, from partitions that are ours

State = Literal["running", "waiting", "retrying", "stopped"]


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """How a stage's worker is."""

    stage: str
    state: State = "stopped"
    handled: int = 0  # records since it was made, those set aside as dead letters included
    dead_lettered: int = 0
    last_error: str = ""  # one line; stays after recovery
    retrying_since: datetime | None = None  # None while all is well


class _Stopped(Exception):
    """`stop` was called while waiting to try again. What is in hand is not committed, so it will be read again."""


class Worker:
    """Runs a step over a log, exactly once per record as far as the log is concerned.

    What fails is tried again: for as long as it takes where the log is unavailable or a step's state cannot be
    built, else as often as `retry` says. Then the batch is taken record by record, and a record that still fails
    becomes a dead letter, in the same transaction as the position after it.

    After any failure the step loses all its partitions and gains them anew, since its state may be half changed.

    Args:
        log: the log that the step reads from and writes to.
        step: what to run; its name is the reader group.
        clock: gives the time that goes into dead letters and the status.
        retry: how often and after how long.
        max_records: most records handed to the step at once.
        start: where the group begins that has no position yet.
        dead_letters: the topic for records that cannot be handled.
    """

    def __init__(
        self,
        log: EventLog,
        step: Step,
        *,
        clock: Callable[[], datetime],
        retry: RetryPolicy | None = None,
        max_records: int = 2000,
        start: Start = "earliest",
        dead_letters: str = catalogue.DEAD_LETTERS,
    ) -> None:
        self._log = log
        self._step = step
        self._clock = clock
        self._retry = retry or RetryPolicy()
        self._max_records = max_records
        self._start = start
        self._dead_letters = dead_letters
        self._talk = structlog.get_logger("worker").bind(stage=step.name)
        self._stopping = threading.Event()
        self._reader: Reader | None = None
        self._owned: frozenset[TopicPartition] = frozenset()
        self._patient = True  # what is not a record's fault is tried again for ever
        self._outages = 0  # of the log, in a row
        self._failures = 0  # of the step, in a row
        self._suspects: dict[TopicPartition, int] = {}  # up to these offsets, records are taken one at a time
        self._status = WorkerStatus(step.name)

    def run(self) -> None:
        """Work until `stop`, then close the reader.

        Raises:
            StorageUnusable: the log file is damaged; nothing more can be done with it.
        """
        try:
            while not self._stopping.is_set():
                self._turn(_WAIT)
        except _Stopped:
            pass
        finally:
            self.close()

    def run_until_idle(self, settle: timedelta = _AT_ONCE) -> int:
        """Handle everything there is now; return how many records that was. The reader stays open.

        Unlike `run` it gives up on a log that stays unavailable, after as many tries as `retry` allows.

        Args:
            settle: how long to wait for partitions; none for the embedded log, where a reader is told them at once.
                With partitions, at most a second of it is waited for something more, before calling it idle.

        Raises:
            LogError: the log stayed unavailable, or does not allow it.
            StorageUnusable: as in `run`.
        """
        self._patient = False
        before = self._status.handled
        try:
            while not self._stopping.is_set() and self._turn(min(settle, _QUIET) if self._owned else settle):
                pass
        except _Stopped:
            pass
        except LogError:
            self._leave()  # so that a later call begins at the group's positions, past nothing that was not committed
            raise
        return self._status.handled - before

    def stop(self) -> None:
        """Have `run` end once the batch in hand is committed. Returns at once; allowed from any thread."""
        self._stopping.set()
        if reader := self._reader:
            reader.wake()

    def close(self) -> None:
        """Leave the group. Only for who used `run_until_idle`; not while `run` runs. Idempotent."""
        if self._reader:
            self._reader.close()
        self._note(state="stopped")

    def _leave(self) -> None:
        self.close()
        self._step.lost(self._owned)
        self._reader, self._owned, self._suspects, self._outages = None, frozenset(), {}, 0

    def status(self) -> WorkerStatus:
        """Tell how it is; allowed from any thread."""
        return self._status

    def _turn(self, wait: timedelta) -> bool:
        """Take one batch through; tell whether there was anything to do."""
        self._note(state="retrying" if self._status.retrying_since else "waiting")
        batch = self._read(wait)
        if batch is None:
            return True
        if not (batch.records or batch.gained or batch.lost):
            self._recovered()
            return False
        if not self._status.retrying_since:
            self._note(state="running")
        records = self._rebalance(batch)
        if records:
            self._handle(records)
        return True

    def _read(self, wait: timedelta) -> Batch | None:
        """Read a batch; None when the log was unavailable, after a pause."""
        try:
            batch = self._open().read(1 if self._suspects else self._max_records, wait)
        except (LogUnavailable, LogRefused) as error:  # a refusal too: somebody may put that right meanwhile
            self._pause_for(error)
            return None
        return batch

    def _open(self) -> Reader:
        if self._reader is None:
            self._reader = self._log.reader(self._step.name, self._step.inputs, self._start)
            if self._stopping.is_set():  # `stop` may have come too early to wake it
                raise _Stopped
        return self._reader

    def _rebalance(self, batch: Batch) -> Sequence[Record]:
        """Tell the step what it lost and gained; return the records that it is still to have."""
        self._owned = (self._owned - batch.lost) | batch.gained
        self._suspects = {source: last for source, last in self._suspects.items() if source not in batch.lost}
        if batch.lost:
            self._step.lost(batch.lost)
        if not batch.gained:
            return batch.records
        sought = self._build(batch.gained)
        self._open().seek(sought)
        return [record for record in batch.records if record.source not in sought]

    def _handle(self, records: Sequence[Record]) -> None:
        try:
            made = self._step(records)
            self._open().commit(made)
        except (PartitionsLost, LogUnavailable, LogRefused) as error:
            self._hold(records, error)
        except StorageUnusable:
            raise
        except Exception as error:  # noqa: BLE001 - the one place that stands between a bad record and the stage
            self._failed(records, error)
        else:
            self._passed(records)

    def _passed(self, records: Sequence[Record]) -> None:
        """Count records that are done with, and end what was going on because of them."""
        for record in records:
            if record.offset >= self._suspects.get(record.source, record.offset + 1):
                del self._suspects[record.source]
        self._note(handled=self._status.handled + len(records))
        self._outages = 0
        if not self._suspects:
            self._failures = 0
            self._recovered()
        self._talk.debug("batch_done", records=len(records))

    def _failed(self, records: Sequence[Record], error: Exception) -> None:
        """Decide what becomes of records that the step could not handle."""
        if self._stopping.is_set():
            raise _Stopped
        self._failures += 1
        if self._failures < self._retry.tries:
            delay = self._retry.delay(self._failures)
            self._trouble("batch_failed", error, next=f"tried again in {delay.total_seconds():g} s")
            self._pause(delay)
            self._again(records)
        elif len(records) == 1:
            self._bury(records[0], error)
        else:
            self._trouble("batch_failed", error, next="its records are tried one at a time")
            self._suspects = {record.source: record.offset for record in records}
            self._again(records)

    def _bury(self, record: Record, error: Exception) -> None:
        """Set a record aside as a dead letter and go on after it."""
        tries = self._retry.tries + (1 if self._suspects else 0)
        letter = buried(record, error, stage=self._step.name, tries=tries, now=self._clock())
        after = {record.source: record.offset + 1}
        self._trouble("record_failed", error, next="kept as a dead letter", dead_letter=letter.id)
        try:
            self._keep(letter, after)
        except (PartitionsLost, LogUnavailable, LogRefused) as trouble:
            self._hold([record], trouble)
            return
        self._note(dead_lettered=self._status.dead_lettered + 1)
        self._passed([record])
        self._rebuild()
        self._open().seek(after)  # whatever the step says: it would meet the same record again

    def _keep(self, letter: DeadLetter, after: Mapping[TopicPartition, int]) -> None:
        try:
            self._open().commit([to_record(letter, self._dead_letters)], after)
        except (PartitionsLost, LogUnavailable, LogRefused):
            raise
        except LogError as error:  # most likely it is too large
            self._trouble("dead_letter_cut", error, next="kept without the record's value", dead_letter=letter.id)
            self._open().commit([to_record(without_value(letter), self._dead_letters)], after)

    def _hold(self, records: Sequence[Record], error: LogError) -> None:
        """Leave records uncommitted: to their new owner, or until the log can be used again."""
        if isinstance(error, PartitionsLost):
            self._talk.info("partitions_lost", why=str(error), next="what was in hand is left to their new owner")
            self._rebuild()
        else:
            self._pause_for(error)
            self._again(records)

    def _again(self, records: Sequence[Record]) -> None:
        """Go back to before these records, with the step's state built anew."""
        first: dict[TopicPartition, int] = {}
        for record in records:
            first.setdefault(record.source, record.offset)
        self._open().seek(first)
        self._rebuild()

    def _rebuild(self) -> None:
        """Have the step drop and build all its state, and read on from where it says."""
        self._step.lost(self._owned)
        self._open().seek(self._build(self._owned))

    def _build(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Have the step build state, for as long as it takes: without it, it may handle nothing."""
        failures = 0
        while True:
            try:
                return self._step.gained(partitions)
            except StorageUnusable:
                raise
            except Exception as error:
                failures += 1
                if not self._patient and failures >= self._retry.tries:
                    raise
                delay = self._retry.delay(failures)
                self._trouble("state_not_built", error, next=f"tried again in {delay.total_seconds():g} s")
                self._pause(delay)
                self._step.lost(partitions)

    def _pause_for(self, error: LogError) -> None:
        """Report that the log can't be used for now, and wait a while."""
        self._outages += 1
        if not self._patient and self._outages >= self._retry.tries:
            raise error
        delay = self._retry.delay(self._outages)
        self._trouble("log_unavailable", error, next=f"nothing is lost; tried again in {delay.total_seconds():g} s")
        self._pause(delay)

    def _pause(self, delay: timedelta) -> None:
        if self._stopping.wait(delay.total_seconds()):
            raise _Stopped

    def _trouble(self, event: str, error: Exception, **facts: str) -> None:
        why = one_line(error)
        self._talk.warning(event, why=why, **facts)
        since = self._status.retrying_since or self._clock()
        self._note(state="retrying", last_error=why, retrying_since=since)

    def _recovered(self) -> None:
        if self._status.retrying_since:
            self._talk.info("recovered", next="going on as before")
            self._note(state="running", retrying_since=None)

    def _note(self, **changes: Any) -> None:
        self._status = replace(self._status, **changes)
