"""The tables of the embedded log, and how a connection to them is opened and checked.

A record's row id is its partition's number in the file, shifted left by 40 bits, plus its offset: one B-tree holds
every partition, each in order. Records are grouped into segments of 1024 offsets; `log_segments` keeps their count,
size and bounds of time, so that describing, finding a time and expiring never scan the records.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from core.errors import StorageUnusable
from stream.sqlite_errors import damaged, translated

APPLICATION_ID = 0x41575448  # "AWTH"; tells our files from any other SQLite file
VERSION = 1
OFFSET_BITS = 40
OFFSET_MASK = (1 << OFFSET_BITS) - 1
SEGMENT_BITS = 10
SEGMENT_MASK = (1 << SEGMENT_BITS) - 1

_TABLES = """
CREATE TABLE log_topics (
    name TEXT PRIMARY KEY,
    first INTEGER NOT NULL UNIQUE,   -- number in this file of its partition 0; the others follow
    partitions INTEGER NOT NULL,
    compacted INTEGER NOT NULL,
    retention_ms INTEGER             -- NULL: for ever
) WITHOUT ROWID;
CREATE TABLE log_partitions (
    id INTEGER PRIMARY KEY,
    next INTEGER NOT NULL            -- offset that the next record gets; never goes back
);
CREATE TABLE log_records (
    id INTEGER PRIMARY KEY,          -- partition << 40 | offset
    time INTEGER NOT NULL,           -- milliseconds since 1970
    key BLOB NOT NULL,
    headers BLOB,                    -- MessagePack; NULL: none
    value BLOB,                      -- NULL: a tombstone
    size INTEGER AS (length(key) + coalesce(length(headers), 0) + coalesce(length(value), 0)) VIRTUAL
);
CREATE INDEX log_tombstones ON log_records (time) WHERE value IS NULL;
CREATE TABLE log_segments (
    id INTEGER PRIMARY KEY,          -- record id >> 10
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    oldest INTEGER NOT NULL,         -- no record in it is older
    newest INTEGER NOT NULL          -- no record in it is newer
);
CREATE TABLE log_latest (            -- of compacted topics
    partition INTEGER NOT NULL,
    key BLOB NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (partition, key)
) WITHOUT ROWID;
CREATE TABLE log_positions (
    reader_group TEXT NOT NULL,
    partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (reader_group, partition)
) WITHOUT ROWID;
"""


def open_writer(path: Path | None, busy_timeout: timedelta) -> sqlite3.Connection:
    """Open the connection that writes, making the tables if the file is new. None: in memory.

    Raises:
        StorageUnusable: not our file, of another version, damaged, or not writable.
        LogUnavailable: another program has it locked, or the disk is full.
    """
    shown = str(path or ":memory:")
    with translated(shown, opening=True):
        connection = sqlite3.connect(
            shown, timeout=busy_timeout.total_seconds(), isolation_level=None, check_same_thread=False
        )
        try:
            if not _is_ours(connection, shown):
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # must come before anything is in the file
                _durable(connection, shown)
                connection.executescript(
                    f"BEGIN IMMEDIATE;{_TABLES}PRAGMA application_id={APPLICATION_ID};"
                    f"PRAGMA user_version={VERSION};COMMIT;"
                )
            else:
                _durable(connection, shown)
        except BaseException:
            connection.close()
            raise
    return connection


def open_reader(path: Path, busy_timeout: timedelta) -> sqlite3.Connection:
    """Open a connection that can only read.

    Raises:
        StorageUnusable: as for `open_writer`, or there is no file.
    """
    if not path.exists():
        raise _nothing_yet(str(path))
    with translated(str(path), opening=True):
        connection = sqlite3.connect(
            f"file:{quote(os.fsencode(path))}?mode=ro",
            uri=True,
            timeout=busy_timeout.total_seconds(),
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA cache_size=-4000")
            _check_ours(connection, str(path))
        except BaseException:
            connection.close()
            raise
    return connection


def _durable(connection: sqlite3.Connection, path: str) -> None:
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode not in {"wal", "memory"}:
        raise StorageUnusable(
            f"{path} is on a file system that cannot keep a write-ahead log (got {mode}).",
            "Set `data_dir` to a local disk.",
        )
    connection.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a loss of power
    connection.execute("PRAGMA wal_autocheckpoint=4000")  # pages; fewer, larger checkpoints cost writers less
    connection.execute("PRAGMA journal_size_limit=67108864")
    connection.execute("PRAGMA cache_size=-8000")
    connection.execute("PRAGMA secure_delete=OFF")  # some builds overwrite what is deleted, at twice the cost


def _check_ours(connection: sqlite3.Connection, path: str) -> None:
    if not _is_ours(connection, path):
        raise _nothing_yet(path)


def _nothing_yet(path: str) -> StorageUnusable:
    return StorageUnusable(f"There is no event log at {path} yet.", "Start the service once: `armswatch run`.")


def _is_ours(connection: sqlite3.Connection, path: str) -> bool:
    """Tell whether the file holds our tables; false when it is empty."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION_ID:
        if version == VERSION:
            return True
        raise StorageUnusable(
            f"{path} was written by another version of Armswatch (log version {version}, this one reads {VERSION}).",
            f"Run the version that wrote it, or move the file away: mv '{path}' '{path}.v{version}', "
            "then run `armswatch check`.",
        )
    if application or connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise damaged(path, "it is the database of another program")
    return False
