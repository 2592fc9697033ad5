"""The lock that lets only one service write a log file."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path

from core.errors import AlreadyRunning
from stream.sqlite_errors import translated


class ServiceLock:
    """An exclusive lock on `<path>.lock`, held until `release` or the end of the process, however it ends.

    Raises:
        AlreadyRunning: another service holds it.
        StorageUnusable: the lock file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.with_name(path.name + ".lock")
        with translated(str(path)):
            # Never truncated before it is ours: the pid in it is the holder's.
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                self._take(path)
            except BaseException:
                self.release()
                raise
        _held.add(self)

    def release(self) -> None:
        """Let go. Idempotent. The file stays: to delete it would race with the next to take it."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _take(self, path: Path) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already_running(path, os.pread(self._descriptor, 32, 0)) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)


def _already_running(path: Path, content: bytes) -> AlreadyRunning:
    pid = content.decode("ascii", "replace").strip()
    if not pid.isdecimal():
        return AlreadyRunning(f"Another Armswatch already uses {path}.", "Stop it first, or set another `data_dir`.")
    return AlreadyRunning(
        f"Another Armswatch, process {pid}, already uses {path}.",
        f"Stop it first (kill {pid}), or set another `data_dir`.",
    )


def _forget_in_child() -> None:
    """A forked child (a parse worker) shares the lock and would hold it on after its parent was killed."""
    for lock in list(_held):
        lock.release()


_held: weakref.WeakSet[ServiceLock] = weakref.WeakSet()
os.register_at_fork(after_in_child=_forget_in_child)
