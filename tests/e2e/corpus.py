"""The real feed documents of the shared data: their index, typed; what feedparser alone finds; and serving them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import feedparser

from tests.feedserver import FeedServer, Reply
from tests.labelled import DATA

FEEDS = DATA / "feeds"
INDEX = FEEDS / "index.csv"

# feedparser can raise these on odd input instead of telling of it in `bozo`.
_RAISES = (ValueError, OverflowError, LookupError, AttributeError, TypeError)


@dataclass(frozen=True)
class Row:
    """One line of the index."""

    file: str
    outlet: str
    language: str
    format: str  # rss20, atom10, rss10, json, sitemap-news, ...
    n_items: int  # entries as feedparser counted them when the index was made
    encoding: str  # as feedparser decoded it
    declared_encoding: str  # in the XML declaration; empty when there is none
    bozo: str  # name of the error feedparser told of; empty when there was none
    bytes: int
    origin: str  # outlet, republished, outlet-embedded, generated
    note: str


@dataclass(frozen=True)
class Alone:
    """What feedparser alone makes of a document, given the bytes and the content type."""

    count: int
    bozo: str  # name of the error; empty when there was none
    raised: bool  # it raised instead of telling


def rows(index: Path = INDEX) -> list[Row]:
    """Read the index."""
    with index.open(encoding="utf-8", newline="") as lines:
        return [
            Row(
                file=line["file"],
                outlet=line["outlet"],
                language=line["language"],
                format=line["format"],
                n_items=int(line["n_items"] or 0),
                encoding=line["encoding"],
                declared_encoding=line["declared_encoding"],
                bozo=line["bozo"],
                bytes=int(line["bytes"]),
                origin=line["origin"],
                note=line["note"],
            )
            for line in csv.DictReader(lines)
        ]


def content_type(row: Row) -> str:
    """Guess the header an outlet would send: the charset is told there when the document doesn't tell it."""
    if row.format == "json":
        return "application/feed+json"
    kind = "application/atom+xml" if row.format.startswith("atom") else "application/rss+xml"
    if row.format.startswith("sitemap"):
        kind = "application/xml"
    undeclared = row.encoding and not row.declared_encoding and row.encoding.lower() != "utf-8"
    return f"{kind}; charset={row.encoding}" if undeclared else kind


def alone(data: bytes, media_type: str) -> Alone:
    """Parse with nothing but feedparser."""
    try:
        parsed = feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-type": media_type},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except _RAISES as error:
        return Alone(0, type(error).__name__, raised=True)
    bozo = type(parsed.bozo_exception).__name__ if parsed.bozo else ""
    return Alone(len(parsed.entries), bozo, raised=False)


def serve_directory(server: FeedServer, path: Path = FEEDS, index: list[Row] | None = None) -> dict[str, str]:
    """Route every document of the index as it is; return file -> URL."""
    served = rows(path / "index.csv") if index is None else index
    return {
        row.file: server.route(f"/{row.file}", Reply((path / row.file).read_bytes(), content_type=content_type(row)))
        for row in served
    }
