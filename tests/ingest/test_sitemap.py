"""Google News site maps and indexes of them: what is read, what is refused, what is counted."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.entries import Limits
from ingest.model import Document, Entry, Failed, Reason
from ingest.parse import parse_document
from ingest.sitemap import MAX_PARTS, same_site
from tests.ingest.corpus import FEEDS, needs_corpus
from tests.ingest.sitemaps import index, news, page, sitemap

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL = "https://news.example/news-sitemap.xml"


def parse(body: bytes | str, limits: Limits | None = None) -> Document | Failed:
    raw = body if isinstance(body, bytes) else body.encode()
    return parse_document(raw, "application/xml", URL, limits or Limits(), NOW)


def read(body: bytes | str, limits: Limits | None = None) -> Document:
    document = parse(body, limits)
    assert isinstance(document, Document), document
    return document


def refused(body: bytes | str) -> Failed:
    failed = parse(body)
    assert isinstance(failed, Failed), failed
    assert 0 < len(failed.detail) <= 200
    return failed


def titles(document: Document) -> list[str]:
    return [entry.title for entry in document.entries]


def test_a_news_site_map_is_read_as_a_feed() -> None:
    document = read(
        sitemap(
            news("/1", "Shells &amp; trains", keywords="arms, rail ,, arms"),
            news("/2", "Zweites", language="de-AT", date="2026-02-28"),
        )
    )
    assert (document.format, document.title, document.language) == ("sitemap-news", "The Outlet", "en")
    first, second = document.entries
    assert (first.title, first.url, first.language) == ("Shells & trains", "https://news.example/1", "en")
    assert (first.published, first.published_doubt) == (datetime(2026, 2, 28, 11, 0, tzinfo=UTC), "")
    assert first.categories == ("arms", "rail")
    assert (second.language, second.published_doubt) == ("de", Reason.DATE_NO_TIME)
    assert document.counters == {Reason.DATE_NO_TIME: 1}


def only(document: Document) -> Entry:
    (entry,) = document.entries
    return entry


def test_an_item_is_the_same_while_its_address_is() -> None:
    before = only(read(sitemap(news("/1", "First title"))))
    after = only(read(sitemap(news("/1", "Another title", date="2026-02-27T10:00:00Z"))))
    assert before.identity == after.identity
    assert before.content_hash != after.content_hash
    assert only(read(sitemap(news("/2", "First title")))).identity != before.identity


@pytest.mark.parametrize(
    ("date", "doubt"),
    [
        ("2026-02-28T10:00:00Z", ""),
        ("2026-02-28T10:00", Reason.DATE_NO_ZONE),
        ("2026-02-28", Reason.DATE_NO_TIME),
        ("2027-02-28T10:00:00Z", Reason.DATE_FUTURE),
        ("yesterday", Reason.DATE_UNREADABLE),
        ("", Reason.DATE_MISSING),
    ],
)
def test_a_date_is_doubted_like_any_feeds(date: str, doubt: str) -> None:
    assert only(read(sitemap(news("/1", "A", date=date)))).published_doubt == doubt


def test_the_last_change_stands_in_for_a_missing_date() -> None:
    body = sitemap(news("/1", "A", date="").replace("</loc>", "</loc><lastmod>2026-02-28T09:00:00+09:00</lastmod>"))
    assert only(read(body)).published == datetime(2026, 2, 28, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        sitemap(news("/1", "A")).replace("news:", "n:"),
        sitemap(news("/1", "A")).replace("xmlns:news=", "xmlns:other="),
        sitemap(news("/1", "A"))
        .replace("<url>", "<sm:url>")
        .replace("</url>", "</sm:url>")
        .replace("urlset", "sm:urlset"),
        sitemap(news("/1", "A")).replace("<loc>", "<loc>\n  ").replace("</loc>", "\n</loc>"),
        sitemap(news("/1", "<![CDATA[A]]>")),
        "<?xml version='1.0' encoding='koi8-r'?>\n<!-- made by hand -->\n" + sitemap(news("/1", "A")),
        # titles of pictures and films are not the article's
        sitemap(news("/1", "A").replace("<loc>", "<i:image><i:loc>/p</i:loc><i:title>P</i:title></i:image><loc>")),
    ],
    ids=["prefix", "undeclared", "prefixed", "space", "cdata", "declaration", "image"],
)
def test_it_is_read_as_publishers_write_it(body: str) -> None:
    entry = only(read(body))
    assert (entry.title, entry.url) == ("A", "https://news.example/1")


def test_pages_without_news_data_are_counted() -> None:
    document = read(sitemap(news("/1", "A"), page("/about"), news("/2", "")))
    assert titles(document) == ["A"]
    assert document.counters[Reason.NO_NEWS] == 2


def test_a_site_map_without_news_is_refused_and_says_what_to_look_for() -> None:
    failed = refused(sitemap(page("/a"), page("/b")))
    assert failed.reason == Reason.PLAIN_SITEMAP
    assert failed.detail == "2 pages, none with a news title; look for the outlet's news site map"


def test_a_quiet_outlets_empty_site_map_is_no_failure() -> None:
    assert read(sitemap()).entries == ()


def test_an_address_that_comes_twice_is_one_item_and_the_first_counts() -> None:
    document = read(sitemap(news("/1", "New"), news("/2", "B"), news("/1", "Old")))
    assert titles(document) == ["New", "B"]
    assert document.counters[Reason.REPEATED_ENTRY] == 1


def test_items_without_an_address_are_kept_apart() -> None:
    bare = news("/1", "A").replace("<loc>https://news.example/1</loc>", "")
    document = read(sitemap(bare, bare.replace(">A<", ">B<")))
    assert titles(document) == ["A", "B"]
    assert document.entries[0].cut == (Reason.NO_LINK,)


def test_more_than_the_limit_is_cut_and_counted() -> None:
    document = read(sitemap(*(news(f"/{n}", f"T {n}") for n in range(7))), Limits(max_entries=5))
    assert (len(document.entries), document.counters[Reason.ENTRIES_CUT]) == (5, 2)


def test_a_site_map_that_ends_early_keeps_what_was_whole() -> None:
    whole = sitemap(news("/1", "A"), news("/2", "B"))
    document = read(whole[: whole.rindex("<news:title>") + 5])
    assert titles(document) == ["A"]
    assert document.counters[Reason.TRUNCATED_DOCUMENT] == 1


def test_one_broken_entry_costs_itself_alone() -> None:
    document = read(sitemap(news("/1", "A"), news("/2", "B </i> C"), news("/3", "D"), "<url><loc>/4"))
    assert titles(document) == ["A", "D"]
    assert document.counters[Reason.MALFORMED] == 3  # the document, and two of its entries


def test_a_bare_ampersand_is_put_right() -> None:
    document = read(sitemap(news("/1?a=1&b=2", "Q&A")))
    assert (only(document).url, only(document).title) == ("https://news.example/1?a=1&b=2", "Q&A")
    assert document.counters[Reason.MALFORMED] == 1


DEEP = "<a>" * 50_000
ENTITIES = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))


@pytest.mark.parametrize(
    "body",
    [
        f"<!DOCTYPE urlset [<!ENTITY e0 'lol'>{ENTITIES}]>" + sitemap(news("/1", "&e11;")),
        "<!DOCTYPE urlset SYSTEM 'file:///etc/passwd'>" + sitemap(news("/1", "A")),
        "<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + sitemap(news("/1", "&x;")),
        sitemap(f"<url>{DEEP}"),
        sitemap("<b></i>", f"<url>{DEEP}"),
    ],
    ids=["expansion", "external type", "external entity", "deep", "deep in a broken one"],
)
def test_hostile_xml_is_refused_at_once(body: str) -> None:
    began = time.process_time()
    assert refused(body).reason == Reason.PARSE_ERROR
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "body",
    [
        sitemap(news("/1", "A").replace("<url>", "<url " + " ".join(f"a{n}='1'" for n in range(50_000)) + ">")),
        sitemap(news("/1", "A").replace("</news:title>", f"</news:title><news:genres>{'x' * 5_000_000}</news:genres>")),
        sitemap("<url>" * 90, "</url>" * 90, "<url>" * 50_000),
        sitemap(*(["<x></y>"] + [page(f"/{n}") for n in range(20_000)] + [news("/1", "A")])),
        sitemap(news("/1", "A", keywords="k," * 200_000)),
    ],
    ids=["attributes", "long text", "unclosed", "many broken", "keywords"],
)
def test_what_is_large_takes_time_in_proportion(body: str) -> None:
    began = time.process_time()
    parse(body)
    assert time.process_time() - began < 4


@pytest.mark.parametrize("inside", ["</url>", "<url><loc>", "<url></loc>"])
def test_a_broken_site_map_without_a_whole_entry_is_a_failure(inside: str) -> None:
    assert refused(sitemap(inside)[:-11]).reason == Reason.PARSE_ERROR


# ------ indexes


def test_an_index_names_what_to_read_in_its_place() -> None:
    document = read(
        index(
            ("https://news.example/post-sitemap.xml", "2026-03-01T00:00:00Z"),
            ("https://news.example/news-old.xml", "2026-02-01T00:00:00Z"),
            ("/news-new.xml", "2026-02-28"),
            ("https://www.news.example/tags.xml", ""),
        )
    )
    assert document.format == "sitemap-index"
    assert document.entries == ()
    assert [part.removeprefix("https://") for part in document.parts] == [
        "news.example/news-new.xml",
        "news.example/news-old.xml",
        "news.example/post-sitemap.xml",
        "www.news.example/tags.xml",
    ]
    assert document.counters == {}


def test_only_the_newest_few_of_an_index_are_read() -> None:
    document = read(index(*((f"/{n:02}.xml", f"2026-01-{n:02}") for n in range(1, 21))))
    assert document.parts == tuple(f"https://news.example/{n}.xml" for n in range(20, 20 - MAX_PARTS, -1))
    assert document.counters[Reason.PARTS_CUT] == 20 - MAX_PARTS


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://other.example/a.xml",
        "https://badnews.example/a.xml",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "javascript:1",
        "",
        URL,
        "http://[",
    ],
)
def test_an_index_leads_nowhere_but_to_its_own_site(elsewhere: str) -> None:
    assert refused(index((elsewhere, ""))).reason == Reason.NOT_A_FEED
    document = read(index((elsewhere, ""), ("/a.xml", ""), ("/a.xml", "")))
    assert document.parts == ("https://news.example/a.xml",)
    assert document.counters[Reason.PARTS_CUT] == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/", "http://a.example/x", True),
        ("https://www.a.example/", "http://a.example/x", True),
        ("https://maps.a.example/", "http://www.a.example/x", True),
        ("https://aa.example/", "http://a.example/x", False),
        ("https://", "http://a.example/x", False),
    ],
)
def test_hosts_of_one_site(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same
    assert same_site(other, one) is same


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(st.lists(TEXTS, max_size=5, unique=True), st.randoms())
def test_the_order_of_entries_changes_nothing_about_them(said: list[str], random: object) -> None:
    rows = [news(f"/{n}", f"x{text}".translate({38: "&amp;", 60: "&lt;"})) for n, text in enumerate(said)]
    there = read(sitemap(*rows))
    back = read(sitemap(*reversed(rows)))
    assert set(there.entries) == set(back.entries)
    assert len(there.entries) == len(said)


PIECES = ["<url>", "</url>", "<loc>", "</loc>", "<news:title>", "</news:title>", "a", "&", "<", ">", "]]>"]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_whatever_stands_in_a_site_map_is_a_value(inside: list[str]) -> None:
    assert isinstance(parse(sitemap(*inside)), Document | Failed)


@needs_corpus
@pytest.mark.parametrize(
    ("name", "count", "language"),
    [
        ("wapo_news_sitemap.xml", 4, "en"),
        ("crawler-_shinpaideshou-news-sitemap.xml", 3, "en"),
        ("flightline_news_sitemap.xml", 7, "en"),
        ("hgaruna_news_sitemap.xml", 7, "es"),
    ],
)
def test_real_news_site_maps_are_read_whole(name: str, count: int, language: str) -> None:
    document = read((FEEDS / name).read_bytes())
    assert len(document.entries) == count
    assert document.language == language
    for entry in document.entries:
        assert entry.title
        assert entry.url.startswith("https://")
        assert entry.published is not None
    doubts = {code for code in document.counters if code.startswith("date_")}
    assert doubts <= {Reason.DATE_FUTURE}


@needs_corpus
@pytest.mark.parametrize(
    ("name", "pages"), [("crawler-_hebdenbridgetimes-articles-sitemap.xml", 74), ("flightline_sitemap.xml", 144)]
)
def test_real_site_maps_without_news_say_so(name: str, pages: int) -> None:
    failed = refused((FEEDS / name).read_bytes())
    assert failed.reason == Reason.PLAIN_SITEMAP
    assert failed.detail.startswith(f"{pages} pages")
