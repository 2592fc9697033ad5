"""The lock that lets only one service write a log file."""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from pathlib import Path

from core.errors import AlreadyRunning
from stream.sqlite_errors import translated

_TRIES, _BETWEEN_S = 5, 0.02


class ServiceLock:
    """An exclusive lock on `<path>.lock`, held until `release` or the end of the process, however it ends.

    Raises:
        AlreadyRunning: another service holds it.
        StorageUnusable: the lock file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        with translated(str(path)):
            # Never truncated before it is ours: the pid in it is the holder's.
            self._descriptor = os.open(lock_file(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
        if not any(self._try() for _ in range(_TRIES)):
            raise _already_running(path, _pid_in(self._descriptor))
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def _try(self) -> bool:
        if _flocked(self._descriptor, fcntl.LOCK_EX):
            return True
        time.sleep(_BETWEEN_S)  # it may only be one who looks after the holder
        return False


def lock_file(path: Path) -> Path:
    """Tell the lock file that goes with a log file."""
    return path.with_name(path.name + ".lock")


def holder(path: Path) -> int | None:
    """Tell the process whose service has a log file; 0 if it has not said, None if no service runs on it.

    Raises:
        StorageUnusable: the lock file may not be read.
    """
    with translated(str(path)):
        try:
            descriptor = os.open(lock_file(path), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return None if _flocked(descriptor, fcntl.LOCK_SH) else _pid_in(descriptor)
        finally:
            os.close(descriptor)


def _flocked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(descriptor: int) -> int:
    told = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return int(told) if told.isdecimal() else 0


def _already_running(path: Path, pid: int) -> AlreadyRunning:
    if not pid:
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
