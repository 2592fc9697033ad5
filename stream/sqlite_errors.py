"""What SQLite and the operating system report, told as this program's errors. The only place that reads their codes."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import ArmswatchError, LogError, LogUnavailable, StorageUnusable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FOR_NOW = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another program has the file locked",
    sqlite3.SQLITE_LOCKED: "another program has the file locked",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_NOMEM: "memory ran out",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_READONLY: "the file or its disk has become read-only",
    sqlite3.SQLITE_PROTOCOL: "the file's lock is contended",
    sqlite3.SQLITE_INTERRUPT: "the operation was interrupted",
}
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_AT_OPENING = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


@contextmanager
def translated(path: str, *, opening: bool = False) -> Iterator[None]:
    """Raise this program's error where SQLite or the operating system raises its own.

    Args:
        path: the log file, as shown to people.
        opening: the file is being opened, so that what is wrong with its place is for the user to put right.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise of_sqlite(error, path, opening=opening) from error
    except OSError as error:
        raise of_system(error, path) from error


def of_sqlite(error: sqlite3.Error, path: str, *, opening: bool) -> ArmswatchError:
    """Choose the error that says what to do about it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF
    if primary in _DAMAGED:
        return damaged(path, str(error))
    if opening and primary in _AT_OPENING:
        return StorageUnusable(
            f"{path} cannot be opened: {error}.", "Give this user the right to write the file and its directory."
        )
    if primary in _FOR_NOW:
        return LogUnavailable(f"{_FOR_NOW[primary]}: nothing was written to {path} ({error})")
    return LogError(f"{path}: {error}")


def of_system(error: OSError, path: str) -> ArmswatchError:
    """Choose the error for a file that cannot be opened or written."""
    if error.errno in _FULL:
        return LogUnavailable(f"the disk is full: nothing was written to {path}")
    return StorageUnusable(
        f"{error.filename or path} cannot be written: {error.strerror}.",
        "Set `data_dir` to a directory that exists and that this user may write.",
    )


def moved_away(path: str) -> StorageUnusable:
    """Say that the file in use is no longer at its place."""
    return StorageUnusable(
        f"{path} was moved or deleted while it was in use.", "Put it back, or start again to begin a new one."
    )


def damaged(path: str, why: str) -> StorageUnusable:
    """Say that a file is not, or no longer, a log that can be read."""
    return StorageUnusable(
        f"{path} is not a readable event log: {why}.",
        f"Move the file away: mv '{path}' '{path}.damaged' (with its -wal and -shm), run `armswatch check`, "
        "and start again; feeds are then taken up anew.",
    )
