"""Records as the stages write them, for the tests of the demo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from core import catalogue
from core.codec import encode
from core.types import (
    Alert,
    AlertData,
    AlertId,
    AlertSource,
    Evidence,
    FeedId,
    FeedState,
    Item,
    ItemId,
    Match,
    MatchId,
    Member,
    Source,
    Story,
    StoryId,
    Times,
    TopicId,
)
from stream.log import NewRecord

START = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
TOPIC = TopicId("arms")
WIRE = Source(FeedId("wire"), "Demo Wire", "http://127.0.0.1/demo-wire.xml", origin="demo-wire")
COURIER = Source(FeedId("courier"), "Harbour Courier", "http://127.0.0.1/courier.xml", origin="demo-wire")


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def item(**changes: Any) -> Item:
    return msgspec.structs.replace(Item(ItemId("i1"), WIRE, "Shells shipped", "Many.", "", START), **changes)


def match(**changes: Any) -> Match:
    evidence = (Evidence("link", "both sides are named", 2.0), Evidence("helper", "only a helper", 0.0))
    whole = Match(MatchId("m1"), TOPIC, "0" * 16, item(), "match", 0.9, 0.5, (), evidence, START)
    return msgspec.structs.replace(whole, **changes)


def member(**changes: Any) -> Member:
    whole = Member(ItemId("i1"), 0, WIRE, "", "Shells shipped", "en", START, "", ())
    return msgspec.structs.replace(whole, **changes)


def story(*members: Member) -> Story:
    return Story(StoryId("s1"), TOPIC, "Shells shipped", members, START, START)


def alert(link: str, time: datetime) -> Alert:
    times = Times(None, "", START, START, time, None, 1.0)
    source = AlertSource("Demo Wire", link, "Shells shipped", "en", "", "wire", "demo-wire", START)
    data = AlertData(
        "new", TOPIC, StoryId("s1"), ItemId("i1"), 0, "Shells shipped", "Many.", link, "en",
        0.9, 0.5, (), (), (source,), 1, times, "0" * 16,
    )  # fmt: skip
    return Alert(AlertId(f"a-{time.isoformat()}"), "armswatch/arms", "org.armswatch.alert.new", "s1", time, data)


def record(value: Item | FeedState | Match | Story | Alert) -> NewRecord:
    topics: dict[type, str] = {
        Item: catalogue.ITEMS,
        FeedState: catalogue.FEEDS,
        Match: catalogue.MATCHES,
        Story: catalogue.STORIES,
        Alert: catalogue.alerts(TOPIC),
    }
    return NewRecord(topics[type(value)], b"k", encode(value), timestamp=START)
