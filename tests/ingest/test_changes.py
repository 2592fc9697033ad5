"""What is new: each entry once, each edit once, whatever the order of polls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.types import FeedId, FeedState, Item, ItemId, Seen, Source
from ingest.changes import MAX_SEEN, ChangeRules, Changes, decide
from ingest.entries import Limits, RawEntry, normalise
from ingest.model import Document

FEED = FeedId("f")
URL = "https://example.org/feed"
SOURCE = Source(FEED, "Example", URL, language="ru")
RULES = ChangeRules(backlog_age=timedelta(days=2), remember=timedelta(days=60))
NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
DATE = "2025-11-21T10:00:00Z"
OLD = "2025-11-01T10:00:00Z"


def raw(guid: str, title: str = "t", *, date: str = DATE, link: str | None = None) -> RawEntry:
    return RawEntry(guid=guid, link=f"https://example.org/{guid}" if link is None else link, title=title, dates=(date,))


def document(*raws: RawEntry, language: str = "") -> Document:
    found = normalise(raws, URL, Limits(), NOW)
    return Document(format="rss20", title="T", language=language, entries=found.entries, counters=found.counters)


def poll(state: FeedState, *raws: RawEntry, at: datetime = NOW) -> Changes:
    return decide(state, document(*raws), source=SOURCE, now=at, rules=RULES)


def fresh() -> FeedState:
    return FeedState(FEED, URL, etag="kept", polls=7, failures=2)


def brief(items: tuple[Item, ...]) -> list[tuple[str, int, bool]]:
    return [(item.guid, item.revision, item.backlog) for item in items]


def test_the_first_poll_is_a_baseline() -> None:
    changes = poll(fresh(), raw("new"), raw("old", date=OLD), raw("none", date=""), raw("odd", date="2025-11-21 10:00"))
    assert brief(changes.items) == [("new", 0, False), ("old", 0, True), ("none", 0, True), ("odd", 0, True)]
    state = changes.state
    assert state.baseline
    assert (state.items, state.last_new, state.overlap, state.gaps) == (4, NOW, None, 0)
    assert (state.etag, state.polls, state.failures) == ("kept", 7, 2)


def test_after_the_baseline_a_new_identity_is_news_whatever_its_date() -> None:
    state = poll(fresh(), raw("a")).state
    changes = poll(state, raw("b", date=OLD), raw("c", date=""), raw("a"))
    assert brief(changes.items) == [("b", 0, False), ("c", 0, False)]
    assert changes.state.overlap == pytest.approx(1 / 3)


def test_nothing_is_published_twice() -> None:
    state = poll(fresh(), raw("a"), raw("b")).state
    later = NOW + timedelta(days=1)
    changes = poll(state, raw("b", date=OLD), raw("a"), at=later)
    assert changes.items == ()
    assert (changes.state.last_new, changes.state.items, changes.state.overlap) == (NOW, 2, 1.0)
    assert {kept.last_seen for kept in changes.state.seen.values()} == {20414}


def test_an_edit_is_a_revision_of_the_same_item() -> None:
    first = poll(fresh(), raw("a", "one"))
    second = poll(first.state, raw("a", "two"))
    third = poll(second.state, raw("a", " two "))
    fourth = poll(third.state, raw("a", "one"))
    assert [item.revision for item in second.items + third.items + fourth.items] == [1, 2]
    assert {item.id for item in first.items + second.items + fourth.items} == {first.items[0].id}
    assert fourth.state.items == 1
    assert fourth.state.last_new == NOW


def test_an_edit_of_backlog_stays_backlog_unless_it_is_given_a_recent_date() -> None:
    state = poll(fresh(), raw("a", "one", date=OLD), raw("b", "one", date=OLD)).state
    changes = poll(state, raw("a", "two", date=OLD), raw("b", "two", date=DATE))
    assert brief(changes.items) == [("a", 1, True), ("b", 1, False)]
    again = poll(changes.state, raw("a", "three", date=OLD), raw("b", "three", date=OLD))
    assert brief(again.items) == [("a", 2, True), ("b", 2, False)]


def test_a_poll_that_shares_nothing_is_a_gap() -> None:
    state = poll(fresh(), raw("a")).state
    assert state.gaps == 0
    state = poll(state, raw("b")).state
    assert (state.gaps, state.overlap) == (1, 0.0)
    state = poll(state, raw("b"), raw("c")).state
    assert (state.gaps, state.overlap) == (1, 0.5)


def test_an_empty_document_is_no_gap() -> None:
    empty = poll(fresh())
    assert (empty.state.baseline, empty.state.overlap) == (True, None)
    first = poll(empty.state, raw("a"))
    assert (first.state.gaps, brief(first.items)) == (0, [("a", 0, False)])
    assert poll(first.state).state.overlap is None


def test_an_entry_that_left_is_remembered_for_a_while() -> None:
    state = poll(fresh(), raw("a"), raw("b")).state
    state = poll(state, raw("b"), at=NOW + timedelta(days=60)).state
    assert poll(state, raw("a"), raw("b"), at=NOW + timedelta(days=60)).items == ()
    state = poll(state, raw("b"), at=NOW + timedelta(days=61)).state
    assert len(state.seen) == 1
    assert brief(poll(state, raw("a"), raw("b")).items) == [("a", 0, False)]


def test_a_feed_that_invents_identities_cannot_fill_the_state() -> None:
    known = poll(fresh(), raw("kept"), at=NOW).state.seen
    made_up = {f"g{number}": Seen(ItemId("x"), "", 0, 20413 - number % 10) for number in range(MAX_SEEN)}
    state = poll(replace(fresh(), seen=made_up | known, baseline=True), raw("kept")).state
    assert len(state.seen) == MAX_SEEN
    assert known.keys() <= state.seen.keys()
    assert [kept.last_seen for kept in state.seen.values()].count(20404) == MAX_SEEN // 10 - 1


def test_entries_stay_known_when_their_guid_or_link_becomes_shared_and_back() -> None:
    alone = raw("g", "one", link="https://example.org/1")
    twin = raw("g", "two", link="https://example.org/2")
    state = poll(fresh(), alone).state
    both = poll(state, twin, alone)
    assert [item.title for item in both.items] == ["two"]
    back = poll(both.state, alone)
    assert back.items == ()
    assert poll(back.state, twin, alone).items == ()
    no_guid = [RawEntry(link="https://example.org/", title=title) for title in ("x", "y")]
    state = poll(fresh(), no_guid[0]).state
    assert [item.title for item in poll(state, *no_guid).items] == ["y"]


def test_counters_count_an_entry_once_and_a_document_each_time() -> None:
    state = fresh()
    for _ in range(3):
        state = poll(state, raw("a", date=""), raw("b", link=""), raw("b", link="")).state
    assert state.counters == {"date_missing": 1, "no_link": 1, "repeated_entry": 3}
    state = poll(state, raw("a", "edited", date=""), raw("b", link="")).state
    assert state.counters == {"date_missing": 2, "no_link": 1, "repeated_entry": 3}


def test_an_item_carries_what_its_entry_said() -> None:
    one = RawEntry(
        guid="g", link="/1?utm_source=x", title="T", texts=("S",), dates=(DATE,), authors=("A",), categories=("C",)
    )
    (item,) = poll(fresh(), one).items
    assert (item.source, item.title, item.summary, item.url) == (SOURCE, "T", "S", "https://example.org/1")
    assert (item.published, item.published_doubt) == (datetime(2025, 11, 21, 10, tzinfo=UTC), "")
    assert (item.first_seen, item.guid, item.authors, item.categories) == (NOW, "g", ("A",), ("C",))
    assert item.content_hash


def test_language_is_of_the_entry_else_the_document_else_the_source() -> None:
    mine = RawEntry(guid="1", title="x", language="uk-UA")
    plain = RawEntry(guid="2", title="y")
    found = decide(fresh(), document(mine, plain, language="de"), source=SOURCE, now=NOW, rules=RULES)
    assert [item.language for item in found.items] == ["uk", "de"]
    assert poll(fresh(), plain).items[0].language == "ru"


# A GUID that stands for many contents in one document is a publisher who gives every entry the same one (identity.py),
# so each GUID here keeps its date, and has two versions at most.
ENTRIES = st.tuples(st.sampled_from("abcdef"), st.sampled_from(["one", "two"])).map(
    lambda pair: raw(pair[0], pair[1], date={"a": OLD, "b": ""}.get(pair[0], DATE))
)


@given(st.lists(st.lists(ENTRIES, max_size=6), max_size=6))
def test_over_any_polls_each_item_has_its_revisions_once_and_in_order(polls: list[list[RawEntry]]) -> None:
    state = fresh()
    published: dict[str, list[int]] = {}
    latest: dict[str, str] = {}
    for raws in polls:
        entries = document(*raws).entries
        changes = poll(state, *raws)
        state = changes.state
        for item in changes.items:
            published.setdefault(item.id, []).append(item.revision)
            latest[item.guid] = item.content_hash
        assert all(latest[entry.guid] == entry.content_hash for entry in entries)
    assert all(revisions == list(range(len(revisions))) for revisions in published.values())
    assert len(published) == len({raw.guid for raws in polls for raw in raws}) == state.items


def test_an_entry_without_link_beside_one_that_says_the_same_with_a_link_are_two() -> None:
    alone, linked = RawEntry(title="t"), RawEntry(title="t", link="https://example.org/1")
    for raws in ([alone, linked], [linked, alone]):
        changes = decide(FeedState(FEED, URL), document(*raws), source=SOURCE, now=NOW, rules=RULES)
        assert len(changes.items) == len(changes.state.seen) == 2
