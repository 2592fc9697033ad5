"""A web site on the loopback for tests: scripted replies, raw where need be, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

Handler = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """A request that the site got."""

    path: str
    headers: Mapping[str, str]


@dataclass
class Reply:
    """What a path answers with."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay_s)
        etag = self.headers.get("ETag")
        unchanged = self.status == 200 and etag is not None and asked.headers.get("if-none-match") == etag
        status, body = (304, b"") if unchanged else (self.status, self.body)
        head = {"Content-Length": str(len(body)), **self.headers}
        if status == 304:
            head.pop("Content-Length")
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode("latin-1") + body)
        await writer.drain()


class Raw(Reply):
    """Bytes as they are, and the connection closed behind them."""

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(self.body)
        await writer.drain()
        writer.close()


class Site:
    """A server on 127.0.0.1. `routes` may be changed while it runs."""

    def __init__(self, routes: Mapping[str, Handler] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Handler] = dict(routes or {})
        self.asked: list[Asked] = []
        self.under_way = 0
        self.most_under_way = 0
        self.port = 0
        self._tls = tls
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.01)  # the transports close in the loop's next turns

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            async for asked in _requests(reader):
                self.asked.append(asked)
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                try:
                    await self.routes.get(asked.path, Reply(status=404))(asked, writer)
                finally:
                    self.under_way -= 1
                if writer.is_closing():
                    break
        writer.close()


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Asked]:
    while head := await reader.readuntil(b"\r\n\r\n"):
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        yield Asked(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
