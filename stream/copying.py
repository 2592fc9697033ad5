"""Copying a whole log into another one, reader groups' positions included, against the contract alone.

Records go over partition by partition, in order. How far the copy is, as an offset of the source, is the position of
the group `log-copy` on the target, committed together with the records: whatever ends a copy, the next one goes on
behind the last record that is there. Then every record is compared, and the positions are set; both may be done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal, NamedTuple

from core.errors import LogError, LogUnavailable, PartitionsLost, UserError
from stream.log import EventLog, NewRecord, Reader, Record, TopicPartition, TopicSpec

PROGRESS = "log-copy"  # the group whose positions are offsets of the source
FINISHED = "log-copied"  # the group that has positions once the copy is whole
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # no record is as young
_ASK_AGAIN = timedelta(milliseconds=200)
_NOW = timedelta(0)


class Limits(NamedTuple):
    """How much is in hand at a time, and how long to wait."""

    records: int = 2000  # in one commit
    size_bytes: int = 4_000_000  # likewise, keys and values
    joining: timedelta = timedelta(seconds=90)  # until a copy that was killed is out of the group
    notice: timedelta = timedelta(seconds=3)  # until that is told


class Step(NamedTuple):
    """One step of a copy that is done."""

    what: Literal["waiting", "begun", "copied", "compared", "positioned"]
    source: TopicPartition | None = None
    records: int = 0  # of this step
    group: str = ""


class PartitionCopy(NamedTuple):
    """One partition that was copied."""

    source: TopicPartition
    copied: int  # by this run
    records: int  # on the target, compared; of a compacted topic the live keys
    expired: int  # that the target has dropped again, for their age
    kept: int  # records on the target, whether they count or not
    alike: bool  # the newest records of source and target stand in the same order, none more or less


class LogCopy(NamedTuple):
    """A finished copy."""

    resumed: bool
    partitions: Sequence[PartitionCopy]
    positions: Mapping[str, Mapping[TopicPartition, int]]  # of each group, on the target


Tell = Callable[[Step], None]
DEFAULT_LIMITS = Limits()


def copy(
    source: EventLog,
    target: EventLog,
    specs: Sequence[TopicSpec],
    *,
    tell: Tell,
    without: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> LogCopy:
    """Copy every topic of the source, then the positions of its groups. Nothing may write to either meanwhile.

    Args:
        source: only read.
        target: holds nothing of these topics yet, but what an earlier copy that broke off has left.
        specs: how the target is to keep each topic of the source.
        tell: called after each step.
        without: groups whose positions are not to be set.
        limits: how much to have in hand at a time.

    Raises:
        UserError: the target holds something else, or was copied to already.
        PartitionMismatch: it has a topic with another number of partitions, or of the other kind.
        LogError: what is on the target is not what was copied, or a group of it has members.
        LogUnavailable: for now; copy again, which goes on where this one stopped.
    """
    target.create(specs)
    sources = sorted(info.source for info in source.describe())
    with closing(target.reader(PROGRESS, sorted({each.topic for each in sources}))) as reader:
        _join(reader, sources, tell, limits)
        done = _progress(target, sources)
        tell(Step("begun"))
        counts = {each: _copy(source, reader, each, done.get(each, 0), tell, limits) for each in sources}
        compacted = {spec.name for spec in specs if spec.compacted}
        starts = {info.source: info.start for info in target.describe()}
        partitions = []
        for each in sources:
            if each.topic in compacted:
                partitions.append(_compare_latest(source, target, each, counts[each]))
            else:
                partitions.append(_compare(source, target, each, counts[each], starts[each]))
            tell(Step("compared", each, partitions[-1].records))
        positions = _set_positions(source, target, partitions, {PROGRESS, FINISHED, *without}, tell)
        target.rewind(FINISHED, dict.fromkeys(sources, 0))
    return LogCopy(bool(done), partitions, positions)


def _join(reader: Reader, sources: Iterable[TopicPartition], tell: Tell, limits: Limits) -> None:
    """Become the one that copies: its commits fail once another has taken over.

    Raises:
        UserError: another one is.
    """
    left = set(sources)
    begun = time.monotonic()
    told = False
    while left:
        left -= reader.read(0, _ASK_AGAIN).gained
        waited = timedelta(seconds=time.monotonic() - begun)
        if left and waited >= limits.joining:
            raise UserError("Another copy to the same log is under way.", "Wait for it, or stop it.")
        if left and waited >= limits.notice and not told:
            told = True
            tell(Step("waiting"))


def _progress(target: EventLog, sources: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Tell how far an earlier copy came; nothing when there was none and the target is empty.

    Raises:
        UserError: the target has been copied to, or holds records of its own.
    """
    if target.positions(FINISHED):
        raise UserError("This log has been copied to already.", "Start the service on it: `armswatch run`.")
    done = dict(target.positions(PROGRESS))
    if done:
        return done
    for source in sources:
        if next(target.scan(source), None):
            raise UserError(
                f"The topic {source.topic} holds records already, and no copy is under way.",
                "Copy to a log that holds nothing: delete its topics, or set another `log.topic_prefix`.",
            )
    return {}


def _copy(source: EventLog, reader: Reader, which: TopicPartition, start: int, tell: Tell, limits: Limits) -> int:
    """Copy the rest of a partition; return how many records it was."""
    count = 0
    for batch in _batches(source.scan(which, start), limits):
        if reader.read(0, _NOW).lost:
            raise PartitionsLost("another copy to the same log has begun")
        records = [NewRecord(r.topic, r.key, r.value, r.partition, r.timestamp, r.headers) for r in batch]
        try:
            reader.commit(records, {which: batch[-1].offset + 1})
        except (LogUnavailable, PartitionsLost):
            raise
        except LogError as error:
            span = f"{which.topic}/{which.partition}, records {batch[0].offset} to {batch[-1].offset}"
            raise LogError(f"{span} of the source: {error}") from error
        count += len(batch)
        tell(Step("copied", which, len(batch)))
    return count


def _batches(records: Iterable[Record], limits: Limits) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        more = len(record.key) + len(record.value or b"")
        if batch and (len(batch) >= limits.records or size + more > limits.size_bytes):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += more
    if batch:
        yield batch


def _compare(source: EventLog, target: EventLog, which: TopicPartition, copied: int, start: int) -> PartitionCopy:
    """Hold a partition against its original, record by record; before its `start` the target has dropped the oldest.

    Raises:
        LogError: they differ.
    """
    originals = (_content(record) for record in source.scan(which))
    count = expired = 0
    for record in target.scan(which):
        found = _content(record)
        for original in originals:
            if original == found:
                count += 1
                break
            if count or not start:
                raise _differs(which, record.offset)
            expired += 1
        else:
            raise _differs(which, record.offset)
    missing = sum(1 for _ in originals)
    if missing and (count or not start):
        raise LogError(f"{which.topic}/{which.partition}: the target lacks the last {missing} records")
    return PartitionCopy(which, copied, count, expired + missing, count, alike=True)


def _compare_latest(source: EventLog, target: EventLog, which: TopicPartition, copied: int) -> PartitionCopy:
    """Hold what a partition of a compacted topic says of each key against its original.

    Raises:
        LogError: they differ.
    """
    here = [which.partition]
    originals = {record.key: hash(_content(record)) for record in source.latest(which.topic, here)}
    live = len(originals)
    for record in target.latest(which.topic, here):
        if originals.pop(record.key, None) != hash(_content(record)):
            raise _differs(which, record.offset)
    if originals:
        raise LogError(f"{which.topic}/{which.partition}: the target lacks {len(originals)} of {live} keys")
    kept = sum(1 for _ in target.scan(which))
    return PartitionCopy(which, copied, live, 0, kept, alike=kept == sum(1 for _ in source.scan(which)))


def _content(record: Record) -> tuple[bytes, bytes | None, datetime, tuple[tuple[str, bytes], ...]]:
    return record.key, record.value, record.timestamp, record.headers


def _differs(which: TopicPartition, offset: int) -> LogError:
    return LogError(
        f"{which.topic}/{which.partition}: the target's record at {offset} is not the source's: "
        "something else has written to it, or an earlier copy was of another log"
    )


def _set_positions(
    source: EventLog, target: EventLog, partitions: Iterable[PartitionCopy], without: Collection[str], tell: Tell
) -> dict[str, dict[TopicPartition, int]]:
    copies = {each.source: each for each in partitions}
    found: dict[str, dict[TopicPartition, int]] = {}
    for group in source.groups():
        if group in without:
            continue
        found[group] = {
            which: _translated(source, target, copies[which], position)
            for which, position in source.positions(group).items()
            if which in copies
        }
        target.rewind(group, found[group])
        tell(Step("positioned", group=group, records=len(found[group])))
    return found


def _translated(source: EventLog, target: EventLog, copied: PartitionCopy, position: int) -> int:
    """Give the target's offset of the first record that a group has not read: as many from the end as on the source."""
    which = copied.source
    unread = sum(1 for _ in source.scan(which, position))
    if not unread:
        return target.offset_at(which, _NEVER)
    # Where superseded records stand between, better read too much of a compacted topic than miss a key.
    read = max(copied.kept - unread, 0) if copied.alike else 0
    first = next(islice(target.scan(which), read, None), None)
    return target.offset_at(which, _NEVER) if first is None else first.offset
