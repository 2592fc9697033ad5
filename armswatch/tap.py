"""Look on at the running pipeline: matches and alerts as they are committed, for the screen. Moves no position."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from core import catalogue
from core.codec import decode
from core.errors import LogError
from core.types import Alert, Match, TopicId
from stream.log import EventLog, Reader, Record

_WAIT = timedelta(seconds=1)
_MAX_RECORDS = 200


class Tap:
    """Reads what is appended from now on, in a thread of its own, and hands it on.

    Args:
        log: the log of this process.
        topics: tells the topic models whose alerts to read; asked again now and then, for a reload may change them.
        on_alert, on_match: called in the tap's thread, in the log's order per partition.
    """

    def __init__(
        self,
        log: EventLog,
        topics: Callable[[], Sequence[TopicId]],
        *,
        on_alert: Callable[[Alert], None],
        on_match: Callable[[Match], None],
    ) -> None:
        self._log, self._topics = log, topics
        self._reading = tuple(topics())
        # A group of its own, which never commits: processes that shared one would each see a part.
        self._group = f"tap.{uuid.uuid4().hex}"
        self._reader: Reader | None = None
        with suppress(LogError):  # then it is tried again below
            self._reader = self._open()
        self._on_alert, self._on_match = on_alert, on_match
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tap", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what was read is handed on."""
        self._stopping.set()
        if reader := self._reader:
            reader.wake()
        if self._thread.is_alive():
            self._thread.join(5)
        if reader := self._reader:
            reader.close()

    def _open(self) -> Reader:
        names = [catalogue.MATCHES, *(catalogue.alerts(topic) for topic in self._reading)]
        return self._log.reader(self._group, names, start="latest")

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                for record in self._current().read(_MAX_RECORDS, _WAIT).records:
                    self._hand_on(record)
            except LogError:  # its stages say so; only the screen has to wait
                self._stopping.wait(_WAIT.total_seconds())

    def _current(self) -> Reader:
        if self._reader and (now := tuple(self._topics())) != self._reading:
            self._reader.close()
            self._reader, self._reading = None, now
        if self._reader is None:
            self._reader = self._open()
        return self._reader

    def _hand_on(self, record: Record) -> None:
        if record.value is None:
            return
        if record.topic == catalogue.MATCHES:
            self._on_match(decode(Match, record.value))
        else:
            self._on_alert(decode(Alert, record.value))
