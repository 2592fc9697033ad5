"""Finding the feeds of a site, over real sockets."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armswatch.discovering import added, check, found_text, search
from config.loader import Config, load, load_feeds
from core.errors import UserError
from tests.config.tree import TOPIC, write
from tests.feedserver import FeedServer, Hang, Reply, Reset

RSS = (
    "<rss version='2.0'><channel><title>{0}</title><language>ko-KR</language>"
    "<item><guid>{0}</guid><title>{0} one</title><link>https://n.example/{0}</link></item></channel></rss>"
)
MAP = (
    "<urlset xmlns='x' xmlns:news='y'><url><loc>https://n.example/1</loc><news:news><news:publication><news:name>Map"
    "</news:name><news:language>en</news:language></news:publication><news:publication_date>2026-01-01T00:00:00Z"
    "</news:publication_date><news:title>T</news:title></news:news></url></urlset>"
)
LINK = '<link rel="alternate" type="application/rss+xml" href="{}">'


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def config(tmp_path: Path, *, deadline: str = "5s", allow: str = "[127.0.0.0/8]", watch: str = "") -> Config:
    feeds = f"# ours\nfeeds:\n  - url: {watch or 'https://example.org/feed.xml'}\n# end\n"
    settings = f"polling: {{deadline: {deadline}}}\nnetwork: {{allow_private: {allow}}}\ndata_dir: data\n"
    write(tmp_path, {"feeds.yaml": feeds, "armswatch.yaml": settings, "topics/arms.yaml": TOPIC})
    return load(tmp_path, {})


def page(*links: str) -> Reply:
    return Reply(f"<html><head>{''.join(map(LINK.format, links))}</head></html>".encode(), content_type="text/html")


def rss(name: str) -> Reply:
    return Reply(RSS.format(name).encode())


def urls(found: dict[str, Any], server: FeedServer) -> list[tuple[str, str]]:
    return [(feed["url"].removeprefix(server.url("")), feed["how"]) for feed in found["feeds"]]


def test_an_address_that_is_a_feed_is_that_feed_and_nothing_else_is_asked(server: FeedServer, tmp_path: Path) -> None:
    server.route("/f", rss("A"))
    found = search(config(tmp_path), server.url("/f"))
    assert found["feeds"] == [
        {"url": server.url("/f"), "how": "given", "known": False, "name": "A", "language": "ko", "format": "rss20",
         "entries": 1, "new": 0, "latest": None},
    ]  # fmt: skip
    assert (found["tried"], found["complete"], len(server.requests)) == ([], True, 1)


def test_the_links_of_a_page_are_tried_and_the_usual_places_are_not(server: FeedServer, tmp_path: Path) -> None:
    server.route("/", page("/a.xml", "/gone.xml", "/b.xml"))
    server.route("/a.xml", rss("A"))
    server.route("/b.xml", rss("B"))
    server.route("/feed", rss("Guessed"))
    found = search(config(tmp_path), server.url("/"))
    assert urls(found, server) == [("/a.xml", "linked"), ("/b.xml", "linked")]
    assert [each["reason"] for each in found["tried"]] == ["html", "http_status"]
    assert server.count("/feed") == 0


def test_news_site_maps_of_robots_txt_are_tried(server: FeedServer, tmp_path: Path) -> None:
    server.route("/", page())
    server.route("/robots.txt", Reply(f"Sitemap: {server.url('/news.xml.gz')}\nSitemap: /pages.xml".encode()))
    server.route("/news.xml.gz", Reply(gzip.compress(MAP.encode()), content_type="application/gzip"))
    found = search(config(tmp_path), server.url("/"))
    assert urls(found, server) == [("/news.xml.gz", "robots")]
    [feed] = found["feeds"]
    assert (feed["name"], feed["language"], feed["format"]) == ("Map", "en", "sitemap-news")
    assert feed["latest"] == "2026-01-01T00:00:00Z"


def test_an_index_of_site_maps_is_a_feed(server: FeedServer, tmp_path: Path) -> None:
    server.route("/index.xml", Reply(b"<sitemapindex><sitemap><loc>/m.xml</loc></sitemap></sitemapindex>"))
    server.route("/m.xml", Reply(MAP.encode()))
    [feed] = search(config(tmp_path), server.url("/index.xml"))["feeds"]
    assert (feed["format"], feed["entries"]) == ("sitemap-index", 1)
    server.route("/m.xml", Reply(status=404))
    assert search(config(tmp_path), server.url("/index.xml"))["feeds"] == []


def test_the_usual_places_are_guessed_as_robots_txt_allows(server: FeedServer, tmp_path: Path) -> None:
    server.route("/", page())
    server.route("/robots.txt", Reply(b"User-agent: *\nDisallow: /rss"))
    server.route("/rss", rss("Forbidden"))
    server.route("/feed", Reply(status=302, headers=(("Location", "/atom.xml"),)))
    server.route("/atom.xml", rss("A"))
    found = search(config(tmp_path), server.url("/"))
    assert urls(found, server) == [("/feed", "guessed")]
    assert server.count("/rss") == server.count("/rss.xml") == 0
    assert server.count("/robots.txt") == 1
    assert len(server.requests) < 20


@pytest.mark.parametrize("robots", [Reply(status=503), Reply(status=429), Reset()])
def test_a_site_that_cannot_say_what_it_allows_is_not_searched(
    server: FeedServer, tmp_path: Path, robots: Reply | Reset
) -> None:
    server.route("/", page())
    server.route("/robots.txt", robots)
    server.route("/feed", rss("A"))
    assert search(config(tmp_path), server.url("/"))["feeds"] == []
    assert server.count("/feed") == 0


def test_what_has_moved_for_good_is_taken_by_its_new_address(server: FeedServer, tmp_path: Path) -> None:
    server.route("/old", Reply(status=301, headers=(("Location", "/new"),)))
    server.route("/new", rss("A"))
    found = search(config(tmp_path), server.url("/old"))
    assert urls(found, server) == [("/new", "given")]


def test_a_page_cannot_lead_to_a_private_address(server: FeedServer, tmp_path: Path) -> None:
    with FeedServer() as inside:
        secret = inside.route("/rss", rss("Secret"))
        server.route("/", page(secret, "/bounce"))
        server.route("/bounce", Reply(status=302, headers=(("Location", secret),)))
        server.route("/robots.txt", Reply(f"Sitemap: {inside.url('/news')}".encode()))
        front = server.url("/").replace("127.0.0.1", "localhost")  # which alone is allowed, and by name
        found = search(config(tmp_path, allow="[localhost]"), front)
        assert found["feeds"] == []
        tried = {each["url"]: each["reason"] for each in found["tried"]}
        assert {tried[url] for url in (secret, f"{front}bounce", inside.url("/news"))} == {"refused_address"}
        assert inside.requests == []


def test_an_address_that_is_private_is_not_asked(server: FeedServer, tmp_path: Path) -> None:
    found = search(config(tmp_path, allow="[]"), server.route("/", rss("A")))
    assert [each["reason"] for each in found["tried"]] == ["refused_address"]
    assert server.requests == []


def test_a_slow_site_ends_the_search_and_keeps_what_was_found(server: FeedServer, tmp_path: Path) -> None:
    server.route("/", page("/a.xml", *(f"/slow{n}" for n in range(8))))
    server.route("/a.xml", rss("A"))
    for n in range(8):
        server.route(f"/slow{n}", Hang())
    began = time.monotonic()
    found = search(config(tmp_path, deadline="1s"), server.url("/"))
    assert 3 < time.monotonic() - began < 8
    assert urls(found, server) == [("/a.xml", "linked")]
    assert found["complete"] is False
    assert "not searched to the end" in found_text(found)


def test_a_site_that_asks_programs_to_wait_is_left_in_peace(server: FeedServer, tmp_path: Path) -> None:
    server.route("/", page("/a.xml", "/b.xml", "/c.xml"))
    server.route("/a.xml", rss("A"))
    server.route("/b.xml", Reply(status=429))
    found = search(config(tmp_path), server.url("/"))
    assert urls(found, server) == [("/a.xml", "linked")]
    assert (found["complete"], server.count("/c.xml")) == (False, 0)


def test_a_host_without_a_scheme_is_meant_to_be_https(tmp_path: Path) -> None:
    found = search(config(tmp_path), "127.0.0.1:1")
    assert found["url"] == "https://127.0.0.1:1"
    assert [(each["stage"], each["reason"]) for each in found["tried"]] == [("fetch", "connect")]
    assert "No feed was found at https://127.0.0.1:1." in found_text(found)


# ------ adding


@pytest.fixture
def site(server: FeedServer) -> FeedServer:
    server.route("/", page("/a.xml", "/b.xml"))
    server.route("/a.xml", rss("A"))
    server.route("/b.xml", rss("B"))
    return server


def test_without_a_choice_the_first_is_shown_and_nothing_is_written(site: FeedServer, tmp_path: Path) -> None:
    settings = config(tmp_path)
    before = (tmp_path / "feeds.yaml").read_bytes()
    report = added(search(settings, site.url("/")), {}, (), every=False, target=None)
    assert report["lines"] == f"  - url: {site.url('/a.xml')}\n    name: A\n    language: ko\n"
    assert report["written"] is None
    assert (tmp_path / "feeds.yaml").read_bytes() == before
    text = found_text(report)
    assert "1. A\n" in text
    assert "2. B\n" in text
    assert "To add to feeds.yaml:" in text


def test_what_is_chosen_is_written_as_the_user_says(site: FeedServer, tmp_path: Path) -> None:
    found = search(config(tmp_path), site.url("/"))
    target = tmp_path / "feeds.yaml"
    report = added(found, {"country": "KP", "kind": "state_media", "name": None}, (2,), every=False, target=target)
    assert (report["added"], report["written"]) == ([site.url("/b.xml")], str(target))
    feed = load_feeds(target)[-1]
    assert (feed.url, feed.name, feed.country, feed.kind) == (site.url("/b.xml"), "B", "KP", "state_media")
    assert target.read_text("utf-8").startswith("# ours\n")
    assert "1 added to" in found_text(report)


def test_all_are_written_but_those_that_are_watched_already(site: FeedServer, tmp_path: Path) -> None:
    found = search(config(tmp_path, watch=site.url("/a.xml")), site.url("/"))
    assert [feed["known"] for feed in found["feeds"]] == [True, False]
    report = added(found, {}, (), every=True, target=tmp_path / "feeds.yaml")
    assert report["added"] == [site.url("/b.xml")]
    assert "watched already" in found_text(report)


def test_several_feeds_want_a_choice_before_anything_is_written(site: FeedServer, tmp_path: Path) -> None:
    found = search(config(tmp_path), site.url("/"))
    with pytest.raises(UserError, match="--choose"):
        added(found, {}, (), every=False, target=tmp_path / "feeds.yaml")
    with pytest.raises(UserError, match="no feed number 3; 2 were found"):
        added(found, {}, (1, 3), every=False, target=None)
    with pytest.raises(UserError, match=r"--kind: .*got blog"):
        added(found, {"kind": "blog"}, (), every=False, target=None)


def test_what_the_user_says_of_a_feed_is_held_to_the_rules_at_once() -> None:
    check({"country": "KR", "kind": "wire", "name": None})
    with pytest.raises(UserError) as caught:
        check({"country": "kr", "kind": "blog", "name": "A\nB"})
    for option in ("--country", "--kind", "--name"):
        assert option in str(caught.value)
