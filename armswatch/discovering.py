"""What `armswatch feeds add` does: find the feeds of a site, and say what each would bring; then add some.

A site is asked for its page, its robots.txt and some two dozen addresses at most, one after the other.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from armswatch.feeds_file import add_feeds
from armswatch.feedtools import Looker
from config.feeds_text import feed_of, feeds_text
from config.loader import Config
from config.settings import Feed
from core.errors import ConfigError, UserError
from core.text import shorten, terminal_safe
from core.urls import canonical
from ingest.charset import decode
from ingest.discovery import ROBOTS_BYTES, Robots, linked, read_robots, usual_places
from ingest.identity import feed_id
from ingest.model import Fetched, Reason, Request

_DEADLINES = 4  # the whole search may take as long as so many polls
_MAX_NAME_CHARS = 200
_SERVER_ERROR = 500
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def search(config: Config, address: str) -> dict[str, Any]:
    """Look for feeds at an address: of a feed, or of a site.

    Returns:
        `{"url", "feeds": [...], "tried": [...], "complete"}`. A feed is `{"url", "how", "known", "name", "language",
        "format", "entries", "new", "latest"}`; one tried in vain `{"url", "how", "stage", "reason", "detail"}`.
        `how` is `given`, `linked`, `robots` or `guessed`; `complete` is false when time ran
        out, or the site asked programs to wait.
    """
    url = address if _SCHEME.match(address) else f"https://{address}"
    return asyncio.run(_search(config, url))


async def _search(config: Config, url: str) -> dict[str, Any]:
    return await _Search(config, url).run()  # made here, since its connections belong to the loop


class _Search:
    def __init__(self, config: Config, url: str) -> None:
        self._looker = Looker(config)
        self._seconds = config.settings.polling.deadline.total_seconds() * _DEADLINES
        self._watched = {feed_id(feed.url) for feed in config.feeds}
        self._url = url
        self._complete = True
        self._asked: set[str] = set()  # addresses, as asked and as answered
        self._feeds: list[dict[str, Any]] = []
        self._tried: list[dict[str, Any]] = []

    async def run(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._seconds):
                await self._everywhere()
        except TimeoutError:
            self._complete = False
        finally:
            await self._looker.close()
        return {"url": self._url, "feeds": self._feeds, "tried": self._tried, "complete": self._complete}

    async def _everywhere(self) -> None:
        page = await self._look(self._url, "given")
        if self._feeds or not isinstance(page, Fetched):
            return
        robots = await self._robots(page.url)
        await self._look_at(linked(decode(page.body, page.content_type).text, page.url), "linked")
        await self._look_at(robots.sitemaps, "robots")
        if not self._feeds:
            await self._look_at(filter(robots.allows, usual_places(page.url)), "guessed")

    async def _robots(self, url: str) -> Robots:
        """Ask what programs may do here. A site that can't say so for now is not searched by guessing."""
        address = urljoin(url, "/robots.txt")
        got = await self._looker.fetch(Request(address, max_bytes=ROBOTS_BYTES))
        if isinstance(got, Fetched):
            return read_robots(got.body.decode("utf-8", "replace"), got.url)
        is_away = got.status is None or got.status >= _SERVER_ERROR or got.reason == Reason.RATE_LIMITED
        return read_robots("User-agent: *\nDisallow: /", address) if is_away else Robots(None)

    async def _look_at(self, urls: Iterable[str], how: str) -> None:
        for url in urls:
            if any(each["reason"] == Reason.RATE_LIMITED for each in self._tried):
                self._complete = False
                return
            if canonical(url) not in self._asked:
                await self._look(url, how)

    async def _look(self, url: str, how: str) -> object:
        report, fetched = await self._looker.look(url)
        answered = canonical(report.get("final_url", url))
        again = answered in self._asked
        self._asked |= {canonical(url), answered}
        if report["failed"]:
            told = {key: report[key] for key in ("stage", "reason", "detail")}
            self._tried.append({"url": url, "how": how, **told})
        elif not again:
            lasting = fetched.moved_to if isinstance(fetched, Fetched) else ""
            self._feeds.append(self._found(lasting or url, how, report))
        return fetched

    def _found(self, url: str, how: str, report: Mapping[str, Any]) -> dict[str, Any]:
        entries = report["entries"]
        languages = Counter(entry["language"] for entry in entries if entry["language"])
        dates = [entry["published"] for entry in entries if entry["published"]]
        return {
            "url": url,
            "how": how,
            "known": feed_id(url) in self._watched,
            "name": shorten(report["title"], _MAX_NAME_CHARS),
            "language": report["language"] or next((code for code, _ in languages.most_common(1)), ""),
            "format": report["format"],
            "entries": len(entries),
            "new": sum(not entry["backlog"] for entry in entries),
            "latest": max(dates, default=None),
        }


def added(
    found: Mapping[str, Any],
    said: Mapping[str, str | None],
    numbers: Sequence[int],
    *,
    every: bool,
    target: Path | None,
) -> dict[str, Any]:
    """Take the feeds that are wanted of those found, and add them to a file.

    Args:
        found: what `search` gave.
        said: what the user says of the feeds; it goes before what they say of themselves.
        numbers: which are wanted, from 1; none: the first.
        every: all are wanted.
        target: the file; None: only say what would be added.

    Returns:
        `found` with `{"added": [url, ...], "lines", "written"}`.

    Raises:
        UserError: there is no such feed, several were found and none is named, or the file can't be written.
    """
    wanted = _wanted(found["feeds"], numbers, every=every)
    if target and len(found["feeds"]) > 1 and not numbers and not every:
        remedy = "Name some with --choose, or take --all."
        raise UserError(f"Several feeds were found, and nothing was written.\n{found_text(found)}\n{remedy}")
    feeds = [_feed(each, said) for each in wanted if not each["known"]]
    if target and feeds:
        add_feeds(target, feeds)
    written = str(target) if target and feeds else None
    return {**found, "added": [feed.url for feed in feeds], "lines": feeds_text(feeds), "written": written}


def check(said: Mapping[str, str | None]) -> None:
    """Hold what the user says of a feed to the rules of `feeds.yaml`.

    Raises:
        UserError: with every mistake in it.
    """
    _feed({"url": "https://outlet.example/", "name": "", "language": ""}, said)


def _wanted(feeds: list[dict[str, Any]], numbers: Sequence[int], *, every: bool) -> list[dict[str, Any]]:
    if wrong := [number for number in numbers if number > len(feeds)]:
        raise UserError(f"There is no feed number {wrong[0]}; {len(feeds)} were found.")
    return feeds if every else [feeds[number - 1] for number in dict.fromkeys(numbers)] or feeds[:1]


def _feed(found: Mapping[str, Any], said: Mapping[str, str | None]) -> Feed:
    """Make an entry of `feeds.yaml`.

    Raises:
        UserError: the user says what can't be, or the feed's address can't stand there.
    """
    of_itself = {key: found[key] for key in ("url", "name", "language")}
    try:
        return feed_of(of_itself | {key: value for key, value in said.items() if value}, found["url"])
    except ConfigError as error:
        wrong = (
            f"{'--' if said.get(each.key) else ''}{each.key}: {each.wanted} (got {each.value})"
            for each in error.mistakes
        )
        raise UserError("; ".join(wrong) + ".") from error


def found_text(found: Mapping[str, Any]) -> str:
    """Write what was found for people."""
    lines = []
    for number, feed in enumerate(found["feeds"], start=1):
        count = f"{feed['entries']} {'entry' if feed['entries'] == 1 else 'entries'}, {feed['new']} of them new"
        marks = [feed["format"], feed["language"], count, feed["how"]]
        marks += [f"latest {feed['latest'][:16]}"] if feed["latest"] else []
        marks += ["watched already"] if feed["known"] else []
        lines += [
            f"{number}. {feed['name'] or '(no title)'}",
            f"   {feed['url']}",
            f"   {' · '.join(filter(None, marks))}",
        ]
    if not found["feeds"]:
        lines.append(f"No feed was found at {found['url']}.")
        lines += [f"  {each['url']}: {each['reason']}: {each['detail']}" for each in found["tried"]]
    if added := found.get("added"):
        lines.append(f"{len(added)} added to {found['written']}." if found["written"] else "To add to feeds.yaml:")
    if not found["complete"]:
        lines.append("The site was too slow, or asks programs to wait: it was not searched to the end.")
    return "\n".join(terminal_safe(line) for line in lines)
