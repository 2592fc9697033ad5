"""The archive's file in the hands of its one writer: opened or made, written in transactions, begun anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from archive.schema import identity, is_ours, open_writer
from core.errors import LogUnavailable
from stream.log import TopicPartition

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_MARK = """
INSERT INTO positions (log_topic, log_partition, position, fingerprint) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET position = excluded.position, fingerprint = excluded.fingerprint
"""

_log = structlog.get_logger("archive")


class Mark(NamedTuple):
    """How far one partition is folded."""

    position: int  # offset of the next record to fold
    fingerprint: int  # of the last record folded


class Store:
    """The file, open to write.

    What was there before and is damaged or of another version is set aside, once, under a name that says so.
    """

    def __init__(self, path: Path, busy_timeout: timedelta) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        with unavailable(path):
            try:
                self._open()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self.start_over(f"the file is damaged: {error}", "damaged")

    def start_over(self, why: str, suffix: str) -> None:
        """Set the file aside as `<name>.<suffix>`, over an earlier one of that name, and begin an empty one."""
        self.close()
        aside = self.path.with_name(f"{self.path.name}.{suffix}")
        kept = self.path.exists()
        if kept:
            self._set_aside(aside)
        _log.warning(
            "archive_begun_anew",
            why=why,
            kept_as=str(aside) if kept else None,
            next="it is filled again from all that the log holds",
        )
        self._open()

    def vanished(self) -> bool:
        """Tell whether the name no longer leads to the file we write."""
        now = identity(self.path)
        return now is None or now != self._file

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, all or nothing."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()  # does nothing where the error has done so already
            raise

    def mark(self, connection: sqlite3.Connection, marks: Mapping[TopicPartition, Mark]) -> None:
        """Move the positions, inside the transaction that the rows are in."""
        connection.executemany(_MARK, [(*source, *mark) for source, mark in marks.items()])

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        self._connection.close()

    def _open(self) -> None:
        self._connection = sqlite3.connect(":memory:")  # so that `close` always has one
        self._connection = connection = open_writer(self.path, self._busy_timeout)
        if is_ours(connection):
            self.marks = _marks(connection)
            self._file = identity(self.path)
            return
        self.start_over("the file is of another version", "other-version")

    def _set_aside(self, aside: Path) -> None:
        self.path.replace(aside)
        for part in ("-wal", "-shm"):  # of the old file: the new one must not take them for its own
            self.path.with_name(f"{self.path.name}{part}").unlink(missing_ok=True)


@contextmanager
def unavailable(path: Path) -> Iterator[None]:
    """Tell a full disk, a lock or missing rights as `LogUnavailable`: try again."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise LogUnavailable(f"the archive {path} cannot be written for now: {error}") from error


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell whether the error means that the file's content is broken."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGE


def _marks(connection: sqlite3.Connection) -> dict[TopicPartition, Mark]:
    query = "SELECT log_topic, log_partition, position, fingerprint FROM positions"
    with closing(connection.execute(query)) as rows:
        return {TopicPartition(topic, partition): Mark(*rest) for topic, partition, *rest in rows}
