"""Whole documents, from bytes to entries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.entries import Limits
from ingest.model import Document, Failed, Reason
from ingest.parse import parse_document

NOW = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://example.org/news/feed"
RSS_HEAD = '<?xml version="1.0"?><rss version="2.0"><channel><title>A &amp; B</title><language>en-us</language>'
RSS_TAIL = "</channel></rss>"


def parse(text: str | bytes, limits: Limits | None = None) -> Document:
    result = attempt(text, limits)
    assert isinstance(result, Document)
    return result


def attempt(text: str | bytes, limits: Limits | None = None) -> Document | Failed:
    body = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return parse_document(body, "", URL, limits or Limits(), NOW)


def rss(item: str, channel: str = "") -> str:
    return f"{RSS_HEAD}{channel}<item>{item}</item>{RSS_TAIL}"


def test_rss_is_read() -> None:
    found = parse(
        rss(
            "<title>T</title><link>/1</link><guid isPermaLink='false'>g</guid><description>&lt;p&gt;S&lt;/p&gt;</description>"
            "<pubDate>Fri, 21 Nov 2025 19:00:00 KST</pubDate><author>a@example.org (A)</author><category>c</category>"
        )
    )
    (entry,) = found.entries
    assert (found.format, found.title, found.language, found.counters) == ("rss20", "A & B", "en", {})
    assert (entry.title, entry.summary, entry.url, entry.guid) == ("T", "S", "https://example.org/1", "g")
    assert (entry.published, entry.published_doubt) == (datetime(2025, 11, 21, 10, tzinfo=UTC), "")
    assert (entry.authors, entry.categories) == (("A",), ("c",))


def test_atom_is_read_with_its_base_address() -> None:
    (entry,) = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://other.org/x/"><title>T</title>'
        '<entry xml:lang="fr"><id>tag:x</id><title type="html">&lt;b&gt;a&lt;/b&gt; &amp;amp; b</title>'
        '<link rel="self" href="self"/><link href="y"/><link rel="enclosure" href="z"/>'
        '<updated>2025-11-21T10:00:00Z</updated><published>2025-11-20T10:00:00Z</published><summary>short</summary>'
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>long</p><p>text</p></div></content>'
        "<author><name>A</name></author><category term='c' label='C'/></entry></feed>"
    ).entries  # fmt: skip
    assert (entry.title, entry.summary, entry.url) == ("a & b", "long text", "https://other.org/x/y")
    assert entry.published == datetime(2025, 11, 20, 10, tzinfo=UTC)
    assert (entry.language, entry.authors, entry.categories) == ("fr", ("A",), ("c",))


def test_rdf_is_read() -> None:
    found = parse(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="x"><title>T</title></channel><item rdf:about="https://example.org/1"><title>t</title><link>https://example.org/1</link>'
        "<dc:date>2025-11-21T10:00:00Z</dc:date><dc:creator>A</dc:creator><dc:subject>c</dc:subject></item></rdf:RDF>"
    )
    (entry,) = found.entries
    assert (found.format, entry.guid, entry.authors, entry.categories) == (
        "rss10",
        "https://example.org/1",
        ("A",),
        ("c",),
    )
    assert entry.published is not None


def test_json_feed_is_read() -> None:
    found = parse(
        '{"version":"https://jsonfeed.org/version/1.1","title":"<b>T</b>","language":"ko","items":[{"id":"1","url":"/1","content_html":"<p>x</p>"}]}'
    )
    assert (found.format, found.title, found.language) == ("json11", "T", "ko")
    assert (found.entries[0].url, found.entries[0].title) == ("https://example.org/1", "x")
    assert attempt('{"error": 1}') == Failed(Reason.NOT_A_FEED, "JSON without a list of items")


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>https://example.org/g</guid>", "https://example.org/g"),
        ("<guid>12345</guid>", ""),
        ("<guid isPermaLink='false'>https://example.org/g</guid>", ""),
        ("<guid>12345</guid><link>/l</link>", "https://example.org/l"),
        ("<link></link><guid>x</guid>", ""),
        ("<link>https://example.org/?a=1&b=2</link>", "https://example.org/?a=1&b=2"),
        ("<atom:link xmlns:atom='http://www.w3.org/2005/Atom' href='/h' type='text/plain'/>", "https://example.org/h"),
    ],
)
def test_a_guid_is_a_link_only_when_it_is_an_address(item: str, url: str) -> None:
    assert parse(rss(f"<title>t</title>{item}")).entries[0].url == url


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [
        ("", None),
        ("<ttl>15</ttl>", 900.0),
        ("<ttl>soon</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<ttl>999999999</ttl>", 31_536_000.0),
        ("<ttl>9999999999</ttl>", None),
        ("<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'> hourly </sy:updatePeriod>", 3600.0),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21_600.0),
        ("<sy:updatePeriod>whenever</sy:updatePeriod>", None),
    ],
)
def test_the_feeds_own_interval_is_read(channel: str, seconds: float | None) -> None:
    text = rss("<title>t</title>", channel).replace(
        "<rss ", "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' "
    )
    assert parse(text).ttl_s == seconds


def test_a_broken_document_gives_what_it_held_and_says_so() -> None:
    found = parse(rss("<title>AT&T & x</title><link>https://example.org/1?a=1&b=2</link>"))
    assert found.counters[Reason.MALFORMED] == 1
    assert found.entries[0].title == "AT&T & x"
    assert found.entries[0].url == "https://example.org/1?a=1&b=2"


def test_a_document_that_cannot_be_repaired_gives_what_it_held_too() -> None:
    found = parse(rss("<title>one</title><p:x>unbound</p:x></b>"))
    assert found.counters[Reason.MALFORMED] == 1
    assert [entry.title for entry in found.entries] == ["one"]


def test_what_stands_around_a_feed_does_not_disturb_it() -> None:
    found = parse("<br/><b>Warning</b>: x\n" + rss("<title>t</title>") + "<script>x<y</script>")
    assert Reason.MALFORMED not in found.counters
    assert [entry.title for entry in found.entries] == ["t"]


@pytest.mark.parametrize(
    "odd",
    [
        "<image><media:credit role='x'><b>c</b></media:credit></image>",
        "<georss:point>1 2<width>x</width></georss:point>",
        "<textinput><entry><x>y</x></entry></textinput>",
        "<image><category/><body type='xhtml'>x</body></image>",
    ],
)
def test_an_odd_element_that_makes_the_parser_raise_costs_only_itself(odd: str) -> None:
    head = RSS_HEAD.replace(
        "<rss ", "<rss xmlns:media='http://search.yahoo.com/mrss/' xmlns:georss='http://www.georss.org/georss' "
    )
    found = parse(f"{head}{odd}<item><title>t</title><link>/1</link><pubDate>2025-11-21</pubDate></item>{RSS_TAIL}")
    assert [(entry.title, entry.url, entry.published_doubt) for entry in found.entries][-1] == (
        "t",
        "https://example.org/1",
        "date_no_time",
    )


def test_a_document_that_always_makes_the_parser_raise_is_an_error() -> None:
    result = attempt("<rss><channel><item><link>x<item/></link></item></channel></rss>")
    assert isinstance(result, Failed)
    assert result.reason == Reason.PARSE_ERROR


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#99999999999999999999;", "&#0;", "\x00", "\x1b", "\ud800", "&#x1;"]
)  # fmt: skip
def test_illegal_characters_that_make_the_parser_raise_vanish(reference: str) -> None:
    found = parse(rss(f"<title>a{reference}b</title>"))
    assert found.entries[0].title.replace("\ufffd", "").startswith("a")
    assert found.entries[0].title.endswith("b")


def test_html_is_refused_with_a_glimpse_of_it() -> None:
    result = attempt("<html><body>Access   denied\x1b[0m</body></html>")
    assert result == Failed(Reason.HTML, "<html><body>Access denied[0m</body></html>")
    assert attempt("") == Failed(Reason.EMPTY, "")


def test_what_the_parser_cannot_make_a_feed_of_is_an_error() -> None:
    result = attempt("<rss2>")
    assert isinstance(result, Failed)
    assert result.reason == Reason.NOT_A_FEED
    broken = attempt("<?xml version='1.0'?><entry/x")
    assert isinstance(broken, Failed)
    assert broken.reason == Reason.PARSE_ERROR


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse(RSS_HEAD + RSS_TAIL).entries == ()


def test_limits_hold() -> None:
    text = (
        RSS_HEAD
        + "".join(f"<item><title>{'t' * 50}</title><guid>{number}</guid></item>" for number in range(20))
        + RSS_TAIL
    )
    found = parse(text, Limits(max_entries=3, max_title_chars=10))
    assert len(found.entries) == 3
    assert {len(entry.title) for entry in found.entries} == {10}
    assert found.counters[Reason.ENTRIES_CUT] == 17
    assert found.counters[Reason.TITLE_CUT] == 3


PIECES = st.sampled_from(
    ["<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "http://a/", "</link>", "<guid>", "]]>", "<![CDATA[",
     "&", "&#x41;", "&bad;", "<!--", "-->", "<a b='", "'>", "x", " ", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "<svg>",
     "<content type='base64'>", "<source>", "<image>", "</rss>", "<?xml encoding='x'?>", "<!DOCTYPE x [", "]>", "<author>", "a@b.c"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=25).map(lambda pieces: "<rss>" + "".join(pieces)))
def test_any_mess_of_markup_is_a_document_or_a_failure(text: str) -> None:
    result = attempt(text)
    if isinstance(result, Document):
        assert all(entry.title or entry.url for entry in result.entries)
        assert len({entry.identity for entry in result.entries}) == len(result.entries)
