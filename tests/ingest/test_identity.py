"""The same entry at the next poll: stable over edits, apart where entries differ."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import FeedId
from ingest.identity import Identity, Named, Undecided, content_hash, feed_id, identify, item_id, marks

DAY = "2025-11-21"
TITLES = st.text(alphabet="abc ", min_size=1, max_size=6).filter(str.strip)


def entry(guid: str = "", url: str = "", title: str = "t", text: str = "", day: str = DAY) -> Named:
    return Named(guid, url, title, text, day)


def identities(entries: Sequence[Named]) -> list[Identity]:
    return identify([marks(each) for each in entries])


def keys(*entries: Named) -> list[str]:
    return [identity.key for identity in identities(entries)]


@given(TITLES, TITLES, st.sampled_from(["", "?utm_source=rss", "?at_medium=RSS&fbclid=1", "#top"]))
def test_an_identity_survives_edits_of_title_text_date_and_tracking(title: str, other: str, tracking: str) -> None:
    link = "https://example.org/a"
    by_guid = keys(entry("tag:x,1", link, title))
    assert by_guid == keys(entry("tag:x,1", link + tracking, other, "text", "2025-11-30"))
    by_link = keys(entry("", link, title))
    assert by_link == keys(entry("", link + tracking, other, "text", "2025-11-30"))
    assert by_link == keys(entry("", link.replace("https", "http"), title))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://example.org/a", "http://Example.org/a?utm_source=x", True),
        ("https://example.org/a#0", "https://example.org/a#1", True),
        ("https://example.org/a#0", "https://example.org/a", True),
        ("https://example.org/a#first", "https://example.org/a#second", False),
        ("https://example.org/?p=1", "https://example.org/?p=2", False),
        ("item-1#1", "item-1#2", False),
        ("item-1", "item-2", False),
        ("ITEM-1", "item-1", False),
    ],
)
def test_guids_are_compared_by_what_they_name(one: str, other: str, *, same: bool) -> None:
    assert (keys(entry(one)) == keys(entry(other))) == same


def test_title_and_day_identify_what_has_neither_guid_nor_link() -> None:
    assert keys(entry(title="A  b")) == keys(entry(title="a b".replace("a", "A"), text="more"))
    assert keys(entry(title="A"))[0] != keys(entry(title="B"))[0]
    assert keys(entry(title="A"))[0] != keys(entry(title="A", day="2025-11-22"))[0]
    assert keys(entry(title="", text="x"))[0] != keys(entry(title="", text="y"))[0]


def test_a_guid_on_several_entries_needs_the_link_too() -> None:
    found = identities([entry("g", f"https://example.org/{number}", f"t{number}") for number in range(50)])
    assert len({identity.key for identity in found}) == 50
    assert {identity.reason for identity in found} == {"repeated_guid"}
    alone = identities([entry("g", "https://example.org/7", "t7")])[0]
    assert alone.reason == ""
    assert alone.key in found[7].known_as
    assert found[7].key in alone.known_as


def test_a_guid_and_link_on_many_entries_need_title_and_day_too() -> None:
    many = [entry("g", "https://example.org/", f"t{number}") for number in range(50)]
    assert len(set(keys(*many))) == 50
    mixed = [*many, entry("g", "https://example.org/other", "t0")]
    assert len(set(keys(*mixed))) == 51


def test_one_guid_and_link_with_two_titles_is_one_article_in_two_versions() -> None:
    before = keys(entry("g", "https://example.org/1", "old"))[0]
    assert keys(entry("g", "https://example.org/1", "old"), entry("g", "https://example.org/1", "new")) == [before] * 2


def test_an_entry_listed_twice_is_the_same_entry() -> None:
    one = entry("g", "https://example.org/1", "t")
    assert len(set(keys(one, one))) == 1
    assert keys(one, one)[0] == keys(one)[0]
    moved = entry("g", "https://example.org/section/1", "t")
    assert len(set(keys(one, moved))) == 1
    bare = entry("", "https://example.org/1", "t")
    assert keys(bare, bare) == keys(bare) * 2


def test_one_link_on_all_entries_says_nothing() -> None:
    entries = [entry("", "https://example.org/", f"t{number}") for number in range(24)]
    assert len(set(keys(*entries))) == 24
    assert keys(*entries)[:5] == keys(*entries[:5])


@given(
    st.lists(
        st.builds(
            entry, st.sampled_from(["", "g", "h"]), st.sampled_from(["", "https://a.org/1", "https://a.org/2"]), TITLES
        ),
        max_size=12,
    )
)
def test_entries_that_differ_in_title_stay_apart_unless_guid_or_link_says_otherwise(entries: list[Named]) -> None:
    found = identities(entries)
    assert len(found) == len(entries)
    for one, its in zip(entries, found, strict=True):
        for other, others in zip(entries, found, strict=True):
            if its.key == others.key:
                assert one.guid == other.guid
                assert one.guid or "".join(one.title.split()) == "".join(other.title.split())


def test_identities_are_short_whatever_a_publisher_calls_a_guid() -> None:
    assert {len(key) for key in keys(entry("x" * 1_000_000), entry("y"), entry("\ud800"))} == {17}


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_content_hash_ignores_white_space_and_typography(title: str, summary: str) -> None:
    assert content_hash(title, summary) == content_hash(f" {title}\n", f"\t{summary}\xa0")
    assert content_hash(f"“{title}”—x", summary) == content_hash(f'"{title}"-x', summary)
    assert content_hash(f"{title}a", summary) != content_hash(f"{title}b", summary)


def test_a_content_hash_tells_title_from_summary_and_sees_figures() -> None:
    assert content_hash("ab", "") != content_hash("a", "b")
    assert content_hash("10.5 dead", "") != content_hash("105 dead", "")
    assert content_hash("Attack", "") != content_hash("Attack?", "")


def test_ids_are_stable_hex_and_apart() -> None:
    assert feed_id("https://Example.org/feed#x") == feed_id("https://example.org/feed")
    assert feed_id("https://example.org/feed") != feed_id("https://example.org/feed2")
    assert feed_id("no address") != feed_id("none either")
    assert re.fullmatch("[0-9a-f]{20}", feed_id("\ud800"))
    one = item_id(FeedId("a"), "g1")
    assert re.fullmatch("[0-9a-f]{32}", one)
    assert len({one, item_id(FeedId("b"), "g1"), item_id(FeedId("a"), "g2")}) == 3
    assert one == item_id(FeedId("a"), "g1")


def test_short_marks_do_until_another_entry_says_something_else_under_the_same_key() -> None:
    both = [entry("g", "https://example.org/1", "one"), entry("g", "https://example.org/2", "two")]
    (alone,) = identities(both[:1])
    short = marks(both[0]).shortened()
    assert alone.alone
    assert identify([short]) == [alone._replace(known_as=())]
    assert identify([short, short])[1].key == alone.key
    with pytest.raises(Undecided):
        identify([short, marks(both[1])])
    assert not any(identity.alone for identity in identities(both))


@pytest.mark.parametrize(("guid", "url", "is_short"), [("g", "", True), ("", "https://a.org/", True), ("", "", False)])
def test_marks_are_short_when_keys_were_left_out(guid: str, url: str, *, is_short: bool) -> None:
    marked = marks(entry(guid, url))
    assert not marked.is_short
    assert marked.shortened().is_short == is_short
