"""Where a site may have its feeds: what its page links to, what its robots.txt names, and the usual places. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from core.urls import canonical
from ingest.sitemap import same_site

MAX_LINKED = 10
MAX_SITEMAPS = 3
ROBOTS_BYTES = 500_000  # as much as others read of it too
_PAGE_CHARS = 1_000_000
_AGENT = "Armswatch"

_TAG = re.compile(r"<(link|a|base)\s((?:[^<>\"']|\"[^\"<]{0,4000}\"|'[^'<]{0,4000}'){1,4000}+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_TYPES = frozenset(
    f"application/{kind}" for kind in ("rss+xml", "atom+xml", "feed+json", "rdf+xml", "xml", "rss", "atom")
) | {"text/xml"}
_LOOKS_LIKE_FEED = re.compile(r"(?:^|[/._-])(?:rss|feeds?|atom)(?:[/._-]|$)|\.(?:rss|atom|rdf)$", re.IGNORECASE)
_COMMENTS = re.compile(r"comments?(?:[/._-]|$)|%D0%BA%D0%BE%D0%BC", re.IGNORECASE)
_USUAL = (
    *("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml"),
    *("news-sitemap.xml", "sitemap-news.xml", "sitemap_news.xml"),
)


class Robots(NamedTuple):
    """What a site asks of programs."""

    rules: RobotFileParser | None  # None: it asks for nothing
    sitemaps: tuple[str, ...] = ()  # those named for news

    def allows(self, url: str) -> bool:
        """Tell whether an address may be tried that nobody has given or linked to."""
        return self.rules is None or self.rules.can_fetch(_AGENT, url)


def read_robots(text: str, url: str) -> Robots:
    """Read a robots.txt that came from this address."""
    rules = RobotFileParser()
    rules.parse(text[:ROBOTS_BYTES].splitlines())
    named = (urljoin(url, sitemap) for sitemap in rules.site_maps() or ())
    return Robots(rules, _distinct((each for each in named if "news" in each.lower()), MAX_SITEMAPS))


def linked(page: str, url: str) -> tuple[str, ...]:
    """List what a page offers as its feeds, best first: then links on the same site that look like one.

    Args:
        page: its text.
        url: the address that it came from.
    """
    base, offered, named = url, [], []
    for match in _TAG.finditer(page, 0, _PAGE_CHARS):
        attributes = _attributes(match[2])
        href = attributes.get("href", "").strip()
        tag = match[1].lower()
        if tag == "base":
            base = _joined(url, href)
        elif tag == "link" and _is_feed(attributes):
            offered.append(_joined(base, href))
        elif tag == "a" and _LOOKS_LIKE_FEED.search(urlsplit(_joined(base, href)).path):
            named.append(_joined(base, href))
    named = [each for each in named if same_site(each, url)]
    comments = [each for each in offered if _COMMENTS.search(each)]
    return _distinct((*(each for each in offered if each not in comments), *named, *comments), MAX_LINKED)


def usual_places(url: str) -> tuple[str, ...]:
    """List where feeds commonly are: below the page itself, then at the root of its site."""
    section = urlsplit(url).path.strip("/")
    below = [urljoin(url, f"/{section}/feed")] if section and "." not in section else []
    return _distinct((*below, *(urljoin(url, f"/{place}") for place in _USUAL)), len(_USUAL) + 1)


def _is_feed(attributes: dict[str, str]) -> bool:
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    return "alternate" in attributes.get("rel", "").lower().split() and kind in _TYPES


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), html.unescape("".join(values)))
    return found


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return base


def _distinct(urls: Iterable[str], limit: int) -> tuple[str, ...]:
    """Keep the first of each address, of those that can be fetched."""
    once: dict[str, str] = {}
    for url in urls:
        if (key := canonical(url)) and len(once) < limit:
            once.setdefault(key, url.partition("#")[0])
    return tuple(once.values())
