"""The test server itself: that it misbehaves exactly as it is told."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.feedserver import Asked, Drip, FeedServer, Hang, Raw, Reply, Reset


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def get(
    server: FeedServer, path: str, headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def exchange(server: FeedServer, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = b""
        while data := raw.recv(65536):
            received += data
        return received


def test_answers_follow_each_other_and_the_last_one_stays(server: FeedServer) -> None:
    server.route("/a", Reply(b"1"), Reply(status=503), Reply(b"3"))

    statuses = [get(server, "/a?q=1")[0] for _ in range(4)]

    assert statuses == [200, 503, 200, 200]
    assert server.count("/a") == 4
    assert server.requests[0].path == "/a?q=1"


def test_a_route_may_look_at_the_request(server: FeedServer) -> None:
    server.route("/a", lambda asked: Reply(f"{asked.number} {asked.headers['user-agent']}".encode()))

    get(server, "/a", {"User-Agent": "one"})

    assert get(server, "/a", {"User-Agent": "two"})[2] == b"2 two"


def test_an_unknown_path_is_not_found(server: FeedServer) -> None:
    assert get(server, "/none")[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"If-None-Match": '"b", "a"'}, 304),
        ({"If-None-Match": '"b"', "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Wed, 31 Dec 2025 23:59:59 GMT"}, 200),
    ],
)
def test_a_conditional_request_gets_304_when_nothing_changed(
    server: FeedServer, headers: dict[str, str], status: int
) -> None:
    server.route("/a", Reply(b"x", etag='"a"', last_modified="Thu, 01 Jan 2026 00:00:00 GMT"))

    got, received, body = get(server, "/a", headers)

    assert (got, body) == (status, b"x" if status == 200 else b"")
    assert received["ETag"] == '"a"'


def test_a_date_means_nothing_to_a_reply_without_one(server: FeedServer) -> None:
    server.route("/a", Reply(b"x"))

    assert get(server, "/a", {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})[0] == 200


def test_connections_are_kept_alive(server: FeedServer) -> None:
    server.route("/a", Reply(b"x", headers=(("X-More", "1"),), content_type=None))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.connect()
    first = connection.sock

    for _ in range(2):
        connection.request("GET", "/a")
        response = connection.getresponse()
        assert (response.read(), response.headers["X-More"], response.headers["Content-Type"]) == (b"x", "1", None)

    assert connection.sock is first
    connection.close()


def test_head_brings_no_body(server: FeedServer) -> None:
    server.route("/a", Reply(b"x"))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("HEAD", "/a")
    response = connection.getresponse()

    assert (response.headers["Content-Length"], response.read()) == ("1", b"")
    connection.close()


def test_a_lie_about_the_length_ends_the_connection(server: FeedServer) -> None:
    server.route("/a", Reply(b"x", content_length=9))

    with pytest.raises(http.client.IncompleteRead):
        get(server, "/a")


def test_a_drip_takes_its_time(server: FeedServer) -> None:
    server.route("/a", Drip(b"abcd", every_s=0.05, chunk=2))
    start = time.monotonic()

    assert get(server, "/a")[2] == b"abcd"
    assert time.monotonic() - start >= 0.05


def test_a_reset_is_a_reset(server: FeedServer) -> None:
    server.route("/a", Reset())

    with pytest.raises(ConnectionResetError):
        exchange(server, "/a")


def test_raw_bytes_are_sent_as_they_are(server: FeedServer) -> None:
    server.route("/a", Raw(b"SSH-2.0-x\r\n"))

    assert exchange(server, "/a") == b"SSH-2.0-x\r\n"


@pytest.mark.parametrize("answer", [Hang(b"HTTP/1.1 200 OK\r\n"), Drip(b"x" * 1000, every_s=60)])
def test_closing_does_not_wait_for_slow_answers_nor_idle_clients(answer: Hang | Drip) -> None:
    with FeedServer() as server:
        server.route("/a", answer)
        idle = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        asking = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        asking.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asking.recv(8) == b"HTTP/1.1"
        start = time.monotonic()

    assert time.monotonic() - start < 2
    assert not [thread for thread in threading.enumerate() if thread.name == "feedserver"]
    idle.close()
    asking.close()


def test_an_error_in_a_route_is_raised_when_the_server_closes() -> None:
    def broken(asked: Asked) -> Reply:
        raise KeyError(asked.path)

    server = FeedServer()
    server.route("/a", broken)

    with pytest.raises(ExceptionGroup, match="in the test's routes"), server:
        exchange(server, "/a")
