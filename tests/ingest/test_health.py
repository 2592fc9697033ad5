"""What a poll leaves in its feed's state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from core.types import FeedId, FeedState, ItemId, Seen
from ingest.health import Moment, after_document, after_failure, after_unchanged, request_for
from ingest.model import Failed, Fetched, Reason, Request
from ingest.schedule import Pace

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PACE = Pace(900.0, fixed=False, shortest=120.0, longest=21_600.0)
URL, NEW_URL = "http://a.example/feed", "http://b.example/feed"
STATE = FeedState(
    id=FeedId("f"), url=URL, etag='"1"', last_modified="then", body_hash="h", baseline=True, polls=3,
    seen={"g": Seen(ItemId("i"), "c", 0, 1)}, last_success=NOW - DAY, last_new=NOW - DAY, interval_s=900.0,
)  # fmt: skip


def at(now: datetime = NOW) -> Moment:
    return Moment(now, 0.5, PACE)


def fetched(status: int = 200, moved_to: str = "", etag: str = "", last_modified: str = "") -> Fetched:
    return Fetched(status, moved_to or URL, moved_to, b"", "", etag, last_modified, None, NOW)


def read(changed: FeedState, before: FeedState = STATE, *, news: bool = False, ttl: float | None = None) -> FeedState:
    reply = fetched(etag='"2"')
    return after_document(before, changed, Request(URL), reply, at(), body_hash="new", ttl_s=ttl, news=news)


def test_a_failure_keeps_all_that_is_known_and_says_what_went_wrong() -> None:
    after = after_failure(STATE, Failed(Reason.DEADLINE, "too slow"), at())
    assert after == replace(
        STATE, polls=4, last_poll=NOW, next_due=NOW + timedelta(seconds=900), failures=1, reason="deadline",
        detail="too slow", counters={"deadline": 1},
    )  # fmt: skip
    again = after_failure(after, Failed(Reason.DEADLINE, "too slow"), at())
    assert (again.failures, again.counters, again.next_due) == (2, {"deadline": 2}, NOW + timedelta(seconds=1800))
    assert STATE.counters == {}


def test_a_success_ends_an_outage() -> None:
    down = after_failure(STATE, Failed(Reason.DNS, "no such host"), at())
    after = after_unchanged(down, Request(URL), fetched(304), at())
    assert (after.failures, after.reason, after.detail, after.last_success) == (0, "", "", NOW)
    assert after.counters == {"dns": 1}
    assert after.next_due == NOW + timedelta(seconds=900)


def test_a_304_keeps_the_validators_that_it_does_not_give_anew() -> None:
    kept = after_unchanged(STATE, Request(URL), fetched(304), at())
    assert (kept.etag, kept.last_modified, kept.body_hash) == ('"1"', "then", "h")
    new = after_unchanged(STATE, Request(URL), fetched(304, etag='"2"', last_modified="now"), at())
    assert (new.etag, new.last_modified) == ('"2"', "now")


def test_a_document_replaces_the_validators_even_by_none() -> None:
    after = after_unchanged(STATE, Request(URL), fetched(200, etag='"2"'), at())
    assert (after.etag, after.last_modified) == ('"2"', "")


def test_a_document_is_remembered_with_its_hash_ttl_and_news() -> None:
    quiet = read(replace(STATE, overlap=1.0), ttl=3600.0)
    assert (quiet.body_hash, quiet.ttl_s, quiet.last_new, quiet.interval_s) == ("new", 3600.0, NOW - DAY, 3600.0)
    news = read(replace(STATE, overlap=0.9), news=True)
    assert (news.last_new, news.ttl_s, news.interval_s, news.polls) == (NOW, 0.0, 900.0, 4)


def test_a_gap_halves_the_interval_and_the_first_document_does_not() -> None:
    assert read(replace(STATE, overlap=0.0)).interval_s == 450
    assert read(replace(STATE, overlap=None)).interval_s == 900
    assert read(replace(STATE, overlap=0.0), replace(STATE, baseline=False)).interval_s == 900


@pytest.mark.parametrize(("polls", "conditional"), [(0, True), (48, True), (49, False), (50, True), (99, False)])
def test_every_fiftieth_poll_asks_for_the_whole_document(polls: int, conditional: bool) -> None:
    asked = request_for(replace(STATE, polls=polls), URL)
    assert asked == (Request(URL, '"1"', "then") if conditional else Request(URL))


def moved(state: FeedState, to: str, now: datetime) -> FeedState:
    return after_unchanged(state, request_for(state, URL), fetched(200, moved_to=to), at(now))


def test_a_permanent_redirect_is_followed_for_good_once_it_has_held_for_three_polls_and_a_day() -> None:
    once = moved(STATE, NEW_URL, NOW)
    twice = moved(once, NEW_URL, NOW + DAY * 2)
    assert (once.url, once.moved_to, once.moved_since) == (URL, NEW_URL, NOW)
    assert (twice.url, twice.moved_to, twice.moved_polls) == (URL, NEW_URL, 2)
    for_good = moved(twice, NEW_URL, NOW + DAY * 2)
    assert (for_good.url, for_good.moved_to, for_good.moved_since, for_good.moved_polls) == (NEW_URL, "", None, 0)


def test_many_polls_within_a_day_are_not_enough() -> None:
    state = STATE
    for hour in range(24):
        state = moved(state, NEW_URL, NOW + timedelta(hours=hour))
    assert (state.url, state.moved_polls) == (URL, 24)


def test_a_redirect_that_changes_or_ends_begins_anew() -> None:
    once = moved(STATE, NEW_URL, NOW)
    other = moved(once, "http://c.example/", NOW + DAY * 3)
    assert (other.moved_to, other.moved_since, other.moved_polls) == ("http://c.example/", NOW + DAY * 3, 1)
    ended = after_unchanged(other, Request(URL), fetched(200), at())
    assert (ended.url, ended.moved_to, ended.moved_since, ended.moved_polls) == (URL, "", None, 0)
    assert moved(STATE, URL, NOW).moved_to == ""


def test_where_the_new_address_keeps_failing_the_configured_one_is_tried_in_turn() -> None:
    gone = replace(STATE, url=NEW_URL)
    asked = [request_for(replace(gone, failures=failures), URL).url for failures in range(7)]
    assert asked == [NEW_URL, NEW_URL, NEW_URL, URL, NEW_URL, URL, NEW_URL]
    assert request_for(replace(gone, failures=3), URL) == Request(URL)  # its validators are the other's
    back = after_unchanged(replace(gone, failures=3), Request(URL), fetched(200), at())
    assert back.url == URL
    assert request_for(replace(STATE, failures=3), URL) == Request(URL, '"1"', "then")
