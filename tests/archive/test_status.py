from __future__ import annotations

from datetime import timedelta

import pytest

from archive.answers import FeedRow, LogPosition
from archive.status import feed_report, group_lags, health_of, silence_of, status_report
from core.reports import Counts, FeedReport, GroupLag, Health, Proof
from core.types import FeedId
from stream.log import PartitionInfo, TopicPartition
from tests.archive.make import MINUTE, NOW

POLLED = NOW - MINUTE


def row(name: object = "f1", **changes: object) -> FeedRow:
    facts: dict[str, object] = {
        "id": name, "url": f"https://{name}.example/rss", "host": f"{name}.example", "name": str(name).upper(), "baseline": True,
        "polls": 5, "items": 9, "last_poll": POLLED, "last_success": POLLED, "last_new": POLLED, "next_due": NOW + MINUTE,
        "interval_s": 900.0, "failures": 0, "reason": "", "detail": "", "overlap": 0.5, "gaps": 0,
        "counters": {"no_link": 1}, "moved_to": "", "at": LogPosition("armswatch.feeds", 0, 3), **changes,
    }  # fmt: skip
    return FeedRow(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "health"),
    [
        ({}, "ok"),
        ({"failures": 1, "reason": "dns"}, "failing"),
        ({"failures": 1, "reason": "gone"}, "parked"),
        ({"last_poll": None}, "waiting"),
        ({"next_due": None}, "ok"),
        ({"next_due": NOW - 14 * MINUTE}, "ok"),  # less than its interval
        ({"next_due": NOW - 16 * MINUTE}, "overdue"),
        ({"next_due": NOW - 4 * MINUTE, "interval_s": 60.0}, "ok"),  # a busy machine, not a dead one
        ({"next_due": NOW - 6 * MINUTE, "interval_s": 60.0}, "overdue"),
        ({"next_due": NOW - 16 * MINUTE, "failures": 2}, "failing"),
    ],
)
def test_health_tells_whether_a_feed_is_read_and_why_not(changes: dict[str, object], health: Health) -> None:
    assert health_of(row(**changes), NOW) == health


def test_a_feeds_report_holds_its_figures() -> None:
    report = feed_report(row(next_due=NOW - 2 * MINUTE, gaps=4, moved_to="https://new.example/"), NOW, 90.0)
    assert report == FeedReport(
        FeedId("f1"), "F1", "https://f1.example/rss", "ok", POLLED, POLLED, POLLED, NOW - 2 * MINUTE, 900.0, 120.0,
        overlap=0.5, gaps=4, items=9, lag_s=90.0, counters={"no_link": 1}, moved_to="https://new.example/",
    )  # fmt: skip
    assert feed_report(row(), NOW, None).overdue_s == feed_report(row(next_due=None), NOW, None).overdue_s == 0


OK = feed_report(row(), NOW, None)
DOWN = feed_report(row("f2", failures=3, reason="connect", last_success=NOW - 60 * MINUTE), NOW, None)
NEVER = feed_report(row("f3", failures=3, reason="dns", last_success=None), NOW, None)
GONE = feed_report(row("f4", failures=1, reason="gone"), NOW, None)
LATE = feed_report(row("f5", next_due=NOW - 60 * MINUTE), NOW, None)
NEW = FeedReport(FeedId("f6"), "F6", "https://f6.example/", "waiting")
UNTOLD = (GroupLag("archive", "armswatch.alerts.t", 0, 4, 5, 1), GroupLag("archive", "armswatch.items", 0, 0, 9, 9))
BEHIND = (GroupLag("match", "items", 0, 0, 600, 600), GroupLag("match", "items", 1, 0, 600, 600))


@pytest.mark.parametrize(
    ("feeds", "groups", "running", "proof", "reasons"),
    [
        ([OK, OK], (), None, "real", ()),
        ([OK], BEHIND[:1], True, "real", ()),  # a breath behind is not behind
        ([OK, DOWN], (), True, "partly", ("1 feed unreachable (no connection, the last answer 1 h ago)",)),
        ([DOWN], (), True, "nothing", ("1 feed unreachable (no connection, the last answer 1 h ago)",)),
        (
            [NEVER],
            (),
            True,
            "nothing",
            ("1 feed unreachable (the host name does not resolve, none has ever answered)",),
        ),
        ([OK, GONE], (), None, "partly", ("1 feed gone for good",)),
        ([LATE, LATE], (), None, "nothing", ("2 feeds not polled in time, up to 1 h late",)),
        ([OK, NEW], (), None, "partly", ("1 feed not polled yet",)),
        ([OK], (), False, "nothing", ("the service is not running",)),
        ([OK], BEHIND, True, "nothing", ("stage match is 1,200 records behind",)),
        ([OK], UNTOLD, True, "nothing", ("1 alert on the log but not in the archive yet",)),
        ([], (), True, "nothing", ("no feed is watched",)),
    ],
)
def test_silence_proves_as_much_as_was_watched(
    feeds: list[FeedReport], groups: tuple[GroupLag, ...], running: bool | None, proof: Proof, reasons: tuple[str, ...]
) -> None:
    silence = silence_of(feeds, groups, NOW, running=running)
    assert (silence.proof, silence.reasons) == (proof, reasons)
    assert (silence.watched, silence.reached) == (len(feeds), sum(feed.health == "ok" for feed in feeds))


def test_the_commonest_failure_is_named() -> None:
    silence = silence_of([OK, DOWN, DOWN, NEVER], (), NOW)
    assert silence.reasons == ("3 feeds unreachable (no connection, the last answer 1 h ago)",)


def test_a_report_is_of_the_feeds_that_are_watched() -> None:
    watched = {FeedId("f1"): ("F1", "https://f1.example/rss"), FeedId("f6"): ("F6", "https://f6.example/")}
    counts = Counts(NOW - timedelta(days=1), items=3)
    report = status_report(
        now=NOW,
        feeds=[row(), row("removed")],
        watched=watched,
        lags={FeedId("f1"): 7.0},
        counts=counts,
        groups=BEHIND[:1],
    )
    assert [(feed.id, feed.health, feed.lag_s) for feed in report.feeds] == [("f1", "ok", 7.0), ("f6", "waiting", None)]
    assert (report.taken, report.counts, report.groups, report.running) == (NOW, counts, BEHIND[:1], None)
    assert report.silence.proof == "partly"


def test_a_groups_lag_is_what_is_left_to_read_of_its_inputs() -> None:
    def info(topic: str, partition: int, start: int, end: int) -> PartitionInfo:
        return PartitionInfo(TopicPartition(topic, partition), start, end, end - start, 0)

    lags = group_lags(
        [info("items", 1, 5, 10), info("items", 0, 0, 10), info("alerts", 0, 0, 9)],
        {"match": {TopicPartition("items", 0): 7, TopicPartition("items", 1): 2}},
        {"match": ["items"], "archive": ["alerts"]},
    )
    assert lags == [
        GroupLag("match", "items", 0, 7, 10, 3),
        GroupLag("match", "items", 1, 2, 10, 5),  # what is gone can't be read any more
        GroupLag("archive", "alerts", 0, 0, 9, 9),
    ]
