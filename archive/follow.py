"""Wait for alerts: a reader, in any process, that is told by the file system when the archive grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from watchfiles import watch

from archive.answers import Numbered
from archive.queries import Archive
from core.errors import ArmswatchError
from core.types import Alert, AlertId, TopicId

_RECHECK_MS = 2000  # where the file system tells nothing (some network and container mounts)
_PATIENCE = timedelta(seconds=10)
_PAGE = 500


def follow(
    path: Path,
    *,
    after: int | None = None,
    topic: TopicId | None = None,
    stop: threading.Event | None = None,
    patience: timedelta = _PATIENCE,
) -> Iterator[Alert]:
    """Yield each alert once, as it is folded; sleeps in between. Where it begins is fixed at the call.

    When the service begins the archive anew, the alerts that this follower has not had are yielded, and no other.
    Ends when `stop` is set, at the latest two seconds after.

    Args:
        path: the archive's file.
        after: yield from the alert after the one with this number on (0: from the first); None: only what comes.
        topic: only alerts of this topic.
        stop: ends the following, from any thread.
        patience: how long the archive may be away, since the service may be building it anew.

    Raises:
        StorageUnusable, LogUnavailable: there is no archive at the start, or it stays unreadable.
    """
    return _following(_Follower(path, after, topic, patience), path, stop or threading.Event())


def _following(follower: _Follower, path: Path, stop: threading.Event) -> Iterator[Alert]:
    names = {path.name, f"{path.name}-wal"}
    try:
        yield from follower.page()
        changes = watch(
            path.parent,
            watch_filter=lambda _change, changed: Path(changed).name in names,
            stop_event=stop,
            debounce=200,
            step=20,
            rust_timeout=_RECHECK_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        for _ in changes:
            yield from follower.page()
    finally:
        follower.close()


class _Follower:
    """Where one follower stands: a number in one file, and the alerts it has had across files."""

    def __init__(self, path: Path, after: int | None, topic: TopicId | None, patience: timedelta) -> None:
        self._path = path
        self._patience_s = patience.total_seconds()
        self._topic = topic
        self._archive = Archive.open(path)
        self._had: set[AlertId] = set()
        self._at = self._archive.last_alert_number() if after is None else after
        self._floor = self._archive.alert_time(self._at)  # what is older was not asked for, in whichever file
        self._first = True  # still in the file that numbers were given for
        self._away_since: float | None = None

    def page(self) -> Iterator[Alert]:
        """Yield what has come since the last call."""
        while found := self._found():
            for n, alert in found:
                self._at = n
                if self._is_wanted(alert):
                    self._had.add(alert.id)
                    yield alert

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    def _found(self) -> list[Numbered]:
        try:
            if not self._archive.is_current():
                self._reopen()
            found = self._archive.alerts_after(self._at, topic=self._topic, limit=_PAGE)
        except ArmswatchError:
            now = time.monotonic()
            self._away_since = now if self._away_since is None else self._away_since
            if now - self._away_since > self._patience_s:
                raise
            return []
        self._away_since = None
        return found

    def _reopen(self) -> None:
        archive = Archive.open(self._path)
        self._archive.close()
        self._archive, self._at, self._first = archive, 0, False

    def _is_wanted(self, alert: Alert) -> bool:
        if alert.id in self._had:
            return False
        return self._first or self._floor is None or alert.time > self._floor
