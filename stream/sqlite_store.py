"""The connections to one log file: one that writes, under a lock, and as many that read as are needed at once."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.errors import LogError
from stream.service_lock import ServiceLock
from stream.sqlite_errors import moved_away, translated
from stream.sqlite_schema import open_reader, open_writer

Row = tuple[Any, ...]


class Store:
    """Connections to a log file, or to a log in memory (`path` None), which has only the one that writes.

    `lock` is held by whoever writes, and by whoever changes what a write depends on.
    """

    def __init__(self, path: Path | None, busy_timeout: timedelta, *, readonly: bool = False) -> None:
        self.name = str(path or ":memory:")
        self.lock = threading.RLock()
        self._path = path
        self._busy_timeout = busy_timeout
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        self._service: ServiceLock | None = None
        self._writer: sqlite3.Connection | None = None
        self._file: os.stat_result | None = None
        if readonly:
            assert path is not None
            self._idle.append(open_reader(path, busy_timeout))
            return
        if path:
            self._service = ServiceLock(path)
        try:
            self._writer = open_writer(path, busy_timeout)
            self._file = path.stat() if path else None
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing, durably, alone.

        Raises:
            LogUnavailable, StorageUnusable: nothing was written.
        """
        with self.lock, translated(self.name):
            connection = self.writer()
            self._check_place()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself rolls back on some errors, such as a full disk
                    connection.execute("ROLLBACK")
                raise

    def vacuum(self, pages: int) -> None:
        """Give up to so many free pages back to the file system, in a transaction of its own."""
        with self.lock, translated(self.name):
            # Not `execute`, which takes only the first step of this pragma, and so frees one page.
            self.writer().executescript(f"PRAGMA incremental_vacuum({pages})")

    def writer(self) -> sqlite3.Connection:
        """Give the connection that writes, to one who holds `lock`."""
        if self._closed:
            raise LogError(f"the log {self.name} is closed")
        assert self._writer is not None, "opened only to be read"
        return self._writer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read with; what was committed before each statement is seen by it."""
        if self._path is None:
            with self.lock, translated(self.name):
                yield self.writer()
            return
        connection = self._take()
        try:
            with translated(self.name):
                yield connection
        finally:
            self._give_back(connection)

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a query and return all its rows."""
        with self.reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Run a query now and yield its rows as they are now, however slowly they are taken."""
        if self._path is None:
            return iter(self.query(sql, parameters))
        rows = self._stream(sql, parameters)
        next(rows)  # runs the query, and makes sure that the connection is given back even if no row is taken
        return rows

    def _stream(self, sql: str, parameters: Sequence[object]) -> Iterator[Row]:
        with self.reading() as connection:
            cursor = connection.execute(sql, parameters)
            try:
                yield ()
                yield from cursor
            finally:
                cursor.close()  # ends its snapshot

    def close(self) -> None:
        """Close every connection that is idle, and the others when they are given back. Idempotent."""
        with self.lock:
            self._closed = True
            self._close_idle()
            if self._writer:
                self._writer.close()
            if self._service:
                self._service.release()

    def _check_place(self) -> None:
        """See that the file is still where it was: SQLite would go on writing to one that was deleted."""
        if self._path and self._file:
            try:
                there = os.path.samestat(self._path.stat(), self._file)
            except FileNotFoundError:
                there = False
            if not there:
                raise moved_away(self.name)

    def _take(self) -> sqlite3.Connection:
        assert self._path is not None
        if self._closed:
            raise LogError(f"the log {self.name} is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return open_reader(self._path, self._busy_timeout)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self._close_idle()

    def _close_idle(self) -> None:
        with suppress(IndexError):  # when the last one is closed, by this thread or another
            while True:
                self._idle.pop().close()
