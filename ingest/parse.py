"""Bytes of a feed document to a `Document`: the only place that knows the feed parser.

Pure, but not to be trusted with hostile bytes outside a worker process: time and memory are limited there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple

import feedparser

from core.text import clean, shorten
from ingest.charset import decode
from ingest.cut import Pieces, take_apart
from ingest.entries import Limits, RawEntry, Recollection, language_code, normalise, plain
from ingest.guards import essentials, guard
from ingest.identity import Undecided
from ingest.jsonfeed import read_json
from ingest.memory import Recalled, recall, remember
from ingest.model import Document, Failed, Reason
from ingest.references import repair
from ingest.sitemap import read_sitemap
from ingest.sniff import Feed, sniff

feedparser.api.PREFERRED_XML_PARSERS = []  # looked for on disk at every call otherwise; expat remains
_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_MAX_TITLE_CHARS = 200
_MAX_TITLE_MARKUP = 10_000
_PERIOD_S = {"hourly": 3600, "daily": 86400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_LONGEST_TTL_S = 31_536_000.0


class _Found(NamedTuple):
    """What a parser found, of either kind."""

    format: str
    title: str
    language: str
    entries: Sequence[RawEntry | Recollection]
    counters: Counter[str]
    ttl_s: float | None = None


class _Prepared(NamedTuple):
    """An XML document as the parser can be given it."""

    data: bytes
    counters: Counter[str]
    pieces: Pieces | None  # None: it is parsed as a whole or not at all


def parse_document(
    body: bytes, content_type: str, url: str, limits: Limits, now: datetime, memory: bytes = b""
) -> Document | Failed:
    """Parse a feed document that was fetched from `url` at `now`.

    With the memory of the feed's last document, which must have been parsed under the same limits, entries that it held
    byte for byte aren't parsed again: they are the result's `known` ones.
    """
    text, reasons = decode(body, content_type)
    feed = sniff(text)
    if isinstance(feed, Reason):
        return Failed(feed, shorten(clean(text[:200]), 80))
    if feed.kind == "sitemap":
        return read_sitemap(text[feed.start :], feed.root, url, limits, now, reasons)
    if feed.kind == "json":
        json = read_json(text)
        if isinstance(json, Failed):
            return json
        return _document(_Found(*json, counters=Counter(reasons)), None, url, limits, now)
    recalled = recall(memory)
    prepared = _prepare(text[feed.start :], feed, url, limits, reasons, recalled)
    return _increment(prepared, recalled, url, limits, now) or _whole(prepared, url, limits, now)


def _prepare(text: str, feed: Feed, url: str, limits: Limits, reasons: Iterable[str], recalled: Recalled) -> _Prepared:
    text, guarded = guard(text, feed.root, limits.max_entries)
    text, repairs = repair(text)
    counters = Counter(reasons) + Counter(guarded)
    if repairs:
        counters[Reason.MALFORMED] = 1
    data = text.encode("utf-8", "replace")
    return _Prepared(data, counters, take_apart(data, url, recalled.contexts(), recalled.tag))


def _increment(prepared: _Prepared, recalled: Recalled, url: str, limits: Limits, now: datetime) -> Document | None:
    """Parse the entries that aren't known; None where that would do no good, or might tell another tale."""
    pieces = prepared.pieces
    if pieces is None or not any(pieces.cut):
        return None
    parsed = _parse(pieces.rest)
    if isinstance(parsed, Failed) or parsed.bozo or len(parsed.entries) != pieces.cut.count(False):
        return None
    raws = map(_raw, parsed.entries)
    entries = [
        recalled.entries[key.context][key.digest] if key and is_cut else next(raws)
        for key, is_cut in zip(pieces.keys, pieces.cut, strict=True)
    ]
    try:
        return _document(_found(parsed, entries, prepared.counters), pieces, url, limits, now)
    except Undecided:
        return None


def _whole(prepared: _Prepared, url: str, limits: Limits, now: datetime) -> Document | Failed:
    counters = Counter(prepared.counters)
    parsed = _parse(prepared.data)
    is_usual = not isinstance(parsed, Failed) and not parsed.bozo
    if isinstance(parsed, Failed) and parsed.reason == Reason.PARSE_ERROR:
        counters[Reason.MARKUP_CUT] += 1
        parsed = _parse(essentials(prepared.data.decode()).encode())
    if isinstance(parsed, Failed):
        return parsed
    if parsed.bozo:
        if not parsed.version and not parsed.entries:
            return Failed(Reason.PARSE_ERROR, shorten(clean(str(parsed.bozo_exception)[:200]), 100))
        counters[Reason.MALFORMED] = 1
    pieces = prepared.pieces if is_usual else None
    if pieces and len(pieces.keys) != len(parsed.entries):
        pieces = None
    return _document(_found(parsed, [_raw(entry) for entry in parsed.entries], counters), pieces, url, limits, now)


def _found(parsed: Any, entries: Sequence[RawEntry | Recollection], counters: Counter[str]) -> _Found:
    return _Found(
        format=parsed.version or "unknown",
        title=_text(parsed.feed, "title"),
        language=_text(parsed.feed, "language"),
        entries=entries,
        counters=counters,
        ttl_s=_ttl(parsed.feed),
    )


def _document(found: _Found, pieces: Pieces | None, url: str, limits: Limits, now: datetime) -> Document:
    """Make the document; its entries are remembered where there are pieces that are their bytes."""
    entries, counted, known, recollections = normalise(found.entries, url, limits, now)
    return Document(
        format=found.format,
        title=shorten(plain(found.title[:_MAX_TITLE_MARKUP]), _MAX_TITLE_CHARS),
        language=language_code(found.language),
        entries=entries,
        counters=dict(found.counters + Counter(counted)),
        ttl_s=found.ttl_s,
        known=known,
        memory=remember(pieces.tag, pieces.keys, recollections) if pieces else b"",
    )


def _parse(data: bytes) -> Any:
    """Call the parser. Returns its result, or the failure when it raised: it raises whatever it stumbles over."""
    try:
        # BytesIO, since bytes would be tried as a file name; the HTML is ours to clean, and links to resolve.
        return feedparser.parse(
            BytesIO(data),
            response_headers=_HEADERS,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # noqa: BLE001 - see above
        reason = Reason.PARSE_MEMORY if isinstance(error, MemoryError) else Reason.PARSE_ERROR
        return Failed(reason, f"{type(error).__name__}: {shorten(clean(str(error)[:200]), 100)}")


def _raw(entry: Mapping[str, Any]) -> RawEntry:
    texts = [_text(entry, "summary"), *(_text(part, "value") for part in _parts(entry, "content"))]
    authors = [_text(author, "name") for author in _parts(entry, "authors")] or [_text(entry, "author")]
    return RawEntry(
        guid=_text(entry, "id"),
        link=_link(entry),
        title=_text(entry, "title"),
        texts=tuple(dict.fromkeys(texts)),
        dates=tuple(_text(entry, key) for key in ("published", "updated", "created")),
        language=_text(entry, "language") or _text(_part(entry, "title_detail"), "language"),
        authors=tuple(authors),
        categories=tuple(_text(tag, "term") or _text(tag, "label") for tag in _parts(entry, "tags")),
    )


def _link(entry: Mapping[str, Any]) -> str:
    """Take the link; a GUID stands in for it only when it is a whole address, since many aren't links at all."""
    link = _text(entry, "link")
    links = [_text(part, "href") for part in _parts(entry, "links") if _text(part, "rel") == "alternate"]
    if link and (link in links or "://" in link):
        return link
    return next((href for href in links if href), "") or ("" if link == _text(entry, "id") else link)


def _text(found: Mapping[str, Any], key: str) -> str:
    # Not the parser's own lookup: that one looks under other keys too, and warns of it.
    value = dict.get(found, key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else ""


def _part(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = dict.get(found, key) if isinstance(found, dict) else None
    return value if isinstance(value, dict) else {}


def _parts(found: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    value = dict.get(found, key) if isinstance(found, dict) else None
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _ttl(feed: Mapping[str, Any]) -> float | None:
    """Read how often the feed wants to be asked: RSS `ttl` in minutes, or the syndication module's period."""
    minutes = _number([_text(feed, "ttl")])
    if minutes:
        return min(minutes * 60, _LONGEST_TTL_S)
    period = _PERIOD_S.get(_text(feed, "sy_updateperiod").strip().lower())
    return period / (_number([_text(feed, "sy_updatefrequency")]) or 1.0) if period else None


def _number(texts: Iterable[str]) -> float:
    for text in texts:
        digits = text.strip()
        if digits.isdecimal() and len(digits) <= 9:  # noqa: PLR2004 - anything longer is no interval
            return float(digits)
    return 0.0
