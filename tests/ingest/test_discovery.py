"""Where a site may have its feeds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.urls import is_web
from ingest.discovery import MAX_LINKED, MAX_SITEMAPS, Robots, linked, read_robots, usual_places

URL = "https://outlet.example/world/index.html"


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/rss">', "https://outlet.example/rss"),
        ("<LINK HREF=feed.xml REL='ALTERNATE' TYPE='application/atom+xml'>", "https://outlet.example/world/feed.xml"),
        ('<link href="/f?a=1&amp;b=2" rel="home alternate" type="application/feed+json"/>', "https://outlet.example/f?a=1&b=2"),
        ('<link rel=alternate type="application/rss+xml; charset=utf-8" href="//f.example/x#y">', "https://f.example/x"),
        ('<link\n rel="alternate"\n type="text/xml"\n title="a > b"\n href=" /rss "\n>', "https://outlet.example/rss"),
        ('<link rel="alternate" type="text/html" hreflang="de" href="/de">', ""),
        ('<link rel="alternate" type="application/json" href="/wp-json/posts/1">', ""),
        ('<link rel="stylesheet" type="application/rss+xml" href="/rss">', ""),
        ('<link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">', ""),
        ('<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">', ""),
        ('<link rel="alternate" type="application/rss+xml" href="http://[">', URL),
        ('<a href="/services/rss">RSS</a>', "https://outlet.example/services/rss"),
        ('<a class="x" href="https://www.outlet.example/news.rdf">', "https://www.outlet.example/news.rdf"),
        ('<a href="https://other.example/feed">', ""),
        ('<a href="/feedback">', ""),
        ('<a href="/a?rss">', ""),
        ('<base href="https://cdn.example/a/"><link rel=alternate type=application/rss+xml href=b>', "https://cdn.example/a/b"),
        ("<linked rel=alternate type=application/rss+xml href=/rss>", ""),
    ],
)  # fmt: skip
def test_what_a_page_offers_is_found(tag: str, found: str) -> None:
    assert linked(f"<html><head>{tag}</head></html>", URL) == ((found,) if found else ())


def test_feeds_of_comments_come_last_and_each_address_once() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'.format
    page = link("/comments/feed/") + link("/feed/") + link("/feed/#x") + '<a href="/rss">' + link("/feed/?lang=de")
    assert [each.removeprefix("https://outlet.example") for each in linked(page, URL)] == [
        "/feed/", "/feed/?lang=de", "/rss", "/comments/feed/",
    ]  # fmt: skip


def test_only_so_many_are_taken_of_a_page() -> None:
    page = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(100))
    assert len(linked(page, URL)) == MAX_LINKED


@pytest.mark.parametrize(
    "page", ["<link " * 200_000, "<a href=" * 200_000, "<link " + "a=' " * 200_000, "<a " + "x" * 2_000_000]
)
def test_a_hostile_page_takes_little_time(page: str) -> None:
    began = time.process_time()
    linked(page, URL)
    assert time.process_time() - began < 3


@given(
    st.lists(
        st.sampled_from(
            [
                "<link ",
                "<a ",
                "<base ",
                'href="',
                "http://[",
                "rel=alternate ",
                "type=text/xml ",
                ">",
                '"',
                "/x",
                "\\",
                "&amp;",
            ]
        )
    )
)
def test_whatever_a_page_holds_only_web_addresses_come_of_it(pieces: list[str]) -> None:
    assert all(is_web(each) for each in linked("".join(pieces), URL))


def test_the_usual_places_are_few_and_begin_at_the_section() -> None:
    places = usual_places("https://outlet.example/asia/?x=1#y")
    assert places[0] == "https://outlet.example/asia/feed"
    assert "https://outlet.example/rss.xml" in places
    assert "https://outlet.example/news-sitemap.xml" in places
    assert len(places) == 10
    assert usual_places(URL)[0] == "https://outlet.example/feed"


ROBOTS = """
User-agent: *
Disallow: /rss
User-agent: armswatch
Disallow: /feed
Sitemap: https://outlet.example/sitemap.xml
Sitemap: /news-sitemap.xml
Sitemap: https://maps.example/google-news.xml
Sitemap: file:///news
Sitemap: https://outlet.example/news2.xml
Sitemap: https://outlet.example/news3.xml
"""


def test_robots_txt_is_honoured_and_names_news_site_maps() -> None:
    robots = read_robots(ROBOTS, "https://outlet.example/robots.txt")
    assert not robots.allows("https://outlet.example/feed.xml")
    assert robots.allows("https://outlet.example/rss")  # its rules for us go before those for all
    assert robots.sitemaps == (
        "https://outlet.example/news-sitemap.xml",
        "https://maps.example/google-news.xml",
        "https://outlet.example/news2.xml",
    )
    assert len(robots.sitemaps) == MAX_SITEMAPS


def test_without_rules_everything_is_allowed() -> None:
    assert Robots(None).allows("https://outlet.example/feed")
    assert read_robots("<html>not found</html>", URL).allows("https://outlet.example/feed")
    assert read_robots("", URL).sitemaps == ()
