"""From raw strings to entries: plain text, real links, caps with their reasons."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.entries import Limits, RawEntry, language_code, normalise, plain
from ingest.model import Entry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://example.org/news/feed.xml"
RAW = RawEntry(guid="g", link="https://example.org/1", title="Title", texts=("Text",), dates=("2025-11-21T10:00:00Z",))


def one(raw: RawEntry, limits: Limits | None = None) -> Entry:
    (entry,) = normalise([raw], URL, limits or Limits(), NOW).entries
    return entry


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("<p>One</p><p>Two</p>", "One Two"),
        ("One<br>Two<br/>Three", "One Two Three"),
        ("<b>bo</b>ld", "bold"),
        ("<a href='x'>link</a>, then", "link, then"),
        ("<script>alert(1)</script>Safe<style>p{}</style>", "Safe"),
        ("<noscript><img src=x></noscript>ok", "ok"),
        ("a<!-- comment -->b", "ab"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("AT&amp;T", "AT&T"),
        ("AT&T and R&D", "AT&T and R&D"),
        ("it&#8217;s &quot;ok&quot; &nbsp; &hellip;", 'it’s "ok" …'),
        ("&lt;b&gt; shown", "<b> shown"),
        ("<p>&amp;lt;b&amp;gt;</p>", "<b>"),
        ("7&amp;#8451; &amp;quot;x&amp;quot;&amp;nbsp;y", '7℃ "x" y'),
        ("&lt;p&gt;twice&lt;br /&gt;escaped &amp;amp; so&lt;/p&gt;", "twice escaped & so"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("<unknown> stays", "<unknown> stays"),
        ("mail <a@b.org>", "mail <a@b.org>"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("<P CLASS=x>Upper</P>", "Upper"),
        ("<p>unclosed", "unclosed"),
        ("북한<br>발사", "북한 발사"),
        ("zero\u200bwidth <i>x\u202ey</i>", "zerowidth xy"),
        ("&#xD800;<b>x</b>", "\ufffdx"),
        ("<img src=x onerror=alert(1)>", ""),
    ],
)  # fmt: skip
def test_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert plain(markup) == text


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<b", ">", "&amp;", "&lt;", "&#60;", "script>", "<!--", "x", " ", "<![CDATA[", '"']
        ),
        max_size=12,
    ).map("".join)
)
def test_no_markup_makes_it_raise_or_leave_white_space(markup: str) -> None:
    text = plain(markup)
    assert text == " ".join(text.split())


def test_an_entry_is_normalised() -> None:
    entry = one(
        RAW._replace(
            title="<b>Big</b> &amp; bold",
            texts=("Short", "<p>Longer <i>text</i></p>", ""),
            language="ko-KR",
            authors=("A&amp;B", "", "A&B"),
            categories=("x", "<i>y</i>", "x"),
        )
    )
    assert (entry.title, entry.summary) == ("Big & bold", "Longer text")
    assert entry.published == datetime(2025, 11, 21, 10, tzinfo=UTC)
    assert (entry.published_doubt, entry.language, entry.guid, entry.cut) == ("", "ko", "g", ())
    assert (entry.authors, entry.categories) == (("A&B",), ("x", "y"))


@pytest.mark.parametrize(
    ("link", "url", "cut"),
    [
        ("https://example.org/1?utm_source=x#y", "https://example.org/1", ()),
        ("/1?a=2&amp;b=3", "https://example.org/1?a=2&b=3", ()),
        ("1", "https://example.org/news/1", ()),
        ("", "", ("no_link",)),
        ("  ", "", ("no_link",)),
        ("javascript:alert(1)", "", ("bad_link",)),
        ("https://exa mple.org/", "", ("bad_link",)),
        ("https://example.org/" + "x" * 200_000, "", ("bad_link",)),
    ],
)
def test_links_are_canonical_or_refused(link: str, url: str, cut: tuple[str, ...]) -> None:
    entry = one(RAW._replace(link=link))
    assert (entry.url, entry.cut) == (url, cut)


def test_a_missing_title_is_the_beginning_of_the_text() -> None:
    entry = one(RAW._replace(title=" ", texts=("word " * 100,)))
    assert entry.title.startswith("word word")
    assert entry.title.endswith("…")
    assert len(entry.title) <= 120


def test_long_fields_are_cut_with_their_reasons() -> None:
    limits = Limits(max_entries=5, max_title_chars=20, max_summary_chars=50)
    entry = one(RAW._replace(title="word " * 10, texts=("text " * 20, "x")), limits)
    assert (len(entry.title), len(entry.summary)) <= (20, 50)
    assert entry.cut == ("title_cut", "summary_cut")
    heavy = one(RAW._replace(texts=("<i></i>" * 1000 + "end",)), limits)
    assert heavy.cut == ("summary_cut",)


def test_lists_and_names_are_capped() -> None:
    entry = one(
        RAW._replace(
            authors=tuple(map(str, range(1000))), categories=("c" * 10_000, *map(str, range(1000))), guid="g" * 10_000
        )
    )
    assert (len(entry.authors), len(entry.categories), len(entry.guid)) == (20, 50, 2000)
    assert max(map(len, entry.categories)) == 200


def test_counters_tell_what_was_left_out() -> None:
    raws = [
        RAW,
        RAW,
        RawEntry(),
        RAW._replace(guid="h", link="", dates=()),
        RAW._replace(guid="i"),
        RAW._replace(guid="j"),
    ]
    found = normalise(raws, URL, Limits(max_entries=5), NOW)
    assert [entry.guid for entry in found.entries] == ["g", "h", "i"]
    assert found.counters == {"entries_cut": 1, "no_content": 1, "repeated_entry": 1, "no_link": 1, "date_missing": 1}


def test_repeated_guids_are_told_on_each_entry() -> None:
    found = normalise([RAW, RAW._replace(title="Other", link="https://example.org/2")], URL, Limits(), NOW)
    assert [entry.cut for entry in found.entries] == [("repeated_guid",)] * 2
    assert len({entry.identity for entry in found.entries}) == 2


def test_only_what_an_entry_says_changes_its_content_hash() -> None:
    before = one(RAW._replace(texts=("<p>One</p><p>Two</p>",)))
    restyled = one(RAW._replace(title=" Title ", texts=("<div>One<br/> Two</div>",), dates=(), categories=("new",)))
    edited = one(RAW._replace(texts=("<p>One</p><p>Three</p>",)))
    assert before.content_hash == restyled.content_hash
    assert before.content_hash != edited.content_hash
    assert before.identity == restyled.identity == edited.identity


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en", "en"), ("ko-KR", "ko"), ("zh_CN", "zh"), ("DEU", "deu"), ("", ""), ("english", ""), ("x", ""), ("1", "")],
)
def test_language_tags_become_codes(tag: str, code: str) -> None:
    assert language_code(tag) == code
