"""What a topic would have matched."""

from __future__ import annotations

from datetime import timedelta

from core.topic_reports import Text
from core.types import ItemId, Verdict
from processors.backtest import backtest
from tests.processors.making import NOW, topic

SHELLS = "North Korea ships shells to Russia"
TALKS = "North Korea and Russia talk"


def text(name: str, title: str, days_ago: int | None = 0) -> Text:
    seen = None if days_ago is None else NOW - timedelta(days=days_ago)
    return Text(name, title, "", url=f"https://x.example/{name}", outlet="X", first_seen=seen)


def test_days_count_what_came_matched_and_was_matched_then() -> None:
    texts = [
        text("a", SHELLS),
        text("b", SHELLS, 1),
        text("c", TALKS, 1),
        text("d", "Rain", 1),
        text("e", "Rain", None),
    ]
    then: dict[ItemId, Verdict] = {ItemId("b"): "match", ItemId("c"): "match", ItemId("zz"): "match"}
    found = backtest(texts, topic(near_miss=0.1), then, 9)
    assert [(each.day, each.items, each.matched, each.near, each.then) for each in found["days"]] == [
        ("2026-02-28", 3, 1, 1, 2), ("2026-03-01", 1, 1, 0, 0), ("not told", 1, 0, 0, 0),
    ]  # fmt: skip
    assert (found["items"], found["matched"], found["near"], found["then"]) == (5, 2, 1, 2)


def test_new_and_lost_items_are_told_with_their_evidence() -> None:
    texts = [text("a", SHELLS), text("b", SHELLS), text("c", TALKS), text("d", "Rain")]
    then: dict[ItemId, Verdict] = {
        ItemId("b"): "match",
        ItemId("a"): "near_miss",
        ItemId("c"): "match",
        ItemId("d"): "match",
    }
    found = backtest(texts, topic(near_miss=0.1), then, 9)
    assert [(each.id, each.then) for each in found["top"]] == [("a", "near_miss"), ("b", "match")]
    assert [each.id for each in found["new"]] == ["a"]
    assert [each.name for each in found["new"][0].evidence] == ["link", "arms"]
    assert found["new"][0].first_seen == "2026-03-01T12:00:00+00:00"
    assert [(each.id, round(each.score, 2)) for each in found["lost"]] == [("c", 0.27), ("d", 0.0)]


def test_of_very_many_the_best_are_kept() -> None:
    texts = [text(f"{number:04}", SHELLS if number % 2 else f"{SHELLS}: NK") for number in range(900)]
    found = backtest(texts, topic(), {}, 3)
    assert found["matched"] == 900
    assert [each.id for each in found["top"]] == ["0000", "0001", "0002"]


def test_without_items_there_is_nothing() -> None:
    found = backtest([], topic(), {}, 3)
    assert (found["items"], found["matched"], found["days"], found["top"]) == (0, 0, [], [])
