"""Watches the configuration directory, and calls when a file that matters has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from watchfiles import watch

from config import places

_DEBOUNCE = timedelta(milliseconds=300)
_LOOK = timedelta(seconds=5)
_MAX_ROUNDS = 50
_STEP_MS = 50

Fingerprint = frozenset[tuple[str, int, int, int]]


class ConfigWatcher:
    """Calls `on_change` from a thread of its own after `armswatch.yaml`, `feeds.yaml` or a topic file has changed.

    The system's notices only wake it up: what counts is whether the files differ from when it last looked. So it
    outlives editors that replace files, a directory that is away for a moment, and file systems without notices,
    where it sees a change within `look`. Changes in quick succession make one call. While a call runs no other is
    made; what changes meanwhile makes one afterwards. `on_change` must not raise.

    Args:
        directory: the configuration directory.
        on_change: what to call.
        debounce: how long the files must stay the same after a change.
        look: how often to look without a notice.
    """

    def __init__(
        self,
        directory: Path,
        on_change: Callable[[], None],
        *,
        debounce: timedelta = _DEBOUNCE,
        look: timedelta = _LOOK,
    ) -> None:
        self._directory = directory
        self._on_change = on_change
        self._debounce = debounce
        self._look = look
        self._stopping = threading.Event()
        self._last = fingerprint(directory)
        self._thread = threading.Thread(target=self._run, name="config-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch; what changed since the watcher was made counts too."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for a call under way to end unless this is it. Idempotent."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._check()
            try:
                self._watch()
            except OSError:  # the directory is away
                self._stopping.wait(self._look.total_seconds() / 10)

    def _watch(self) -> None:
        """Look at every notice and every now and then; return when other directories have taken the place."""
        watched = _directories(self._directory)
        for _ in watch(
            *watched,
            watch_filter=None,  # any notice may mean a change: a link turned elsewhere has another name than a file
            recursive=False,  # the directory may hold much else: the data, a whole source tree
            debounce=_STEP_MS,
            step=_STEP_MS,
            rust_timeout=round(self._look.total_seconds() * 1000),
            yield_on_timeout=True,
            stop_event=self._stopping,
            raise_interrupt=False,
        ):
            self._check()
            if _directories(self._directory) != watched:
                return

    def _check(self) -> None:
        found = self._settled()
        if found and found != self._last and not self._stopping.is_set():
            self._last = found
            self._on_change()

    def _settled(self) -> Fingerprint:
        """Wait until the files stay the same for a while, so that none is read half written; a limited while."""
        found = fingerprint(self._directory)
        for _ in range(_MAX_ROUNDS):
            if found == self._last or self._stopping.wait(self._debounce.total_seconds()):
                break
            before, found = found, fingerprint(self._directory)
            if found == before:
                break
        return found


def _directories(directory: Path) -> dict[Path, int]:
    """List the directories to watch, each with what tells it from another of its name."""
    topics = directory / places.TOPICS
    return {path: path.stat().st_ino for path in (directory, topics) if path == directory or topics.is_dir()}


def fingerprint(directory: Path) -> Fingerprint:
    """Tell the files that matter and their state apart from any other; empty when there are none."""
    files = (directory / places.SETTINGS, directory / places.FEEDS, *places.topic_files(directory))
    return frozenset(entry for path in files if (entry := _state(path)))


def _state(path: Path) -> tuple[str, int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns
