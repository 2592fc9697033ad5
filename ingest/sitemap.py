"""Google News site maps, and indexes of site maps, to a `Document`. Pure.

A site map is read only for what it says of news (title, date, language): one that lists bare addresses is refused,
since its pages are not known to be articles, and no title is made up of an address.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import urlsplit

from core.strict_xml import Malformed, Refused, local, walk
from core.text import clean, shorten
from core.urls import canonical, resolve
from ingest.dates import read
from ingest.entries import Limits, RawEntry, language_code, normalise, plain
from ingest.model import Document, Failed, Reason
from ingest.references import repair

MAX_PARTS = 5  # site maps of an index that are read at a poll

_MAX_TITLE_CHARS = 200
_RECORDS = frozenset({"url", "sitemap"})
_KEPT = frozenset(
    {
        *("url/loc", "url/lastmod", "sitemap/loc", "sitemap/lastmod"),
        *("news/title", "news/publication_date", "news/keywords", "publication/name", "publication/language"),
    }
)
_RECORD = re.compile(r"<(?:[\w.-]{1,40}:)?(?:url|sitemap)(?=[\s/>])", re.IGNORECASE)
_RECORD_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:url|sitemap)\s*>", re.IGNORECASE)
_NEVER = datetime.min.replace(tzinfo=UTC)

Row = dict[str, str]  # `parent/child` -> text, of one page or one site map


def read_sitemap(
    text: str, root: str, url: str, limits: Limits, now: datetime, reasons: Iterable[str] = ()
) -> Document | Failed:
    """Read a site map, or an index of them: that has no entries, but `parts` to be read in its place.

    Args:
        text: from the XML declaration or the root element on.
        root: name of the root element.
        url: the address it came from.
        limits: how much is kept.
        now: when it was fetched.
        reasons: to be counted beside what is met here.
    """
    counters = Counter(reasons)
    text, repairs = repair(text)
    if repairs:
        counters[Reason.MALFORMED] = 1
    try:
        rows = _rows(text, counters)
    except Refused as refused:
        return Failed(Reason.PARSE_ERROR, f"site map: {refused}")
    if not rows and counters[Reason.MALFORMED] + counters[Reason.TRUNCATED_DOCUMENT]:
        return Failed(Reason.PARSE_ERROR, "site map: not well-formed, and no entry in it can be read")
    if local(root) == "sitemapindex":
        return _index(rows, url, now, counters)
    return _news(rows, url, limits, now, counters)


def _news(rows: list[Row], url: str, limits: Limits, now: datetime, counters: Counter[str]) -> Document | Failed:
    news = [row for row in rows if row.get("news/title")]
    if rows and not news:
        return Failed(
            Reason.PLAIN_SITEMAP, f"{len(rows)} pages, none with a news title; look for the outlet's news site map"
        )
    if len(news) < len(rows):
        counters[Reason.NO_NEWS] = len(rows) - len(news)
    once: dict[str, Row] = {}
    for number, row in enumerate(news):
        once.setdefault(row.get("url/loc") or str(number), row)
    if len(once) < len(news):
        counters[Reason.REPEATED_ENTRY] = len(news) - len(once)
    entries, counted, *_ = normalise([_raw(row) for row in once.values()], url, limits, now)
    return Document(
        format="sitemap-news",
        title=shorten(plain(_most_common(row.get("publication/name", "") for row in news)), _MAX_TITLE_CHARS),
        language=language_code(_most_common(row.get("publication/language", "") for row in news)),
        entries=entries,
        counters=dict(counters + Counter(counted)),
    )


def _raw(row: Mapping[str, str]) -> RawEntry:
    return RawEntry(
        link=row.get("url/loc", ""),
        title=row["news/title"],
        dates=(row.get("news/publication_date", ""), row.get("url/lastmod", "")),
        language=row.get("publication/language", ""),
        categories=tuple(row.get("news/keywords", "").split(",")),
    )


def _most_common(texts: Iterable[str]) -> str:
    [(text, _)] = Counter(texts).most_common(1) or [("", 0)]
    return text


def _index(rows: list[Row], url: str, now: datetime, counters: Counter[str]) -> Document | Failed:
    """Choose the site maps to read: of the same site, those named for news first, then the newest."""
    changed: dict[str, datetime] = {}
    for row in rows:
        part = canonical(resolve(url, row.get("sitemap/loc", "")))
        if part and part != canonical(url) and same_site(part, url):
            when = read(row.get("sitemap/lastmod", ""), now).when or _NEVER
            changed[part] = max(when, changed.get(part, _NEVER))
    if not changed:
        return Failed(
            Reason.NOT_A_FEED, shorten(clean(f"an index of {len(rows)} site maps, none on the same site"), 100)
        )
    parts = sorted(changed, key=lambda part: ("news" in urlsplit(part).path.lower(), changed[part]), reverse=True)
    if len(rows) > MAX_PARTS or len(parts) < len(rows):
        counters[Reason.PARTS_CUT] = len(rows) - len(parts[:MAX_PARTS])
    return Document("sitemap-index", "", "", (), dict(counters), parts=tuple(parts[:MAX_PARTS]))


def same_site(one: str, other: str) -> bool:
    """Tell whether one host is the other, or lies under it; `www.` doesn't count."""
    hosts = [(urlsplit(url).hostname or "").removeprefix("www.") for url in (one, other)]
    short, long = sorted(hosts, key=len)
    return short != "" and (short == long or long.endswith(f".{short}"))


def _rows(text: str, counters: Counter[str]) -> list[Row]:
    """Read the records; where the document is not well-formed, each record by itself.

    Raises:
        Refused: it is not to be read at all.
    """
    reader = _Reader()
    try:
        walk(text, reader.start, reader.end, reader.said)
    except Malformed as malformed:
        if malformed.ends_early:
            counters[Reason.TRUNCATED_DOCUMENT] = 1
            return reader.rows
        counters[Reason.MALFORMED] = 1
        return _rows_by_themselves(text, counters)
    return reader.rows


def _rows_by_themselves(text: str, counters: Counter[str]) -> list[Row]:
    rows = []
    starts = [match.start() for match in _RECORD.finditer(text)]
    for start, stop in pairwise([*starts, len(text)]):
        reader = _Reader()
        end = _RECORD_END.search(text, start, stop)
        try:
            walk(text[start : end.end() if end else stop], reader.start, reader.end, reader.said)
        except Malformed:
            counters[Reason.MALFORMED] += 1
        rows += reader.rows
    return rows


class _Reader:
    """Gathers the records of a site map, and of each what `_KEPT` names; what is given twice counts once."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._open: list[str] = []
        self._row: Row | None = None
        self._at = 0  # depth of the record
        self._text: list[str] = []

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._open.append(local(name))
        self._text.clear()
        if self._row is None and self._open[-1] in _RECORDS:
            self._row, self._at = {}, len(self._open)

    def said(self, text: str) -> None:
        if self._row is not None:
            self._text.append(text)

    def end(self, _name: str) -> None:
        depth, name = len(self._open), self._open.pop()
        if self._row is not None and depth == self._at:
            self.rows.append(self._row)
            self._row = None
        elif self._row is not None and (key := f"{self._open[-1]}/{name}") in _KEPT:
            self._row.setdefault(key, "".join(self._text).strip())
        self._text.clear()
