"""Fetching over real sockets: what fails, and what a hostile server sends."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import socket
import ssl
import time
import zlib

import pytest
import trustme

from ingest.model import Failed, Fetched, Reason, Request
from tests.ingest.fetching import FEED, failed, fetch, fetch_all, fetched, reason
from tests.ingest.site import Asked, Raw, Reply, Site


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
