"""The demo's feeds over real sockets."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from armswatch.demo.feeds import load
from armswatch.demo.server import DemoServer

START = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SCRIPT = load()


class Watch:
    """Tells the time that the test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def server(watch: Watch) -> Iterator[DemoServer]:
    with DemoServer(SCRIPT, START, watch) as running:
        yield running


def get(
    server: DemoServer, name: str, headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    outlet = SCRIPT.outlet(name)
    host = server.url(outlet).removeprefix("http://").removesuffix(outlet.path)
    connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", outlet.path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_a_feed_grows_as_time_goes_by(server: DemoServer, watch: Watch) -> None:
    before = get(server, "demo-wire")
    watch.now_s = 2.0
    after = get(server, "demo-wire")

    assert (before[0], after[0]) == (200, 200)
    assert after[2].count(b"<item>") == before[2].count(b"<item>") + 1
    assert after[1]["Content-Type"] == "application/rss+xml"
    assert after[1]["Last-Modified"] == "Mon, 04 May 2026 10:00:02 GMT"


def test_what_the_client_has_is_not_sent_again(server: DemoServer, watch: Watch) -> None:
    _, headers, _ = get(server, "shili-wanbao")
    has = [{"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}]

    assert [get(server, "shili-wanbao", each)[0] for each in has] == [304, 304]
    assert get(server, "shili-wanbao", has[0])[2] == b""
    watch.now_s = 13.0
    assert [get(server, "shili-wanbao", each)[0] for each in has] == [200, 200]
    assert get(server, "shili-wanbao", {"If-None-Match": '"x"', **has[1]})[0] == 200


def test_one_feed_is_compressed(server: DemoServer) -> None:
    _, headers, body = get(server, "harbour-courier")

    assert headers["Content-Encoding"] == "gzip"
    assert b"<rss" in gzip.decompress(body)


def test_one_feed_fails_for_a_while(server: DemoServer, watch: Watch) -> None:
    failing = get(server, "flaky-gazette")[0]
    watch.now_s = 9.0

    assert (failing, get(server, "flaky-gazette")[0]) == (503, 200)


def test_one_feed_is_a_web_page(server: DemoServer) -> None:
    status, headers, _ = get(server, "moved-herald")

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_any_other_path_is_not_found(server: DemoServer) -> None:
    host = server.url(SCRIPT.outlets[0]).split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("GET", "/none")

    assert connection.getresponse().status == 404
    connection.close()


def test_it_says_nothing_of_clients_that_hang_up_and_leaves_nothing_behind(
    watch: Watch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = set(threading.enumerate())
    with DemoServer(SCRIPT, START, watch) as server:
        port = int(server.url(SCRIPT.outlets[0]).split(":")[2].split("/")[0])
        rude = socket.create_connection(("127.0.0.1", port))
        rude.sendall(b"GET /demo-wire.xml HTTP/1.0\r\nIf-None-Match: ")
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        rude.close()
        silent = socket.create_connection(("127.0.0.1", port))
        get(server, "demo-wire")
        start = time.monotonic()

    assert time.monotonic() - start < 4
    assert set(threading.enumerate()) == before
    assert capfd.readouterr() == ("", "")
    silent.close()
