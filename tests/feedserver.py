"""A small HTTP server on loopback that behaves as the test says: well, slowly, rudely.

with FeedServer() as server:
    server.route("/a.xml", Reply(b"<rss/>", etag='"1"'))           # conditional GET is answered with 304
    server.route("/b.xml", Reply(status=503), Reply(b"<rss/>"))    # one after the other; the last one stays
    server.route("/c.xml", lambda asked: Reply(asked.headers["user-agent"].encode()))
    server.route("/d.xml", Drip(b"x" * 100, every_s=0.1), Reset(), Hang(), Raw(b"not HTTP"))
    fetch(server.url("/a.xml"))
    assert server.count("/a.xml") == 1
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_NO_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


@dataclass(frozen=True)
class Asked:
    """A request as it came. Header names are in lower case."""

    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    number: int  # of this path: 1, 2, ...


@dataclass(frozen=True)
class Reply:
    """A well-formed answer. With `etag` or `last_modified`, a request that already has it gets a 304."""

    body: bytes = b""
    status: int = 200
    content_type: str | None = "application/rss+xml"
    etag: str = ""
    last_modified: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    content_length: int | None = None  # to lie about it


@dataclass(frozen=True)
class Drip:
    """A good head, then the body a few bytes at a time."""

    body: bytes
    every_s: float
    chunk: int = 1
    content_type: str = "application/rss+xml"


@dataclass(frozen=True)
class Reset:
    """Send this, then break the connection with a TCP reset."""

    after: bytes = b""


@dataclass(frozen=True)
class Hang:
    """Send this, then nothing, until the server is closed."""

    after: bytes = b""


@dataclass(frozen=True)
class Raw:
    """Send exactly these bytes, HTTP or not, then close the connection."""

    data: bytes


Answer = Reply | Drip | Reset | Hang | Raw
Route = Answer | Callable[[Asked], Answer]


def not_modified(reply: Reply, headers: Mapping[str, str]) -> bool:
    """Tell whether a conditional request needs no body (RFC 9110: `If-None-Match` goes before the date)."""
    if tags := headers.get("if-none-match", ""):
        return bool(reply.etag) and reply.etag in [tag.strip() for tag in tags.split(",")]
    since = headers.get("if-modified-since", "")
    if not (since and reply.last_modified):
        return False
    return parsedate_to_datetime(reply.last_modified) <= parsedate_to_datetime(since)


@dataclass
class _State:
    """What the test's thread and the handlers' threads share."""

    routes: dict[str, list[Route]] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for every handler
    request_queue_size = 256

    def __init__(self, state: _State) -> None:
        self.state = state
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.state.lock:
            self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.state.lock:
            self.open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that a client keeps open."""
        with self.state.lock:
            for connection in self.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up is no error of the test; anything else is raised when the server closes.
        error = sys.exception()
        if error is not None and not isinstance(error, (ConnectionError, TimeoutError)):
            self.state.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept alive
    server: _Http

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        asked, route = self._note()
        answer = route(asked) if callable(route) else route
        match answer:
            case Reply():
                self._reply(answer, asked)
            case Drip():
                self._drip(answer)
            case Reset(after) | Hang(after) | Raw(after):
                self.close_connection = True
                self.connection.sendall(after)
        if isinstance(answer, Hang):
            self.server.state.closing.wait()
        if isinstance(answer, Reset):
            # Lingering for no time makes the close a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    do_HEAD = do_GET  # noqa: N815

    def _note(self) -> tuple[Asked, Route]:
        state = self.server.state
        path = self.path.partition("?")[0]
        with state.lock:
            number = 1 + sum(1 for earlier in state.requests if earlier.path.partition("?")[0] == path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, number)
            state.requests.append(asked)
            routes = state.routes.get(path, [Reply(b"no such page", status=404, content_type="text/plain")])
            return asked, routes[min(number, len(routes)) - 1]

    def _reply(self, reply: Reply, asked: Asked) -> None:
        status = 304 if reply.status == HTTPStatus.OK and not_modified(reply, asked.headers) else reply.status
        self.send_response(status)
        if reply.etag:
            self.send_header("ETag", reply.etag)
        if reply.last_modified:
            self.send_header("Last-Modified", reply.last_modified)
        for name, value in reply.headers:
            self.send_header(name, value)
        if status in _NO_BODY:
            self.end_headers()
            return
        if reply.content_type is not None:
            self.send_header("Content-Type", reply.content_type)
        length = len(reply.body) if reply.content_length is None else reply.content_length
        self.send_header("Content-Length", str(length))
        self.close_connection = self.close_connection or length != len(reply.body)
        self.end_headers()
        if asked.method != "HEAD":
            self.wfile.write(reply.body)

    def _drip(self, drip: Drip) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", drip.content_type)
        self.send_header("Content-Length", str(len(drip.body)))
        self.end_headers()
        for start in range(0, len(drip.body), drip.chunk):
            self.wfile.write(drip.body[start : start + drip.chunk])
            if self.server.state.closing.wait(drip.every_s):
                return


class FeedServer:
    """Serves routes on an ephemeral port of 127.0.0.1 from a thread of its own, while the `with` block runs."""

    def __init__(self) -> None:
        self._state = _State()
        self._http = _Http(self._state)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), name="feedserver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state.closing.set()
        self._http.shutdown()
        self._http.hang_up()
        self._http.server_close()
        self._thread.join()
        if self._state.errors and error is None:
            raise ExceptionGroup("in the test's routes", [e for e in self._state.errors if isinstance(e, Exception)])

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def route(self, path: str, *answers: Route) -> str:
        """Answer a path, whatever its query: with each answer in turn, then with the last one. Return its URL.

        May be called again at any time; the turn is by the number of requests of the path since the start.
        """
        with self._state.lock:
            self._state.routes[path] = list(answers)
        return self.url(path)

    @property
    def requests(self) -> list[Asked]:
        """Every request so far, in order of arrival."""
        with self._state.lock:
            return list(self._state.requests)

    def asked(self, path: str) -> list[Asked]:
        """The requests of one path, whatever their query."""
        return [asked for asked in self.requests if asked.path.partition("?")[0] == path]

    def count(self, path: str) -> int:
        return len(self.asked(path))
