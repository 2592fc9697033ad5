"""Items that are stored, read again: from the archive or from the log, on either kind of log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from armswatch import wiring
from armswatch.stored import Stored, stored
from config.loader import Config
from core import catalogue, codec
from core.errors import UserError
from core.topic_reports import Text
from core.types import FeedId, Item, ItemId, Match, MatchId, Source, TopicId, Verdict
from stream.log import NewRecord
from tests.armswatch.desk import configured, opened
from tests.stream.harness import unique
from tests.stream.kafka_broker import Broker, Given

TOPIC = TopicId("russia-dprk-arms")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def item(name: str, title: str = "Shells", *, revision: int = 0, days_ago: float = 0) -> Item:
    source = Source(FeedId("f"), "The Paper", "https://paper.example/rss")
    return Item(
        ItemId(name), source, title, "", f"https://paper.example/{name}", NOW - days_ago * DAY, revision=revision
    )


def match(of: Item, verdict: Verdict, topic: TopicId = TOPIC) -> Match:
    name = MatchId(f"{of.id}-{of.revision}-{verdict}-{topic}")
    return Match(name, topic, "0" * 16, of, verdict, 0.9, 0.5, (), (), of.first_seen)


def records(*values: Item | Match) -> list[NewRecord]:
    return [
        NewRecord(catalogue.ITEMS, value.id.encode(), codec.encode(value), timestamp=value.first_seen)
        if isinstance(value, Item)
        else NewRecord(catalogue.MATCHES, value.topic.encode(), codec.encode(value), timestamp=value.matched)
        for value in values
    ]


STREAM = records(
    item("old", days_ago=9), item("a"), item("b", days_ago=1), item("a", "Shells, again", revision=1),
    match(item("a"), "match"), match(item("a", revision=1), "near_miss"), match(item("b"), "near_miss"),
    match(item("b"), "match", TopicId("other")), match(item("old", days_ago=9), "match"),
)  # fmt: skip


def read(config: Config, topic: TopicId | None = TOPIC) -> tuple[str, list[tuple[str, str]], dict[ItemId, Verdict]]:
    with stored(config, topic, NOW - 3 * DAY) as found:
        texts = sorted((text.id, text.title) for text in found.texts)
        return found.source, texts, dict(found.verdicts)


def test_on_a_log_without_archive_the_newest_revision_counts(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with opened(config) as log:
        log.append([*STREAM, NewRecord(catalogue.ITEMS, b"bad", b"{"), NewRecord(catalogue.ITEMS, b"gone", None)])
    assert read(config) == ("log", [("a", "Shells, again"), ("b", "Shells")], {"a": "match", "b": "near_miss"})
    assert read(config, None)[2] == {}


def test_a_log_on_kafka_is_read_alike(tmp_path: Path, broker: Broker | Given) -> None:
    log_settings = json.dumps(
        {
            "kind": "kafka", "bootstrap_servers": broker.servers, "topic_prefix": f"{unique('stored')}.",
            "replication_factor": 1, "min_insync_replicas": 1,
        }
    )  # fmt: skip
    config = configured(tmp_path, log_settings)
    with opened(config) as log:
        log.append(STREAM)
    assert read(config) == ("log", [("a", "Shells, again"), ("b", "Shells")], {"a": "match", "b": "near_miss"})


def test_the_archive_says_what_the_log_says(desk: Config) -> None:
    def all_of(found: Stored) -> tuple[list[Text], dict[ItemId, Verdict]]:
        return sorted(found.texts, key=lambda text: text.id), dict(found.verdicts)

    since = datetime.now(UTC) - DAY
    with stored(desk, TOPIC, since) as found:
        assert found.source == "archive"
        from_archive = all_of(found)
    wiring.archive_path(desk).unlink()
    with stored(desk, TOPIC, since) as found:
        assert found.source == "log"
        from_log = all_of(found)
    assert from_archive == from_log
    assert len(from_log[0]) == 7
    assert sorted(from_log[1].values()) == ["match"] * 5


def test_where_nothing_is_stored_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Nothing is stored yet"), stored(configured(tmp_path), None, NOW):
        pass
