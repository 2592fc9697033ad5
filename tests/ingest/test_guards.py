"""What would stall the parser is cut, and nothing of an ordinary feed is."""

from __future__ import annotations

import time

import pytest

from ingest.guards import MAX_AUTHOR_CHARS, MAX_CATEGORIES, Guarded, guard
from ingest.model import Reason

HEAD = "<rss><channel><title>T</title>"
TAIL = "</channel></rss>"


def rss(*items: str) -> str:
    return HEAD + "".join(f"<item><title>t</title>{item}</item>" for item in items) + TAIL


def run(text: str, max_entries: int = 10) -> Guarded:
    return guard(text, "rss", max_entries)


def test_an_ordinary_feed_is_untouched() -> None:
    text = rss(
        "<author>a@example.org (A B)</author><category>x</category>",
        '<description><![CDATA[<p class="x">a</p>]]></description><category domain="d"><![CDATA[y]]></category>',
        f"<dc:creator>{'n' * MAX_AUTHOR_CHARS}</dc:creator><author/>",
    )
    assert run(text) == Guarded(text, {})


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<author>", "</author>"),
        ("<author><![CDATA[", "]]></author>"),
        ("<dc:creator>", "</dc:creator>"),
        ("<managingEditor>", "</managingEditor >"),
        ('<media:keywords x="y">', "</media:keywords>"),
        ("<author>", "</dc:creator>"),
    ],
)
def test_a_long_author_or_keyword_list_is_shortened(opening: str, closing: str) -> None:
    text, counters = run(rss(f"{opening}{'a,' * 32_000}{closing}<guid>after</guid>"))
    assert len(text) < 2000
    assert "<guid>after</guid>" in text
    assert counters == {Reason.MARKUP_CUT: 1}


def test_a_long_author_keeps_no_half_of_its_markup() -> None:
    text, _ = run(rss(f"<author>{'<b>x</b>&amp;' * 1000}</author>"))
    inside = text.split("<author>")[1].split("</author>")[0]
    assert not set("<>&") & set(inside)


def test_an_author_that_is_never_closed_swallows_nothing() -> None:
    text = rss(f"<author>{'a' * 5000}", "<author>b</author>")
    assert run(text) == Guarded(text, {})
    assert run(rss(f"<author>{'a' * 5000}")).counters == {}


def test_an_element_with_thousands_of_attributes_loses_them() -> None:
    many = " ".join(f'a{number}="{number}"' for number in range(3000))
    text, counters = run(rss(f"<x {many}/><y {many}>z</y>"))
    assert "<x/><y>z</y>" in text
    assert counters == {Reason.MARKUP_CUT: 2}


def test_a_huge_attribute_goes_and_a_long_address_stays() -> None:
    link = f'<enclosure url="http://example.org/{"x" * 3000}"/>'
    text, counters = run(rss(f'<x a="{"y" * 100_000}>"/>', link))
    assert "<x/>" in text
    assert link in text
    assert counters == {Reason.MARKUP_CUT: 1}


def test_long_text_after_a_tag_is_no_long_tag() -> None:
    text = rss('<description type="text">' + "it's > " * 1000 + "</description>")
    assert run(text) == Guarded(text, {})
    unclosed = rss("<description " + "x" * 3000)
    assert run(unclosed).counters == {}


@pytest.mark.parametrize(
    "form",
    [
        "<category>{}</category>",
        "<category><![CDATA[{}]]></category>",
        '<category term="{}"/>',
        "<dc:subject>{}</dc:subject>",
    ],
)
def test_an_entry_keeps_so_many_categories(form: str) -> None:
    many = "".join(form.format(number) for number in range(10_000))
    few = "".join(form.format(number) for number in range(5))
    text, counters = run(rss(many, few))
    assert text.count(form.split("{", maxsplit=1)[0]) == MAX_CATEGORIES + 5
    assert text.endswith(f"{few}</item>{TAIL}")
    assert counters == {Reason.MARKUP_CUT: 1}


def test_many_categories_over_many_entries_are_fine() -> None:
    text = rss(*(["<category>x</category>" * 50] * 10))
    assert run(text) == Guarded(text, {})


def test_entries_past_the_limit_are_cut_and_the_document_is_closed() -> None:
    text, counters = run(rss(*"abcdef"), max_entries=4)
    assert text == HEAD + "".join(f"<item><title>t</title>{item}</item>" for item in "abcd") + TAIL
    assert counters == {Reason.ENTRIES_CUT: 2}
    atom = "<feed>" + "<entry/>" * 5 + "</feed>"
    assert guard(atom, "feed", 3) == Guarded("<feed><entry/><entry/><entry/></feed>", {Reason.ENTRIES_CUT: 2})


def test_a_truncated_document_loses_the_entry_it_is_cut_in() -> None:
    whole = rss("a", "b")
    text, counters = run(whole[: whole.rindex("</item>")] + "<guid>http://exa")
    assert text == rss("a")
    assert counters == {Reason.TRUNCATED_DOCUMENT: 1}


def test_a_document_truncated_before_its_first_entry_ends_stays_as_it_is() -> None:
    text = HEAD + "<item><title>t"
    assert run(text) == Guarded(text, {Reason.TRUNCATED_DOCUMENT: 1})


def test_what_follows_the_document_is_dropped() -> None:
    assert run(rss("a") + "<!-- cached --><script>x()</script>") == Guarded(rss("a"), {})
    assert run(rss("a")[:-1]) == Guarded(rss("a"), {})
    assert guard("<rss/>", "rss", 5) == Guarded("<rss/>", {})
    assert guard("<channel><item/>", "channel", 5).text == "<channel><item/>"
    assert guard("<channel><item></item>", "channel", 5).text == "<channel><item></item></channel>"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "<item>" * 200_000,
        HEAD + "<author>" * 200_000 + TAIL,
        HEAD + "<author>" * 100_000 + "</author>" * 100_000 + TAIL,
        HEAD + "<category>" * 200_000 + TAIL,
        HEAD + "<category><![CDATA[" * 100_000 + TAIL,
        HEAD + '<a b="' * 200_000 + TAIL,
        HEAD + "<a b='\"" * 200_000 + TAIL,
        HEAD + "<a " + " \"'" * 500_000 + TAIL,
        HEAD + " " * 2_000_000 + TAIL,
        "<rss " * 300_000,
        "</rss" * 300_000,
        "<a:" * 300_000,
    ],
)
def test_the_guards_themselves_take_linear_time(text: str) -> None:
    started = time.process_time()
    run(text)
    assert time.process_time() - started < 3
