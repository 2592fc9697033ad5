"""Fetching over real sockets: what a well-meaning server sends, and where nobody is let to."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from config.settings import Network
from ingest.fetch import user_agent
from ingest.model import Fetched, Reason, Request
from tests.ingest.fetching import FEED, NOW, failed, fetch, fetch_all, fetched, reason
from tests.ingest.site import Raw, Reply, Site


def test_a_document_comes_with_its_validators_type_and_lifetime(site: Site) -> None:
    headers = {
        "ETag": '"one"',
        "Last-Modified": "Sun, 01 Mar 2026 11:00:00 GMT",
        "Content-Type": "application/rss+xml; charset=windows-1251",
        "Cache-Control": "max-age=300",
    }
    site.routes["/feed"] = Reply(FEED, headers=headers)
    got = fetched(fetch(site.url + "/feed"))
    assert got == Fetched(
        status=200,
        url=site.url + "/feed",
        moved_to="",
        body=FEED,
        content_type="application/rss+xml; charset=windows-1251",
        etag='"one"',
        last_modified="Sun, 01 Mar 2026 11:00:00 GMT",
        cache_max_age_s=300.0,
        received=NOW,
    )


def test_a_request_says_who_we_are_and_takes_only_what_we_can_bound(site: Site) -> None:
    site.routes["/feed"] = Reply(FEED)
    fetch(site.url + "/feed")
    headers = site.asked[0].headers
    assert headers["user-agent"] == user_agent(Network(contact="desk@example.org"))
    assert headers["user-agent"].startswith("Armswatch/")
    assert "desk@example.org" in headers["user-agent"]
    assert headers["accept-encoding"] == "gzip, deflate"
    assert not {"cookie", "authorization", "if-none-match", "if-modified-since"} & headers.keys()


def test_validators_are_sent_and_a_304_is_a_reply_without_a_body(site: Site) -> None:
    site.routes["/feed"] = Reply(FEED, headers={"ETag": '"one"'})
    got = fetched(fetch(site.url + "/feed", '"one"', "Sun, 01 Mar 2026 11:00:00 GMT"))
    assert (got.status, got.body, got.etag) == (304, b"", '"one"')
    assert site.asked[0].headers["if-none-match"] == '"one"'
    assert site.asked[0].headers["if-modified-since"] == "Sun, 01 Mar 2026 11:00:00 GMT"


def test_a_304_that_nobody_asked_for_is_a_failure(site: Site) -> None:
    site.routes["/feed"] = Reply(status=304)
    assert reason(fetch(site.url + "/feed")) is Reason.HTTP_STATUS


def test_validators_that_cannot_be_sent_back_are_dropped(site: Site) -> None:
    site.routes["/feed"] = Reply(FEED, headers={"ETag": '"één"', "Last-Modified": "x" * 2000})
    got = fetched(fetch(site.url + "/feed"))
    assert (got.etag, got.last_modified) == ("", "")


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", gzip.compress(FEED)), ("deflate", zlib.compress(FEED)), ("deflate", zlib.compress(FEED)[2:-4])],
    ids=["gzip", "deflate", "deflate without its envelope"],
)
def test_a_packed_body_is_unpacked(site: Site, coding: str, body: bytes) -> None:
    site.routes["/feed"] = Reply(body, headers={"Content-Encoding": coding})
    assert fetched(fetch(site.url + "/feed")).body == FEED


def test_a_chunked_body_is_joined(site: Site) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (FEED[:10], FEED[10:]))
    site.routes["/feed"] = Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert fetched(fetch(site.url + "/feed")).body == FEED


def test_a_body_that_ends_with_the_connection_is_taken(site: Site) -> None:
    site.routes["/feed"] = Raw(b"HTTP/1.0 200 OK\r\n\r\n" + FEED)
    assert fetched(fetch(site.url + "/feed")).body == FEED


def test_a_login_in_the_address_is_sent_and_never_shown(site: Site) -> None:
    site.routes["/feed"] = Reply(FEED)
    got = fetched(fetch(site.url.replace("://", "://me:p%40ss@") + "/feed"))
    assert site.asked[0].headers["authorization"] == "Basic bWU6cEBzcw=="
    assert "p%40ss" not in got.url


def test_cookies_are_not_kept(site: Site) -> None:
    site.routes["/feed"] = Reply(FEED, headers={"Set-Cookie": "a=b; Path=/"})
    asyncio.run(fetch_all(Request(site.url + "/feed"), Request(site.url + "/feed")))
    assert len(site.asked) == 2
    assert "cookie" not in site.asked[1].headers


def test_a_proxy_in_the_environment_is_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    site.routes["/feed"] = Reply(FEED)
    assert fetched(fetch(site.url + "/feed")).body == FEED


# statuses


@pytest.mark.parametrize(
    ("status", "retry", "expected", "wait_s"),
    [
        (404, "", Reason.HTTP_STATUS, None),
        (401, "", Reason.HTTP_STATUS, None),
        (500, "", Reason.HTTP_STATUS, None),
        (204, "", Reason.HTTP_STATUS, None),
        (302, "", Reason.HTTP_STATUS, None),
        (410, "", Reason.GONE, None),
        (429, "", Reason.RATE_LIMITED, None),
        (429, "90", Reason.RATE_LIMITED, 90.0),
        (503, "", Reason.HTTP_STATUS, None),
        (503, "Sun, 01 Mar 2026 12:05:00 GMT", Reason.RATE_LIMITED, 300.0),
    ],
)
def test_statuses_that_bring_no_document(
    site: Site, status: int, retry: str, expected: Reason, wait_s: float | None
) -> None:
    site.routes["/feed"] = Reply(b"", status, {"Retry-After": retry} if retry else {})
    got = failed(fetch(site.url + "/feed"))
    assert (got.reason, got.status, got.retry_after_s) == (expected, status, wait_s)


# redirects


def moved(target: str, status: int = 301) -> Reply:
    return Reply(status=status, headers={"Location": target})


def test_a_chain_of_permanent_redirects_is_a_move(site: Site) -> None:
    site.routes |= {"/a": moved("/b"), "/b": moved("c", 308), "/c": Reply(FEED)}
    got = fetched(fetch(site.url + "/a"))
    assert (got.body, got.url, got.moved_to) == (FEED, site.url + "/c", site.url + "/c")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_one_passing_redirect_makes_it_no_move(site: Site, status: int) -> None:
    site.routes |= {"/a": moved("/b"), "/b": moved("/c#part", status), "/c": Reply(FEED)}
    got = fetched(fetch(site.url + "/a"))
    assert (got.body, got.url, got.moved_to) == (FEED, site.url + "/c", "")


@pytest.mark.parametrize("part", ["#", "#part", "#a/b?c"])
def test_a_fragment_is_neither_sent_nor_shown(site: Site, part: str) -> None:
    site.routes |= {"/a": moved("/b" + part), "/b": Reply(FEED)}
    assert fetched(fetch(site.url + "/b" + part)).url == site.url + "/b"
    assert fetched(fetch(site.url + "/a" + part)).moved_to == site.url + "/b"
    assert site.paths() == ["/b", "/a", "/b"]


def test_a_redirect_to_another_host_is_followed_without_the_login(site: Site) -> None:
    with Site({"/feed": Reply(FEED)}) as other:
        site.routes |= {"/a": moved("/b"), "/b": moved(other.url + "/feed")}
        got = fetched(fetch(site.url.replace("://", "://me:pass@") + "/a"))
        assert got.url == other.url + "/feed"
        assert "authorization" in site.asked[1].headers
        assert "authorization" not in other.asked[0].headers


def test_ten_redirects_are_followed_and_no_more(site: Site) -> None:
    site.routes |= {f"/{n}": moved(f"/{n + 1}") for n in range(10)} | {"/10": Reply(FEED), "/loop": moved("/loop")}
    assert fetched(fetch(site.url + "/0")).body == FEED
    assert reason(fetch(site.url + "/loop")) is Reason.TOO_MANY_REDIRECTS
    assert len(site.asked) == 22


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.2/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://0.0.0.0/",
     "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "//192.168.0.1/", "http://localtest@10.0.0.1/"],
)  # fmt: skip
def test_a_redirect_to_a_private_address_is_refused(site: Site, target: str) -> None:
    site.routes["/feed"] = moved(target)
    assert reason(fetch(site.url + "/feed")) is Reason.REFUSED_ADDRESS


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "data:text/xml,x", "javascript:1"])
def test_a_redirect_to_another_scheme_is_refused(site: Site, target: str) -> None:
    site.routes["/feed"] = moved(target)
    assert reason(fetch(site.url + "/feed")) is Reason.REFUSED_SCHEME


@pytest.mark.parametrize(
    "target", ["http://[::1", "http://exa mple\x7f/", "http://" + "a" * 300 + ".example/", "http://"]
)
def test_a_redirect_that_cannot_be_read_is_a_failure(site: Site, target: str) -> None:
    site.routes["/feed"] = moved(target)
    failed(fetch(site.url + "/feed"))


# addresses


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "127.0.0.1.", "0x7f.0.0.1"],
)
def test_an_address_of_this_machine_is_refused_however_it_is_written(site: Site, host: str) -> None:
    site.routes["/feed"] = Reply(FEED)
    assert reason(fetch(f"http://{host}:{site.port}/feed", allow=())) is Reason.REFUSED_ADDRESS
    assert not site.asked


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "127.1", "１２７.0.0.1", "127。0。0。1", "①27.0.0.1"])
def test_odd_spellings_of_an_address_reach_nobody(site: Site, host: str) -> None:
    site.routes["/feed"] = Reply(FEED)
    failed(fetch(f"http://{host}:{site.port}/feed", allow=()))
    assert not site.asked


@pytest.mark.parametrize("text", ["http://good.example\\@127.0.0.1:{}/", "http://127.0.0.1:{}\\@good.example/"])
def test_an_address_that_parsers_disagree_about_reaches_nobody(site: Site, text: str) -> None:
    failed(fetch(text.format(site.port), allow=()))
    assert not site.asked


def test_a_name_that_is_let_through_may_be_private(site: Site) -> None:
    site.routes["/feed"] = Reply(FEED)
    assert fetched(fetch(f"http://localhost:{site.port}/feed", allow=("LocalHost",))).body == FEED


def test_what_a_name_lets_through_is_not_let_through_by_its_address(site: Site) -> None:
    site.routes["/feed"] = Reply(FEED)
    named, bare = (Request(f"http://{host}:{site.port}/feed") for host in ("localhost", "127.0.0.1"))
    first, second = asyncio.run(fetch_all(named, bare, allow=("localhost",)))
    fetched(first)
    assert reason(second) is Reason.REFUSED_ADDRESS


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "//127.0.0.1/", "feed"]
)
def test_other_schemes_are_refused(url: str) -> None:
    assert reason(fetch(url)) is Reason.REFUSED_SCHEME


# the connection
