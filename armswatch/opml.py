"""Subscription lists in OPML 2.0, in and out. Pure.

What OPML has no word for stands in attributes of a namespace of our own: country, kind, origin, interval, enabled.
Other readers leave those alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, get_args
from xml.sax.saxutils import quoteattr

from config.duration import format_duration
from config.feeds_text import feed_of
from config.settings import Feed, FeedKind
from core.errors import ConfigError, UserError
from core.strict_xml import Malformed, Refused, local, walk
from core.text import clean, shorten
from ingest.charset import decode
from ingest.entries import language_code
from ingest.identity import feed_id
from ingest.references import repair

NAMESPACE: Final = "urn:armswatch:opml"
KINDS: Final[tuple[str, ...]] = get_args(FeedKind)

_PREFIX: Final = "armswatch:"
_MAX_NAME_CHARS: Final = 200
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_OUTLINE: Final = re.compile(r"<(/?)(?:\w{1,40}:)?outline(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"\s([A-Za-z_][\w:.-]{0,60})\s{0,20}=\s{0,20}([\"'])")
_CLOSED: Final = re.compile(r"\s*/>")
_FEED_SCHEME: Final = re.compile(r"feed:(?://)?(?=https?://)", re.IGNORECASE)


class Outline(NamedTuple):
    """A feed as an OPML file lists it."""

    url: str  # as written; empty where only the site is named
    site: str
    name: str
    language: str
    folders: tuple[str, ...]  # outermost first, then what its categories name
    own: Mapping[str, str]  # the attributes of our namespace

    @property
    def shown(self) -> str:
        """Name it for people, in place of a file."""
        return self.url or self.site


class Plan(NamedTuple):
    """What importing an OPML file comes to."""

    add: list[Feed]
    known: list[str]  # addresses of feeds that are watched already
    repeated: list[str]  # addresses that the file lists more than once
    refused: list[tuple[str, str]]  # which, and why


class Listed(NamedTuple):
    """What an OPML file lists."""

    outlines: list[Outline]
    flaw: str = ""  # it is not well-formed, and each outline was read by itself: where, for people


def read_opml(raw: bytes, shown: str) -> Listed:
    """List the feeds of an OPML file, folders inside folders too.

    Raises:
        UserError: it is no OPML file, or none that may be read; `shown` names it.
    """
    reader = _Reader()
    text, _ = repair(decode(raw).text)
    flaw: Malformed | Refused | None = None
    try:
        walk(text.lstrip(), reader.start, reader.end, lambda _text: None)
    except (Malformed, Refused) as error:
        flaw = error
    if reader.root not in {"", "opml"}:
        raise UserError(f"{shown} is not an OPML file: it begins with <{shorten(clean(reader.root), 40)}>.")
    if flaw is None:
        return Listed(reader.outlines)
    found = _loosely(text) if reader.root and isinstance(flaw, Malformed) else []
    if not found:
        raise UserError(f"{shown} cannot be read as OPML: {flaw}.", "Export it anew from your reader.") from flaw
    return Listed(found, str(flaw))


def _loosely(text: str) -> list[Outline]:
    """Read each outline by itself: many exports don't escape the quotes and tags in their descriptions."""
    reader = _Reader()
    tags = [*_OUTLINE.finditer(text), None]
    for tag, following in pairwise(tags):
        assert tag is not None  # only the last one is
        if tag[1]:
            reader.end("outline")
            continue
        inside = text[tag.end() : following.start() if following else len(text)]
        attributes, rest = _loose_attributes(inside)
        reader.start("outline", attributes)
        if _CLOSED.match(rest):
            reader.end("outline")
    return reader.outlines


def _loose_attributes(inside: str) -> tuple[dict[str, str], str]:
    """Take what stands up to the last quote before the next attribute for a value; tell too what is behind them all."""
    found: dict[str, str] = {}
    rest = inside
    for mark, following in pairwise([*_ATTRIBUTE.finditer(inside), None]):
        assert mark is not None  # only the last one is
        value, _, rest = inside[mark.end() : following.start() if following else len(inside)].rpartition(mark[2])
        found.setdefault(mark[1], html.unescape(value))
    return found, rest


def plan(outlines: Iterable[Outline], there: Sequence[Feed]) -> Plan:
    """Decide what of a list to add to the feeds that are there. The same address spelt otherwise is the same feed."""
    known = {feed_id(feed.url) for feed in there}
    taken: set[str] = set()
    result = Plan([], [], [], [])
    for outline in outlines:
        if not outline.url:
            result.refused.append((outline.site, f"no feed is named; look for one: armswatch feeds add {outline.site}"))
            continue
        try:
            feed = _feed(outline)
        except ConfigError as error:
            why = "; ".join(f"{each.key}: {each.wanted}" if each.key else each.wanted for each in error.mistakes)
            result.refused.append((outline.shown, why))
            continue
        identity = feed_id(feed.url)
        if identity in known:
            result.known.append(feed.url)
        elif identity in taken:
            result.repeated.append(feed.url)
        else:
            taken.add(identity)
            result.add.append(feed)
    return result


def write_opml(feeds: Sequence[Feed]) -> str:
    """Write feeds as OPML 2.0, one folder for each kind of outlet, in the order that they are listed in."""
    folders: dict[str, list[Feed]] = {}
    for feed in feeds:
        folders.setdefault(feed.kind, []).append(feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:armswatch="{NAMESPACE}">',
        "  <head><title>Feeds of Armswatch</title></head>",
        "  <body>",
    ]
    for kind, members in folders.items():
        lines += [f"    <outline text={quoteattr(kind.replace('_', ' '))}>"]
        lines += [f"      <outline {_attributes(feed)}/>" for feed in members]
        lines += ["    </outline>"]
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _attributes(feed: Feed) -> str:
    values = {
        "type": "rss",
        "text": feed.name or feed.url,
        "title": feed.name,
        "xmlUrl": feed.url,
        "language": feed.language,
        "category": f"/{feed.kind}",
        f"{_PREFIX}country": feed.country,
        f"{_PREFIX}kind": feed.kind,
        f"{_PREFIX}origin": feed.origin,
        f"{_PREFIX}interval": format_duration(feed.interval) if feed.interval else "",
        f"{_PREFIX}enabled": "" if feed.enabled else "false",
    }
    return " ".join(f"{name}={quoteattr(_ILLEGAL.sub('', value))}" for name, value in values.items() if value)


def _feed(outline: Outline) -> Feed:
    """Make a feed of an outline.

    Raises:
        ConfigError: it isn't fit to be one.
    """
    url = _FEED_SCHEME.sub("", outline.url, count=1)
    if url.lower().startswith("feed://"):
        url = f"http{url[4:]}"
    own = outline.own
    values: dict[str, str | bool] = {
        "url": url,
        "name": "" if outline.name == outline.url else shorten(clean(outline.name), _MAX_NAME_CHARS),
        "language": language_code(outline.language),
        "kind": own.get("kind") or _kind(outline.folders),
        **{key: own[key] for key in ("country", "origin", "interval") if own.get(key)},
    }
    if own.get("enabled", "").lower() == "false":
        values["enabled"] = False
    return feed_of(values, outline.shown)


def _kind(folders: Sequence[str]) -> str:
    """Take the innermost folder or category that names a kind of outlet."""
    named = (re.sub(r"[\s-]+", "_", folder.strip().lower()) for folder in reversed(folders))
    return next((kind for kind in named if kind in KINDS), "other")


class _Reader:
    """Gathers the outlines that are feeds, with the folders that they stand in."""

    def __init__(self) -> None:
        self.root = ""
        self.outlines: list[Outline] = []
        self._folders: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.root = self.root or local(name)
        if local(name) != "outline":
            return
        found = {key.lower(): value.strip() for key, value in attributes.items()}
        said = found.get("title") or found.get("text", "")
        url = found.get("xmlurl", "") or (
            found.get("url", "") if found.get("type", "").lower() in {"rss", "atom"} else ""
        )
        if url or found.get("htmlurl"):
            categories = (part for part in re.split(r"[/,]", found.get("category", "")) if part.strip())
            own = {key.removeprefix(_PREFIX): value for key, value in found.items() if key.startswith(_PREFIX)}
            self.outlines.append(
                Outline(
                    url, found.get("htmlurl", ""), said, found.get("language", ""), (*self._folders, *categories), own
                )
            )
        self._folders.append(said)

    def end(self, name: str) -> None:
        if local(name) == "outline" and self._folders:
            self._folders.pop()
