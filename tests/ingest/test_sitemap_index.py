"""Site maps and their indexes polled by the real stage over real sockets, within one poll's bounds."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

import pytest

from ingest.model import Reason
from ingest.outcome import PollDone
from stream.sqlite import SqliteLog
from tests.ingest.running import feeds, items, one, running, settings, state_of
from tests.ingest.site import Reply, Site
from tests.ingest.sitemaps import index, news, page, sitemap

GZIP = {"Content-Type": "application/gzip"}


def poll(
    log: SqliteLog, site: Site, path: str = "/index.xml", between: Callable[[], None] | None = None, **polling: object
) -> PollDone:
    """Poll, and once more when something is to happen in between; give the last outcome."""
    with running(log, feeds(site.url + path), settings(**polling)) as ingest:
        done = one(ingest.poll_all())
        if between is None:
            return done
        between()
        return one(ingest.poll_all())


def serve(site: Site, path: str, body: str | bytes, headers: dict[str, str] | None = None) -> None:
    site.routes[path] = Reply(body if isinstance(body, bytes) else body.encode(), headers=headers or {})


def titles(log: SqliteLog) -> list[str]:
    return sorted(item.title for item in items(log))


def test_a_gzipped_news_site_map_brings_items(site: Site, log: SqliteLog) -> None:
    serve(site, "/news.xml.gz", gzip.compress(sitemap(news("/1", "A"), news("/2", "B")).encode()), GZIP)
    done = poll(log, site, "/news.xml.gz")
    assert (done.outcome, done.new) == ("ok", 2)
    assert titles(log) == ["A", "B"]
    assert {item.source.name for item in items(log)} == {"The Outlet"}


@pytest.mark.parametrize("coding", [{}, {"Content-Encoding": "gzip"}])
def test_a_gzipped_site_map_is_inflated_within_the_cap(site: Site, log: SqliteLog, coding: dict[str, str]) -> None:
    serve(site, "/bomb.xml.gz", gzip.compress(sitemap(news("/1", "A" * 5_000_000)).encode()), GZIP | coding)
    assert poll(log, site, "/bomb.xml.gz", max_body_bytes=1_000_000).outcome == Reason.TOO_LARGE


def test_a_plain_site_map_is_refused(site: Site, log: SqliteLog) -> None:
    serve(site, "/sitemap.xml", sitemap(page("/1")))
    assert poll(log, site, "/sitemap.xml").outcome == Reason.PLAIN_SITEMAP


def test_an_index_is_read_through_its_site_maps(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/a.xml", "2026-02-27"), ("/b.xml.gz", "2026-02-28")))
    serve(site, "/a.xml", sitemap(news("/1", "Old words"), news("/2", "B")))
    serve(site, "/b.xml.gz", gzip.compress(sitemap(news("/3", "C"), news("/1", "New words")).encode()), GZIP)
    done = poll(log, site)
    assert (done.outcome, done.new) == ("ok", 3)
    assert titles(log) == ["B", "C", "New words"]
    assert site.paths() == ["/index.xml", "/b.xml.gz", "/a.xml"]
    assert state_of(log, site.url + "/index.xml").counters == {Reason.REPEATED_ENTRY: 1}


def test_news_is_found_though_the_index_itself_has_not_changed(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/a.xml", "")), {"ETag": '"1"'})
    serve(site, "/a.xml", sitemap(news("/1", "A")))
    done = poll(log, site, between=lambda: serve(site, "/a.xml", sitemap(news("/2", "B"), news("/1", "A"))))
    assert (done.outcome, done.new, titles(log)) == ("ok", 1, ["A", "B"])


def test_an_index_whose_site_maps_are_as_before_is_unchanged(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/a.xml", "2026-02-01")), {"ETag": '"1"'})
    serve(site, "/a.xml", sitemap(news("/1", "A")))
    done = poll(log, site, between=lambda: serve(site, "/index.xml", index(("/a.xml", "2026-02-02"))))
    assert (done.outcome, done.new) == ("unchanged", 0)


def test_a_site_map_that_fails_costs_itself_alone(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/a.xml", ""), ("/gone.xml", ""), ("/plain.xml", ""), ("/in.xml", "")))
    serve(site, "/a.xml", sitemap(news("/1", "A")))
    serve(site, "/plain.xml", sitemap(page("/2")))
    serve(site, "/in.xml", index(("/a.xml", "")))
    assert poll(log, site).outcome == "ok"
    assert titles(log) == ["A"]
    assert state_of(log, site.url + "/index.xml").counters == {Reason.PART_FAILED: 3}


def test_an_index_of_which_nothing_can_be_read_fails_with_the_first_reason(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/gone.xml", ""), ("/plain.xml", "")))
    site.routes["/gone.xml"] = Reply(status=410)
    serve(site, "/plain.xml", sitemap(page("/2")))
    done = poll(log, site)
    assert done.outcome == Reason.HTTP_STATUS  # not `gone`, which would be the feed
    assert done.detail.startswith(f"{site.url}/gone.xml: 410")


def test_the_whole_poll_has_one_deadline_and_keeps_what_came_in_time(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/news.xml", ""), ("/slow.xml", ""), ("/slower.xml", "")))
    serve(site, "/news.xml", sitemap(news("/1", "A")))
    for path in ("/slow.xml", "/slower.xml"):
        site.routes[path] = Reply(sitemap(news(path, path)).encode(), delay_s=20)
    began = time.monotonic()
    assert poll(log, site, deadline="2s").outcome == "ok"
    assert time.monotonic() - began < 6
    assert titles(log) == ["A"]
    assert state_of(log, site.url + "/index.xml").counters == {Reason.PART_FAILED: 2}


def test_an_index_that_is_never_answered_ends_at_the_deadline(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/slow.xml", "")))
    site.routes["/slow.xml"] = Reply(delay_s=20)
    assert poll(log, site, deadline="1s").outcome == Reason.DEADLINE


def test_all_of_an_index_together_keep_to_the_cap_of_one_document(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/a.xml", ""), ("/b.xml", ""), ("/c.xml", "")))
    for name in "abc":
        serve(site, f"/{name}.xml", sitemap(news(f"/{name}", name)) + " " * 1500)
    assert poll(log, site, max_body_bytes=4000).outcome == "ok"
    assert titles(log) == ["a"]
    assert state_of(log, site.url + "/index.xml").counters == {Reason.PART_FAILED: 2}


def test_a_part_after_the_cap_was_met_to_the_byte_is_not_asked_for(site: Site, log: SqliteLog) -> None:
    body = index(("/a.xml", ""), ("/b.xml", ""))
    serve(site, "/index.xml", body)
    serve(site, "/a.xml", sitemap(news("/a", "a")).ljust(3000 - len(body)))
    assert poll(log, site, max_body_bytes=3000).outcome == "ok"
    assert site.paths() == ["/index.xml", "/a.xml"]


def test_entries_of_all_together_keep_to_the_limit(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/a.xml", ""), ("/b.xml", "")))
    for name in "ab":
        serve(site, f"/{name}.xml", sitemap(*(news(f"/{name}{n}", f"{name}{n}") for n in range(4))))
    poll(log, site, max_entries=5)
    assert titles(log) == ["a0", "a1", "a2", "a3", "b0"]
    assert state_of(log, site.url + "/index.xml").counters == {Reason.ENTRIES_CUT: 3}


def test_a_redirected_site_map_cannot_lead_to_a_private_address(site: Site, log: SqliteLog) -> None:
    serve(site, "/index.xml", index(("/a.xml", "")))
    site.routes["/a.xml"] = Reply(status=302, headers={"Location": "http://169.254.169.254/latest"})
    assert poll(log, site).outcome == Reason.REFUSED_ADDRESS
