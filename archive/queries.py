"""The archive's read side: questions answered from its file, beside a service that may be writing it."""

from __future__ import annotations

import sqlite3
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from archive import sql
from archive.answers import (
    AlertRow,
    Decisions,
    FeedRow,
    ItemRow,
    MatchRow,
    MemberRow,
    Numbered,
    StoryRow,
    TopicDecision,
)
from archive.reading import BUILT_ANEW, struct, told
from archive.schema import from_us_or_none, identity, is_ours, open_reader, to_us
from archive.search import fts_query, is_in
from core.codec import decode
from core.errors import StorageUnusable
from core.reports import Counts, Hit, Silent
from core.text import clean
from core.topic_reports import Text
from core.types import Alert, FeedId, ItemId, TopicId, Verdict
from core.urls import folded
from stream.log import TopicPartition

T = TypeVar("T")
Params = Mapping[str, object]

_AT_A_TIME = 2000  # items of a long reading


class Archive:
    """Questions to the archive. One thread at a time; each answer is of one moment.

    Every method raises `LogUnavailable` when the file cannot be read for now, and `StorageUnusable` when it is
    damaged (the service sets it aside and builds it anew).
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, file: tuple[int, int] | None) -> None:
        self.path = path
        self._connection = connection
        self._file = file

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file read-only.

        Raises:
            StorageUnusable: there is none yet, or it is not an archive of this version.
        """
        file = identity(path)  # before it is opened: one that takes its place meanwhile must count as another
        if file is None:
            raise StorageUnusable(
                f"There is no archive at {path} yet.", "Start the service: it builds one from the log."
            )
        with told(path):
            connection = open_reader(path)
            try:
                _check(path, connection)
                connection.create_function("is_in", 2, is_in, deterministic=True)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, file)

    def is_current(self) -> bool:
        """Tell whether this is still the file at its path: it is not, once the service has begun it anew."""
        return identity(self.path) == self._file

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- alerts

    def alerts(
        self, *, since: datetime | None = None, topic: TopicId | None = None, limit: int = 1000, text: str = ""
    ) -> list[Alert]:
        """List alerts, oldest first; of more than `limit`, the newest. `text`: every word in headline or summary."""
        found = self._all(sql.ALERTS, {**_window(since, limit), "topic": topic, "text": clean(text)})
        return [decode(Alert, row["json"]) for row in reversed(found)]

    def alerts_after(self, n: int, *, topic: TopicId | None = None, limit: int = 1000) -> list[Numbered]:
        """List the alerts that were folded after the one with this number, in that order. 0: from the first."""
        found = self._all(sql.ALERTS_AFTER, {"n": n, "topic": topic, "limit": limit})
        return [Numbered(row["n"], decode(Alert, row["json"])) for row in found]

    def last_alert_number(self) -> int:
        """Tell the number of the last alert folded; 0 when there is none."""
        return int(self._all(sql.LAST_ALERT)[0]["n"])

    def alert_time(self, n: int) -> datetime | None:
        """Tell the time of the newest alert up to the one with this number; None when there is none."""
        return from_us_or_none(self._all(sql.ALERT_TIME, {"n": n})[0]["time"])

    # --- feeds and figures

    def feeds(self) -> list[FeedRow]:
        """List every feed that was ever polled and is still watched, by name."""
        return self._rows(FeedRow, sql.FEEDS)

    def feeds_of_host(self, host: str) -> list[FeedRow]:
        """List the feeds that are served by this host, or have carried links to it."""
        return self._rows(FeedRow, sql.FEEDS_OF_HOST, {"host": host, "from": f"//{host}/", "to": f"//{host}0"})

    def lags(self, since: datetime) -> Mapping[FeedId, float]:
        """Tell each feed's median lag from published to first seen, in seconds, of what it brought since then.

        Backlog, edits, and items without a trusted date are left out.
        """
        lags: dict[FeedId, list[int]] = defaultdict(list)
        with told(self.path):
            for feed, lag in self._connection.execute(sql.LAGS, {"since": to_us(since)}):
                lags[feed].append(lag)
        return {feed: statistics.median(each) / 1e6 for feed, each in lags.items()}

    def counts(self, since: datetime | None = None) -> Counts:
        """Count what came in since then."""
        (row,) = self._all(sql.COUNTS, {"since": _since(since)})
        figures = dict(row)
        last_item, last_alert = figures.pop("last_item"), figures.pop("last_alert")
        return Counts(since, **figures, last_item=from_us_or_none(last_item), last_alert=from_us_or_none(last_alert))

    def positions(self) -> Mapping[TopicPartition, int]:
        """Tell how far each partition is folded: the offset of the next record."""
        return {
            TopicPartition(row["log_topic"], row["log_partition"]): row["position"] for row in self._all(sql.FOLDED)
        }

    # --- items

    def items_by_url(self, url: str) -> list[ItemRow]:
        """List the items with this address, newest first, each as it stands; http and https are one."""
        key = folded(url)
        return self._rows(ItemRow, sql.ITEMS_BY_URL, {"key": key}) if key else []

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """List items, newest first, that hold every word of the text (or its beginning) in title or summary.

        Words in double quotes must stand together. Earlier revisions are searched too; shown is the newest.
        """
        query = fts_query(text)
        if not query:
            return []
        return self._rows(Hit, sql.SEARCH, {"query": query, "limit": limit})

    def texts(self, since: datetime | None = None) -> Iterator[Text]:
        """Yield every item first seen since then, as it stands. The file is let go of between parts."""
        n = 0
        while found := self._all(sql.TEXTS, {"n": n, "since": _since(since), "limit": _AT_A_TIME}):
            n = found[-1]["n"]
            for row in found:
                del row["n"]
                yield struct(Text, row)

    def verdicts(self, topic: TopicId, since: datetime | None = None) -> Mapping[ItemId, Verdict]:
        """Tell the best verdict that a topic has given of each item since then, whatever its file was."""
        found = self._all(sql.VERDICTS, {"topic": topic, "since": _since(since)})
        return {ItemId(row["item"]): row["verdict"] for row in found}

    def decisions(self, item: ItemId) -> Decisions | None:
        """Tell all that was decided about an item; None when it is not known."""
        with self._one_moment():
            revisions = self._rows(ItemRow, sql.REVISIONS, {"item": item})
            if not revisions:
                return None
            matches = self._rows(MatchRow, sql.MATCHES_OF_ITEM, {"item": item})
            members = self._rows(MemberRow, sql.MEMBERS_OF_ITEM, {"item": item})
            alerts = self._rows(AlertRow, sql.ALERTS_OF_ITEM, {"item": item})
            topics = sorted(
                {row.topic for row in matches} | {row.topic for row in members} | {row.topic for row in alerts}
            )
            stories = {topic: self._story_of([row for row in members if row.topic == topic]) for topic in topics}
        decided = [
            TopicDecision(
                topic,
                matches=tuple(row for row in matches if row.topic == topic),
                members=tuple(row for row in members if row.topic == topic),
                story=stories[topic],
                alerts=tuple(row for row in alerts if row.topic == topic),
            )
            for topic in topics
        ]
        return Decisions(tuple(revisions), tuple(decided))

    def silent(self, *, since: datetime | None = None, topic: TopicId | None = None, limit: int = 100) -> list[Silent]:
        """List what concerned a topic and alerted no one, newest first: near misses, and silent story members."""
        found = self._all(sql.SILENT, {**_window(since, limit), "topic": topic})
        return [struct(Silent, row) for row in found]

    def _story_of(self, members: list[MemberRow]) -> StoryRow | None:
        found = self._rows(StoryRow, sql.STORY, {"id": members[-1].story}) if members else []
        return found[0] if found else None

    def _rows(self, kind: type[T], query: str, params: Params | None = None) -> list[T]:
        return [struct(kind, row) for row in self._all(query, params)]

    def _all(self, query: str, params: Params | None = None) -> list[dict[str, Any]]:
        with told(self.path):
            cursor = self._connection.execute(query, params or {})
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        with told(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()  # does nothing where an error has ended it already


def _since(since: datetime | None) -> int:
    return 0 if since is None else to_us(since)


def _window(since: datetime | None, limit: int) -> dict[str, object]:
    return {"since": _since(since), "limit": limit}


def _check(path: Path, connection: sqlite3.Connection) -> None:
    if not is_ours(connection):
        raise StorageUnusable(f"{path} is not an archive of this version.", BUILT_ANEW)
