"""Deleting what is past its time, in small transactions, so that writers never wait long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from stream.sqlite_append import TopicRow, remove, to_ms
from stream.sqlite_schema import OFFSET_BITS, SEGMENT_BITS, SEGMENT_MASK
from stream.sqlite_store import Store

TOMBSTONES_KEPT = timedelta(days=1)  # long enough for every reader of a compacted topic to see a deletion
_CHUNK_BYTES = 4_000_000
_VACUUM_PAGES = 128  # given back to the file system in one transaction
_THERE = "SELECT id FROM log_records WHERE id IN (SELECT value FROM json_each(?))"
_FREE_SHARE = 10  # up to one page in so many stays free for what comes next


def expire(store: Store, topics: Mapping[str, TopicRow], now: datetime) -> int:
    """Delete records past their topic's retention, and old tombstones; then let the file shrink."""
    removed = 0
    for topic in topics.values():
        if topic.retention_ms is not None:
            removed += _remove_old(store, topic, to_ms(now) - topic.retention_ms)
        if topic.compacted:
            removed += _remove_tombstones(store, topic, to_ms(now - TOMBSTONES_KEPT))
    _shrink(store)
    return removed


def _remove_old(store: Store, topic: TopicRow, before: int) -> int:
    shift = OFFSET_BITS - SEGMENT_BITS
    segments = store.query(
        "SELECT id FROM log_segments WHERE id >= ? AND id < ? AND oldest < ? ORDER BY id",
        (topic.first << shift, topic.first + topic.partitions << shift, before),
    )
    removed = 0
    for (segment,) in segments:
        rows = store.query(
            "SELECT id, size FROM log_records WHERE id BETWEEN ? AND ? AND time < ?",
            (segment << SEGMENT_BITS, segment << SEGMENT_BITS | SEGMENT_MASK, before),
        )
        removed += _remove_chunks(store, topic, [(row[0], row[1]) for row in rows])
    return removed


def _remove_tombstones(store: Store, topic: TopicRow, before: int) -> int:
    rows = store.query(
        "SELECT id, size FROM log_records INDEXED BY log_tombstones "
        "WHERE value IS NULL AND time < ? AND id >= ? AND id < ?",
        (before, topic.first << OFFSET_BITS, topic.first + topic.partitions << OFFSET_BITS),
    )
    return _remove_chunks(store, topic, [(row[0], row[1]) for row in rows])


def _remove_chunks(store: Store, topic: TopicRow, sizes: Sequence[tuple[int, int]]) -> int:
    removed = 0
    for chunk in _chunks(sizes):
        began = time.monotonic()
        with store.transaction() as connection:
            # Since they were listed, writers may have superseded some.
            there = [row[0] for row in connection.execute(_THERE, (json.dumps(chunk),))]
            if topic.compacted:
                connection.executemany(
                    "DELETE FROM log_latest WHERE id = ?1 AND partition = ?1 >> 40 "
                    "AND key = (SELECT key FROM log_records WHERE id = ?1)",
                    [(row_id,) for row_id in there],
                )
            remove(connection, there)
        removed += len(there)
        _make_way(began)
    return removed


def _chunks(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    chunk: list[int] = []
    total = 0
    for row_id, size in sizes:
        if chunk and (len(chunk) > SEGMENT_MASK or total + size > _CHUNK_BYTES):
            yield chunk
            chunk, total = [], 0
        chunk.append(row_id)
        total += size
    if chunk:
        yield chunk


def _shrink(store: Store) -> None:
    """Give free pages at the end of the file back, a few at a time."""
    before = -1
    while True:
        began = time.monotonic()
        with store.lock:
            pages, free = (store.query(f"PRAGMA {name}")[0][0] for name in ("page_count", "freelist_count"))
            if free < _VACUUM_PAGES or free * _FREE_SHARE < pages or free == before:
                return
            before = free
            store.vacuum(_VACUUM_PAGES)
        _make_way(began)


def _make_way(began: float) -> None:
    """Leave the lock alone for as long as it was held: locks are not fair, and writers matter more."""
    time.sleep(min(time.monotonic() - began, 0.05))
