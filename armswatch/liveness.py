"""Whether a service lives: the rule, and the file by which it says so to `armswatch probe`.

The service rewrites its file each second and holds a lock on it, which ends with the process however that ends. So a
file without a lock was left by a dead process, and one that is locked and old is of a process that hangs.

Imports little, since a container's probe is a new process every few seconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

STUCK_AFTER_S = 300.0  # a wait for records takes 30 s, a pause between tries too; no batch takes minutes
STALE_AFTER_S = 30.0  # the file is written each second; a reload may hold that up for some seconds
_DIRECTORY = "alive"
_BYTES = 4096  # always so many, written over in place: needs no room on a full disk, and is never seen half
_REREAD_S = 0.05
_TRIES = 5


class Pulse(NamedTuple):
    """What can be seen of a stage from outside."""

    stage: str
    thread_alive: bool
    sign: object  # another object whenever its loop has come round: with work, without, or while it tries again


class Liveness:
    """Finds what hangs. An outage is no hang: a stage that tries again comes round."""

    def __init__(self, stuck_after_s: float = STUCK_AFTER_S) -> None:
        self._stuck_after_s = stuck_after_s
        self._seen: dict[str, tuple[object, float]] = {}

    def ailing(self, pulses: Sequence[Pulse], now: float) -> tuple[str, ...]:
        """Tell in words what hangs or has ended; nothing, when all is well.

        Args:
            pulses: of every stage.
            now: monotonic seconds.
        """
        seen, self._seen = self._seen, {}
        words = []
        for pulse in pulses:
            sign, since = seen.get(pulse.stage, (pulse.sign, now))
            if sign is not pulse.sign:
                since = now
            self._seen[pulse.stage] = (pulse.sign, since)
            if not pulse.thread_alive:
                words.append(f"{pulse.stage} has ended")
            elif now - since > self._stuck_after_s:
                words.append(f"{pulse.stage} has stood still for {now - since:.0f} s")
        return tuple(words)


class Heartbeat(NamedTuple):
    """What a service says of itself."""

    at: float  # seconds of the system's monotonic clock, which is the same for every process
    ailing: tuple[str, ...]  # what hangs
    unready: tuple[str, ...]  # why it isn't at work

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Read the bytes of a file.

        Raises:
            ValueError: they are no heartbeat.
        """
        data = json.loads(raw)
        try:
            return cls(float(data["at"]), tuple(data["ailing"]), tuple(data["unready"]))
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error

    def written(self) -> bytes:
        """Give the bytes of a file."""
        short = self._replace(ailing=_short(self.ailing), unready=_short(self.unready))
        return json.dumps(short._asdict()).encode().ljust(_BYTES)


def _short(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.encode("ascii", "replace").decode()[:200] for word in words[:4])


class HeartbeatFile:
    """The file of this process, held from the first beat to `close`.

    Args:
        data_dir: of the service.
    """

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / _DIRECTORY
        self._path = self._directory / f"{_host()}.{os.getpid()}"
        self._file = -1

    def beat(self, heartbeat: Heartbeat) -> None:
        """Write it anew.

        Raises:
            OSError: the file cannot be written.
        """
        if self._file >= 0 and not os.fstat(self._file).st_nlink:  # somebody cleared the directory
            os.close(self._file)
            self._file = -1
        if self._file < 0:
            self._file = self._open()
        os.pwrite(self._file, heartbeat.written(), 0)

    def close(self) -> None:
        """Take the file away. Idempotent."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def _open(self) -> int:
        self._directory.mkdir(parents=True, exist_ok=True)
        for path in _files(self._directory):
            with suppress(OSError):
                if not _held(path):
                    path.unlink()
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(file)
        except OSError:
            os.close(file)
            raise
        return file


def _lock(file: int) -> None:
    """Take the lock, which a probe that looks whether anyone has it may hold for a moment."""
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_REREAD_S)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Verdict(NamedTuple):
    """What a probe found."""

    well: bool
    words: str


def probe(data_dir: Path, *, ready: bool, now: float | None = None) -> Verdict:
    """Judge the services of this machine, or of this container, on a data directory: all of them must be well.

    Args:
        data_dir: theirs.
        ready: whether they must be at work too; else it is enough that they live, which they do in an outage.
        now: seconds of the system's monotonic clock; the present where left out.
    """
    found = list(_living(data_dir / _DIRECTORY))
    if not found:
        return Verdict(well=False, words=f"No service runs here on {data_dir}.")
    at = time.monotonic() if now is None else now
    troubles = [f"{name}: {word}" for name, heartbeat in found for word in _troubles(heartbeat, at, ready=ready)]
    if troubles:
        return Verdict(well=False, words="; ".join(troubles))
    return Verdict(well=True, words="At work." if ready else "Alive.")


def _troubles(heartbeat: Heartbeat | None, now: float, *, ready: bool) -> Sequence[str]:
    if heartbeat is None:
        return ["its heartbeat cannot be read"]
    age_s = now - heartbeat.at
    if age_s > STALE_AFTER_S:
        return [f"no heartbeat for {age_s:.0f} s"]
    return [*heartbeat.ailing, *heartbeat.unready] if ready else heartbeat.ailing


def _living(directory: Path) -> Iterator[tuple[str, Heartbeat | None]]:
    """Read the heartbeats of living services; None for one that cannot be read."""
    for path in _files(directory):
        with suppress(FileNotFoundError):  # it has just ended
            if _held(path):
                yield f"process {path.suffix[1:]}", _read(path)


def _read(path: Path) -> Heartbeat | None:
    for _ in range(2):  # it may just be making the file
        try:
            return Heartbeat.read(path.read_bytes())
        except ValueError:
            time.sleep(_REREAD_S)
    return None


def _files(directory: Path) -> list[Path]:
    """List the heartbeat files of this host: a container's name is its own, though it may share a volume."""
    try:
        return sorted(path for path in directory.iterdir() if path.stem == _host())
    except FileNotFoundError:
        return []


def _held(path: Path) -> bool:
    """Tell whether a living process has the file."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(file)


def _host() -> str:
    return socket.gethostname() or "localhost"


def data_dir_of(environ: Mapping[str, str]) -> Path | None:
    """Tell the data directory that the environment sets over any configuration; None when it sets none."""
    chosen = environ.get("ARMSWATCH_DATA_DIR", "")
    return Path(os.path.realpath(chosen)) if chosen and not chosen.startswith("~") else None
