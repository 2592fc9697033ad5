"""The archive's stage: folds the log into the archive's file. It appends nothing to the log."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from archive import rows
from archive.retention import Expired, expire
from archive.store import Mark, Store, is_damage, unavailable
from core import catalogue
from core.codec import decode
from core.errors import LogUnavailable
from core.types import Alert, DeadLetter, FeedState, Item, Match, Story, TopicId
from stream.log import EventLog, NewRecord, PartitionInfo, Record, TopicPartition

_BUSY = timedelta(seconds=5)


class ArchiveStep:
    """Fold items, feeds, matches, stories, alerts and dead letters into one SQLite file.

    The file holds how far each partition is folded, moved in the same transaction as the rows; the group's own
    positions on the log do not count. So the file may be deleted at any time: it is filled again from what the log
    still holds. It is begun anew, too, when it is damaged, of another version, or of another log than this one.

    The group has one member: a file holds only what its own step has read.

    Args:
        log: the log that is folded; asked for its ends, and for the record that was folded last.
        path: the archive's file.
        topic_ids: the topic models whose alerts are folded.
        busy_timeout: how long to wait for another program that has the file locked.
    """

    def __init__(
        self, log: EventLog, path: Path, *, topic_ids: Sequence[TopicId], busy_timeout: timedelta = _BUSY
    ) -> None:
        self.name: str = "archive"
        self.inputs: Sequence[str] = (
            catalogue.ITEMS, catalogue.FEEDS, catalogue.MATCHES, catalogue.STORIES, catalogue.DEAD_LETTERS,
            *(catalogue.alerts(topic) for topic in topic_ids),
        )  # fmt: skip
        self._log = log
        self._path = path
        self._busy_timeout = busy_timeout
        self._store: Store | None = None
        self._owned: set[TopicPartition] = set()
        self._stale = False  # the file was begun anew, and the reader still stands where the old one ended
        self._lock = threading.Lock()  # `expire` and `close` come from other threads

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Take up these partitions where the file stands; all that we own, when the file is begun anew.

        Raises:
            LogUnavailable: the file or the log cannot be read for now.
        """
        with self._lock, unavailable(self._path):
            self._owned |= partitions
            store = self._open()
            held = {info.source: info for info in self._log.describe()}
            if why := self._other_log(store, partitions, held):
                store.start_over(why, "other-log")
                self._stale = True
            if self._stale:
                partitions = frozenset(self._owned)
                self._stale = False
            at = {source: mark.position for source, mark in store.marks.items()}
            return {source: max(at.get(source, 0), held[source].start) for source in partitions}

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        """Forget that these partitions are ours; what is folded stays."""
        self._owned -= partitions

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        """Fold the records that are not folded yet, in one transaction.

        Raises:
            LogUnavailable: nothing was folded, for the file cannot be written for now, or had to be begun anew; then
                the step must gain its partitions again, to have the reader sent back.
            CodecError: a record is not what its topic holds; nothing was folded.
        """
        with self._lock, unavailable(self._path):
            store = self._open()
            if self._stale:
                raise LogUnavailable("the archive was begun anew, and the reader was not sent back yet")
            if store.vanished():
                self._begin_anew(store, "the file is gone", "gone")
            with self._damage_noticed(store):
                _fold(store, records)
        return ()

    def expire(self, now: datetime, keep_items: timedelta, keep_alerts: timedelta) -> Expired:
        """Drop what is older than that; from any thread, between batches. Returns how much went.

        Raises:
            LogUnavailable: the file cannot be written for now, or was damaged and had to be begun anew.
        """
        with self._lock, unavailable(self._path):
            store = self._open()
            with self._damage_noticed(store):
                return expire(store, now, keep_items, keep_alerts)

    def close(self) -> None:
        """Let go of the file. Idempotent, and from any thread."""
        with self._lock:
            if self._store:
                self._store.close()
                self._store = None

    def _open(self) -> Store:
        if self._store is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._store = Store(self._path, self._busy_timeout)
        return self._store

    @contextmanager
    def _damage_noticed(self, store: Store) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._begin_anew(store, f"the file is damaged: {error}", "damaged")

    def _begin_anew(self, store: Store, why: str, suffix: str) -> NoReturn:
        store.start_over(why, suffix)
        self._stale = True
        raise LogUnavailable(f"the archive was begun anew, since {why}: it is filled from the log again")

    def _other_log(
        self, store: Store, partitions: frozenset[TopicPartition], held: Mapping[TopicPartition, PartitionInfo]
    ) -> str:
        """Say why the log cannot be the one that the file was folded from; empty when it can."""
        for source in sorted(partitions & store.marks.keys()):
            mark, end = store.marks[source], held[source].end
            where = f"{source.topic}/{source.partition}"
            if mark.position > end:
                return f"the log is another one: {where} ends at {end}, and we have folded up to {mark.position}"
            last = next(iter(self._log.scan(source, mark.position - 1)), None)
            if last and last.offset == mark.position - 1 and _fingerprint(last) != mark.fingerprint:
                return f"the log is another one: {where} holds another record at {last.offset}"
        return ""


def _fold(store: Store, records: Sequence[Record]) -> None:
    """Fold the records that the file has not, and its positions, in one transaction."""
    marks = store.marks
    fresh = [
        record for record in records if record.source not in marks or record.offset >= marks[record.source].position
    ]
    if not fresh:
        return
    gathered = _Gathered()
    for record in fresh:
        gathered.add(record)
    last = {record.source: record for record in fresh}
    moved = {source: Mark(record.offset + 1, _fingerprint(record)) for source, record in last.items()}
    with store.transaction() as connection:
        gathered.write(connection)
        store.mark(connection, moved)
    marks.update(moved)


def _fingerprint(record: Record) -> int:
    return zlib.crc32(record.value or b"", zlib.crc32(record.key))


class _Gathered:
    """The rows of a batch, by statement. Tables do not depend on each other, so their order is free."""

    def __init__(self) -> None:
        self._rows: dict[str, list[rows.Row]] = defaultdict(list)
        self._feeds: dict[bytes, rows.Row | None] = {}  # a feed's last state is all that counts

    def add(self, record: Record) -> None:
        value, topic = record.value, record.topic
        if topic == catalogue.FEEDS:
            self._feeds[record.key] = rows.feed_row(decode(FeedState, value), record) if value is not None else None
        elif value is None:
            # A story that its stage has closed: what it was stays on record here.
            return
        elif topic == catalogue.ITEMS:
            self._rows[rows.UPSERT_ITEM].append(rows.item_row(decode(Item, value), record))
        elif topic == catalogue.MATCHES:
            match = decode(Match, value)
            self._rows[rows.UPSERT_MATCH].append(rows.match_row(match, record))
            self._rows[rows.ADD_MATCHED_ITEM].append(rows.item_row(match.item, record))
        elif topic == catalogue.STORIES:
            story = decode(Story, value)
            self._rows[rows.UPSERT_STORY].append(rows.story_row(story, record))
            self._rows[rows.UPSERT_MEMBER].extend(rows.member_rows(story, record))
        elif topic == catalogue.DEAD_LETTERS:
            letter = rows.dead_letter_row(decode(DeadLetter, value), value, record)
            self._rows[rows.UPSERT_DEAD_LETTER].append(letter)
        else:
            self._rows[rows.ADD_ALERT].append(rows.alert_row(decode(Alert, value), value, record))

    def write(self, connection: sqlite3.Connection) -> None:
        for statement, found in self._rows.items():
            connection.executemany(statement, found)
        connection.executemany(rows.UPSERT_FEED, [row for row in self._feeds.values() if row])
        gone = [(key.decode(),) for key, row in self._feeds.items() if row is None]
        connection.executemany("DELETE FROM feeds WHERE id = ?", gone)
