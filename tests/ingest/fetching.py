"""Fetches for tests, and what came of them."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

from config.settings import Network, Polling
from ingest.fetch import Fetcher
from ingest.model import Failed, Fetched, Reason, Request

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FEED = b"<rss><channel><title>x</title></channel></rss>"
LOOPBACK = ("127.0.0.1",)


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
