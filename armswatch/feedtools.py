"""What `armswatch feeds` does: list, and test one feed."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

import msgspec

from armswatch.clock import utc_now
from config.loader import Config
from config.settings import Feed
from core.text import shorten, terminal_safe
from core.types import FeedState, Item, Source
from ingest.changes import ChangeRules, decide
from ingest.entries import Limits
from ingest.fetch import Fetcher
from ingest.identity import feed_id
from ingest.model import Document, Failed, Fetched, Request
from ingest.parse_pool import ParserPool
from ingest.sitemap_index import Bounds, read_parts

_SHOWN = 10


def listing(config: Config) -> list[dict[str, Any]]:
    """Give every feed as configured."""
    return [{"id": feed_id(feed.url), **feed.model_dump(mode="json")} for feed in config.feeds]


def row_text(row: dict[str, Any]) -> str:
    """Write one feed for people."""
    marks = " ".join(
        filter(None, (row["language"], row["country"], row["kind"], row["origin"] and f"({row['origin']})"))
    )
    off = "" if row["enabled"] else "  [not enabled]"
    return terminal_safe(f"{row['name'] or row['url']}  {marks}{off}\n    {row['url']}")


def test(config: Config, url: str) -> dict[str, Any]:
    """Fetch and parse a feed as a first poll would; store nothing.

    Returns:
        `{"url", "failed", "stage", "reason", "detail", "status", "final_url", "bytes", "format", "title", "language",
        "entries": [...], "counters": {...}}`, keys that don't apply left out.
    """
    return asyncio.run(_test(config, url))


async def _test(config: Config, url: str) -> dict[str, Any]:
    looker = Looker(config)
    try:
        return (await looker.look(url)).report
    finally:
        await looker.close()


class Look(NamedTuple):
    """What became of one address."""

    report: dict[str, Any]  # as `test` gives it
    fetched: Fetched | Failed


class Looker:
    """Looks at addresses as a first poll would. Belongs to one event loop; close it there."""

    def __init__(self, config: Config) -> None:
        polling = config.settings.polling
        self._config = config
        self._fetcher = Fetcher(config.settings.network, polling, clock=utc_now)
        limits = Limits(polling.max_entries, polling.max_title_chars, polling.max_summary_chars)
        self._pool = ParserPool(
            processes=1, cpu=polling.parse_cpu, memory_bytes=polling.parse_memory_bytes, limits=limits
        )

    async def fetch(self, request: Request) -> Fetched | Failed:
        """Fetch, with the guards and within the deadline of a poll."""
        return await self._fetcher.fetch(request)

    async def look(self, url: str) -> Look:
        """Fetch and parse an address; an index of site maps is read through them."""
        began = time.monotonic()
        fetched = await self._fetcher.fetch(Request(url))
        if isinstance(fetched, Failed):
            told = {"stage": "fetch", "reason": fetched.reason.value, "detail": fetched.detail}
            return Look({"url": url, "failed": True, **told}, fetched)
        document = await self._pool.parse(fetched.body, fetched.content_type, fetched.url)
        whole = fetched
        if isinstance(document, Document) and document.parts:
            polling = self._config.settings.polling
            seconds = polling.deadline.total_seconds() - (time.monotonic() - began)
            left = Bounds(seconds, polling.max_body_bytes - len(fetched.body), polling.max_entries)
            read = await read_parts(document, fetched, self._fetcher.fetch, self._pool.parse, left)
            whole, document = (fetched, read) if isinstance(read, Failed) else (read.fetched, read.document)
        return Look(_report(self._config, url, whole, document), fetched)

    async def close(self) -> None:
        """Close connections and end the parse worker."""
        await self._pool.close()
        await self._fetcher.close()


def _report(config: Config, url: str, fetched: Fetched, document: Document | Failed) -> dict[str, Any]:
    head = {"url": url, "status": fetched.status, "final_url": fetched.url, "bytes": len(fetched.body)}
    if isinstance(document, Failed):
        return {**head, "failed": True, "stage": "parse", "reason": document.reason.value, "detail": document.detail}
    feed = next((each for each in config.feeds if each.url == url), Feed(url=url))
    source = Source(feed_id(url), feed.name or document.title, url, feed.language, feed.country, feed.kind, feed.origin)
    polling = config.settings.polling
    rules = ChangeRules(polling.backlog_age, polling.remember)
    changes = decide(FeedState(id=source.feed, url=url), document, source=source, now=fetched.received, rules=rules)
    return {
        **head,
        "failed": False,
        "stage": "",
        "format": document.format,
        "title": document.title,
        "language": document.language,
        "entries": [_decision(item) for item in changes.items],
        "counters": dict(document.counters),
    }


def _decision(item: Item) -> dict[str, Any]:
    fields = ("id", "title", "url", "published", "published_doubt", "backlog", "language", "guid", "cut")
    whole: dict[str, Any] = msgspec.to_builtins(item)
    return {field: whole[field] for field in fields} | {"summary_chars": len(item.summary)}


def report_text(report: dict[str, Any]) -> str:
    """Write the report of `test` for people."""
    if report["failed"]:
        what = "could not be fetched" if report["stage"] == "fetch" else "is not a feed that can be used"
        return terminal_safe(f"{report['url']} {what}: {report['reason']}: {report['detail']}")
    entries = report["entries"]
    fresh = sum(not entry["backlog"] for entry in entries)
    lines = [
        f"{report['title'] or '(no title)'}",
        f"{report['format']}, {report['bytes']:,} bytes, {report['language'] or 'no language'}",
        f"{len(entries)} entries: {fresh} would count as new at a first poll, {len(entries) - fresh} as backlog.",
    ]
    if report["final_url"] != report["url"]:
        lines.append(f"answered from {report['final_url']}")
    for entry in entries[:_SHOWN]:
        marks = [
            entry["published"] or "no date",
            entry["published_doubt"],
            *entry["cut"],
            "backlog" if entry["backlog"] else "new",
        ]
        where = entry["url"] or "no link"
        lines += [f"  {shorten(entry['title'], 90)}", f"      {' · '.join(filter(None, marks))}", f"      {where}"]
    if len(entries) > _SHOWN:
        lines.append(f"  ... and {len(entries) - _SHOWN} more (--json shows all)")
    if report["counters"]:
        lines.append("counted: " + ", ".join(f"{code} {count}" for code, count in sorted(report["counters"].items())))
    return "\n".join(terminal_safe(line) for line in lines)
