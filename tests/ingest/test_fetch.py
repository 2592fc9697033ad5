"""Fetching over real sockets: what a well-meaning server sends, and what a hostile one does."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from config.settings import Network, Polling
from ingest.fetch import Fetcher, user_agent
from ingest.model import Failed, Fetched, Reason, Request
from tests.ingest.site import Asked, Raw, Reply, Site

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FEED = b"<rss><channel><title>x</title></channel></rss>"
LOOPBACK = ("127.0.0.1",)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


async def fetch_all(
    *requests: Request,
    allow: tuple[str, ...] = LOOPBACK,
    deadline_s: float = 10,
    max_bytes: int = 1_000_000,
    tls: ssl.SSLContext | None = None,
) -> list[Fetched | Failed]:
    polling = Polling(deadline=timedelta(seconds=deadline_s), max_body_bytes=max_bytes)
    network = Network(allow_private=list(allow), contact="desk@example.org")
    fetcher = Fetcher(network, polling, clock=lambda: NOW, tls=tls)
    try:
        return [await fetcher.fetch(request) for request in requests]
    finally:
        await fetcher.close()


def fetch(
    url: str,
    etag: str = "",
    last_modified: str = "",
    *,
    allow: tuple[str, ...] = LOOPBACK,
    deadline_s: float = 10,
    max_bytes: int = 1_000_000,
    tls: ssl.SSLContext | None = None,
) -> Fetched | Failed:
    request = Request(url, etag, last_modified)
    (result,) = asyncio.run(fetch_all(request, allow=allow, deadline_s=deadline_s, max_bytes=max_bytes, tls=tls))
    return result


def fetched(result: Fetched | Failed) -> Fetched:
    assert isinstance(result, Fetched), result
    return result


def failed(result: Fetched | Failed) -> Failed:
    assert isinstance(result, Failed), result
    assert len(result.detail) <= 200
    assert result.detail.isprintable()
    assert result.detail
    return result


def reason(result: Fetched | Failed) -> Reason:
    return failed(result).reason


# what a reply brings


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


def test_a_name_that_does_not_resolve() -> None:
    assert reason(fetch("http://nowhere.invalid/feed")) is Reason.DNS


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        assert reason(fetch(f"http://127.0.0.1:{held.getsockname()[1]}/")) is Reason.CONNECT


async def reset(asked: Asked, writer: asyncio.StreamWriter) -> None:
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


async def hang_up(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset_in_body(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
    await writer.drain()
    await asyncio.sleep(0.05)
    await reset(asked, writer)


def test_a_connection_that_is_reset_or_closed_before_a_reply(site: Site) -> None:
    site.routes |= {"/reset": reset, "/closed": hang_up}
    assert reason(fetch(site.url + "/reset")) is Reason.CONNECT
    assert reason(fetch(site.url + "/closed")) is Reason.CONNECT


def test_a_connection_that_is_reset_in_the_body(site: Site) -> None:
    site.routes["/feed"] = reset_in_body
    assert reason(fetch(site.url + "/feed")) is Reason.PROTOCOL


def test_a_server_that_speaks_something_else(site: Site) -> None:
    site.routes["/feed"] = Raw(b"220 mail.example ESMTP\r\n\r\n")
    assert reason(fetch(site.url + "/feed")) is Reason.PROTOCOL


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX\x00: y\r\n\r\n",
    ],
    ids=["short", "cut chunk", "bad chunk", "bad length", "two lengths", "many headers", "long header", "NUL"],
)
def test_broken_framing(site: Site, reply: bytes) -> None:
    site.routes["/feed"] = Raw(reply)
    assert reason(fetch(site.url + "/feed")) is Reason.PROTOCOL


def test_headers_as_long_as_real_sites_send_are_taken(site: Site) -> None:
    headers = {"Content-Security-Policy": "x" * 20_000} | {f"X-{n}": "y" for n in range(150)}
    site.routes["/feed"] = Reply(FEED, headers=headers)
    assert fetched(fetch(site.url + "/feed")).body == FEED


# TLS


def secure_site(issuer: trustme.CA, host: str) -> Site:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issuer.issue_cert(host).configure_cert(context)
    return Site({"/feed": Reply(FEED)}, tls=context)


def test_a_certificate_must_be_trusted_and_for_that_host() -> None:
    issuer, stranger = trustme.CA(), trustme.CA()
    trusting = ssl.create_default_context()
    issuer.configure_trust(trusting)
    with secure_site(issuer, "127.0.0.1") as site:
        assert fetched(fetch(site.url + "/feed", tls=trusting)).body == FEED
        assert reason(fetch(site.url + "/feed")) is Reason.TLS
    with secure_site(stranger, "127.0.0.1") as site:
        assert reason(fetch(site.url + "/feed", tls=trusting)) is Reason.TLS
    with secure_site(issuer, "other.example") as site:
        assert reason(fetch(site.url + "/feed", tls=trusting)) is Reason.TLS


async def fetch_from_talker(greeting: bytes, scheme: str) -> Fetched | Failed:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(greet, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        return (await fetch_all(Request(f"{scheme}://127.0.0.1:{port}/")))[0]


def test_a_server_that_speaks_no_tls_behind_https() -> None:
    assert reason(asyncio.run(fetch_from_talker(b"SSH-2.0-OpenSSH_9.6\r\n", "https"))) is Reason.TLS


# time


async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def slow_head(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for n in range(1000):
        writer.write(b"X-%d: y\r\n" % n)
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize("handler", [drip, slow_head, silent], ids=["drip", "slow head", "silent"])
def test_the_deadline_is_wall_clock_whatever_trickles_in(site: Site, handler: Reply) -> None:
    site.routes["/feed"] = handler
    began = time.monotonic()
    assert reason(fetch(site.url + "/feed", deadline_s=0.4)) is Reason.DEADLINE
    assert time.monotonic() - began < 3


def test_the_deadline_covers_redirects_together(site: Site) -> None:
    site.routes |= {f"/{n}": Reply(b"", 302, {"Location": f"/{n + 1}"}, delay_s=0.15) for n in range(10)}
    assert reason(fetch(site.url + "/0", deadline_s=0.4)) is Reason.DEADLINE
    assert len(site.asked) < 5


# size


async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        await writer.drain()


def test_an_endless_body_is_cut_off_at_the_cap(site: Site) -> None:
    site.routes["/feed"] = endless
    assert reason(fetch(site.url + "/feed")) is Reason.TOO_LARGE


def test_a_body_announced_as_too_large_is_not_read(site: Site) -> None:
    site.routes["/feed"] = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\nx")
    assert "announced" in failed(fetch(site.url + "/feed")).detail


def resident_bytes() -> int:
    with open("/proc/self/statm") as numbers:  # noqa: PTH123 - not a file of ours
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1_000_000)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")  # noqa: PTH110
def test_a_gzip_bomb_is_refused_in_little_memory(site: Site) -> None:
    packed = bomb(1000)
    site.routes["/feed"] = Reply(packed, headers={"Content-Encoding": "gzip"})
    fetch(site.url + "/nothing")  # what the libraries keep is not the bomb's doing
    before = resident_bytes(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert reason(fetch(site.url + "/feed", max_bytes=10_000_000)) is Reason.TOO_LARGE
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert peak - max(before) < 40_000_000


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "gzip;x"])
def test_a_coding_that_is_stacked_or_unknown_is_refused_unread(site: Site, coding: str) -> None:
    site.routes["/feed"] = Reply(gzip.compress(gzip.compress(FEED)), headers={"Content-Encoding": coding})
    assert reason(fetch(site.url + "/feed")) is Reason.ENCODING


def test_a_cut_gzip_body_is_told_though_the_length_is_right(site: Site) -> None:
    site.routes["/feed"] = Reply(gzip.compress(FEED)[:-12], headers={"Content-Encoding": "gzip"})
    assert reason(fetch(site.url + "/feed")) is Reason.TRUNCATED


def test_what_a_server_says_cannot_forge_a_log_line(site: Site) -> None:
    site.routes["/feed"] = Raw(b"HTTP/1.1 500 \x1b[31mred" + b"y" * 900 + b"\r\nContent-Length: 0\r\n\r\n")
    failed(fetch(site.url + "/feed"))


def test_one_failure_leaves_the_next_fetch_alone(site: Site) -> None:
    site.routes |= {"/feed": Reply(FEED), "/bad": endless, "/hang": silent}
    requests = [Request(site.url + path) for path in ("/bad", "/feed", "/hang", "/feed")]
    results = asyncio.run(fetch_all(*requests, deadline_s=0.5))
    assert [isinstance(result, Fetched) for result in results] == [False, True, False, True]
