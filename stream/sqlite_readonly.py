"""A log file opened beside the service that writes it: everything can be asked, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from core.errors import LogError
from stream.log import NewRecord, Reader, Start, TopicPartition, TopicSpec
from stream.sqlite_store import Store
from stream.sqlite_view import SqliteView


class ReadonlyLog(SqliteView):
    """See `stream.log.EventLog`. All that would write, and joining a group, raise `LogError`.

    A reader belongs to a group, and groups live in the process of the service: a position that this
    one moved would be another's. To follow a topic from here, `scan` on from where the last scan ended.
    """

    def __init__(self, path: Path, busy_timeout: timedelta) -> None:
        self._path = path
        super().__init__(Store(path, busy_timeout, readonly=True))

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """Refuse."""
        self._refuse(specs)

    def append(self, records: Sequence[NewRecord]) -> None:
        """Refuse."""
        self._refuse(records)

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        """Refuse."""
        self._refuse(group, topics, start)

    def rewind(self, group: str, positions: Mapping[TopicPartition, int]) -> None:
        """Refuse."""
        self._refuse(group, positions)

    def expire(self, now: datetime) -> int:
        """Refuse."""
        self._refuse(now)

    def _refuse(self, *asked: object) -> NoReturn:
        del asked
        raise LogError(f"{self._path} is open only to be read: the service that writes it must do that")
