"""When a feed is due next, and which feeds are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Feed, Polling
from core.types import FeedId, FeedState
from ingest.due import DueHeap
from ingest.model import Failed, Reason
from ingest.schedule import (
    LONGEST_WAIT_S,
    Pace,
    due_after_failure,
    due_after_success,
    due_at_start,
    interval_s,
    pace_of,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PACE = Pace(900.0, fixed=False, shortest=120.0, longest=21_600.0)
FIXED = PACE._replace(fixed=True)

paces = st.builds(
    lambda short, long, share, fixed: Pace(short + (long - short) * share, fixed, short, long),
    st.floats(1, 1000), st.floats(1000, 100_000), st.floats(0, 1), st.booleans(),
)  # fmt: skip
seconds = st.floats(0, 1e9)
jitters = st.floats(0, 1)


def state(interval: float = 0.0, ttl: float = 0.0) -> FeedState:
    return FeedState(id=FeedId("f"), url="u", interval_s=interval, ttl_s=ttl)


@pytest.mark.parametrize(
    ("pace", "before", "ttl", "known", "max_age", "expected"),
    [
        (PACE, 0, 0, 1.0, None, 900),  # the first time
        (PACE, 900, 0, 0.5, None, 900),
        (PACE, 900, 0, 0.0, None, 450),  # nothing known: some may have been missed
        (PACE, 450, 0, 0.2, None, 225),
        (PACE, 150, 0, 0.0, None, 120),  # never below the shortest
        (PACE, 225, 0, 0.5, None, 225),  # neither here nor there: kept
        (PACE, 400, 0, 0.9, None, 600),  # grows back
        (PACE, 800, 0, 1.0, None, 900),  # to what the user set
        (PACE, 3600, 0, 0.5, None, 900),  # a ttl of the past does not linger
        (PACE, 900, 3600, 1.0, None, 3600),
        (PACE, 900, 3600, 0.0, None, 450),  # a document that loses entries is asked sooner than its ttl
        (PACE, 900, 0, 1.0, 1800.0, 1800),
        (PACE, 900, 0, 0.0, 600.0, 600),  # a cache gives nothing new sooner
        (PACE, 900, 60, 1.0, 60.0, 900),
        (PACE, 900, 1e9, 1.0, 1e9, 21_600),  # never above the longest
        (FIXED, 120, 3600, 0.0, 3600.0, 900),  # the user's own word
        (FIXED._replace(interval=1), 0, 0, 1.0, None, 120),
    ],
)
def test_the_interval_follows_the_feed(
    pace: Pace, before: float, ttl: float, known: float, max_age: float | None, expected: float
) -> None:
    assert interval_s(state(before, ttl), pace, known=known, cache_max_age_s=max_age) == expected


@given(paces, seconds, seconds, jitters, st.none() | seconds, jitters)
def test_after_a_success_a_feed_is_due_within_its_bounds(
    pace: Pace, before: float, ttl: float, known: float, max_age: float | None, jitter: float
) -> None:
    interval = interval_s(state(before, ttl), pace, known=known, cache_max_age_s=max_age)
    assert pace.shortest <= interval <= pace.longest
    wait = (due_after_success(NOW, interval, pace, jitter) - NOW).total_seconds()
    assert pace.shortest - 1e-5 <= wait <= pace.longest + 1e-5
    assert abs(wait - interval) <= interval * 0.05 + 1e-5


@given(paces, st.sampled_from(Reason), st.none() | seconds, st.integers(1, 10**9), jitters)
def test_after_a_failure_a_feed_is_tried_again_neither_at_once_nor_never(
    pace: Pace, reason: Reason, retry: float | None, failures: int, jitter: float
) -> None:
    wait = (due_after_failure(NOW, Failed(reason, "", retry), failures, pace, jitter) - NOW).total_seconds()
    assert pace.shortest - 1e-5 <= wait <= max(pace.longest, LONGEST_WAIT_S) + 1e-5
    if retry is not None:
        assert wait >= min(retry, LONGEST_WAIT_S) - 1e-5


def waits(reason: Reason = Reason.CONNECT, retry: float | None = None) -> list[float]:
    due = (
        due_after_failure(NOW, Failed(reason, "", retry), failures, PACE, 0.5) for failures in (1, 2, 3, 4, 5, 6, 99)
    )
    return [(at - NOW).total_seconds() for at in due]


def test_failures_back_off_to_the_longest_interval_and_stay_there() -> None:
    assert waits() == [900, 1800, 3600, 7200, 14_400, 21_600, 21_600]


def test_a_feed_that_is_gone_is_asked_daily() -> None:
    assert waits(Reason.GONE) == [86_400] * 7


def test_retry_after_is_waited_for_up_to_a_day() -> None:
    assert waits(Reason.RATE_LIMITED, 60.0)[0] == 900
    assert waits(Reason.RATE_LIMITED, 10_000.0)[0] == 10_500
    assert waits(Reason.RATE_LIMITED, 1e9)[0] == 86_400


@pytest.mark.parametrize(
    ("reason", "due_in_s", "expected"),
    [("", -50, 0), ("", 0, 0), ("", 600, 600), ("", 10**7, 21_600), ("gone", 80_000, 80_000), ("rate_limited", 10**7, 86_400)],
)  # fmt: skip
def test_a_restart_keeps_due_times_within_the_bounds(reason: str, due_in_s: float, expected: float) -> None:
    known = FeedState(id=FeedId("f"), url="u", reason=reason, next_due=NOW + timedelta(seconds=due_in_s))
    assert due_at_start(known, NOW, PACE) == expected


def test_a_feed_never_polled_is_due_at_once() -> None:
    assert due_at_start(None, NOW, PACE) == due_at_start(state(), NOW, PACE) == 0


def test_a_feeds_own_interval_is_its_pace() -> None:
    own = pace_of(Feed(url="http://example.org/", interval=timedelta(minutes=5)), Polling())
    usual = pace_of(Feed(url="http://example.org/"), Polling(interval=timedelta(minutes=20)))
    assert (own.interval, own.fixed, usual.interval, usual.fixed) == (300, True, 1200, False)
    assert (own.shortest, own.longest) == (120, 21_600)


def test_feeds_come_out_of_the_heap_when_due_longest_due_first() -> None:
    heap = DueHeap()
    for feed, at in (("a", 3.0), ("b", 1.0), ("c", 2.0), ("d", 9.0)):
        heap.put(FeedId(feed), at)
    assert list(heap.pop(3.0)) == ["b", "c", "a"]
    assert list(heap.pop(3.0)) == []
    assert (len(heap), heap.at(FeedId("d")), heap.at(FeedId("a"))) == (1, 9.0, None)


def test_a_feed_left_in_the_heap_stays_due() -> None:
    heap = DueHeap()
    for feed in "abc":
        heap.put(FeedId(feed), 1.0)
    assert next(heap.pop(5.0)) == "a"
    assert list(heap.pop(5.0)) == ["b", "c"]


def test_a_feed_put_again_and_again_takes_no_more_room() -> None:
    heap = DueHeap()
    for turn in range(1000):
        for feed in "ab":
            heap.put(FeedId(feed), float(turn))
    assert len(heap._heap) < 100
    assert list(heap.pop(999.0)) == ["a", "b"]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | st.floats(0, 100)), max_size=400), st.floats(0, 100))
def test_the_heap_does_what_a_table_does(steps: list[tuple[str, float | None]], now: float) -> None:
    heap, table = DueHeap(), dict[str, float]()
    for feed, at in steps:
        if at is None:
            heap.drop(FeedId(feed))
            table.pop(feed, None)
        else:
            heap.put(FeedId(feed), at)
            table[feed] = at
    assert list(heap.pop(now)) == sorted((feed for feed in table if table[feed] <= now), key=lambda f: (table[f], f))
    assert len(heap) == sum(at > now for at in table.values())
