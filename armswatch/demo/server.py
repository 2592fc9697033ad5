"""Serve the demo's feeds on loopback, each as it stands at the moment it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from armswatch.demo.documents import Document, document
from armswatch.demo.feeds import Outlet, Script


class DemoServer:
    """Serves a script's outlets on an ephemeral port of 127.0.0.1, from threads of its own, until it is closed.

    Args:
        script: what is published when.
        started: the moment that the script's times count from.
        elapsed_s: returns the seconds since then; called from the server's threads.
    """

    def __init__(self, script: Script, started: datetime, elapsed_s: Callable[[], float]) -> None:
        self._http = _Http(script, started, elapsed_s)
        # Asked every 20 ms whether it is to stop, so that a closing demo need not wait.
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="demo-feeds", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()  # waits for the answers that are on their way
        self._thread.join()

    def url(self, outlet: Outlet) -> str:
        """Return the address of an outlet's feed."""
        return f"http://127.0.0.1:{self._http.server_address[1]}{outlet.path}"


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them
    request_queue_size = 64

    def __init__(self, script: Script, started: datetime, elapsed_s: Callable[[], float]) -> None:
        self.script = script
        self.started = started
        self.elapsed_s = elapsed_s
        self.outlets = {outlet.path: outlet for outlet in script.outlets}
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that hung up: the demo's output is for the analyst."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    timeout = 1  # seconds for a request to come; HTTP/1.0, so that no connection outlives its answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        """Answer with the feed as it stands now."""
        outlet = self.server.outlets.get(self.path)
        elapsed_s = self.server.elapsed_s()
        if outlet is None:
            self._end(HTTPStatus.NOT_FOUND)
        elif elapsed_s < outlet.fails_until_s:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._send(document(outlet, self.server.script.published(outlet, elapsed_s), self.server.started))

    def _end(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, found: Document) -> None:
        last_modified = format_datetime(found.last_modified, usegmt=True)
        unchanged = self._has(found.etag, last_modified)
        self.send_response(HTTPStatus.NOT_MODIFIED if unchanged else HTTPStatus.OK)
        self.send_header("ETag", found.etag)
        self.send_header("Last-Modified", last_modified)
        if unchanged:
            self.end_headers()
            return
        self.send_header("Content-Type", found.content_type)
        if found.content_encoding:
            self.send_header("Content-Encoding", found.content_encoding)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    def _has(self, etag: str, last_modified: str) -> bool:
        """Tell whether the client has this document. The ETag goes before the date, which has only whole seconds."""
        if tags := self.headers.get("If-None-Match"):
            return etag in [tag.strip() for tag in tags.split(",")]
        return self.headers.get("If-Modified-Since") == last_modified
