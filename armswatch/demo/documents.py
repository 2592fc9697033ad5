"""Write a feed document as an outlet of the demo would: RSS 2.0, Atom, RDF or JSON Feed. Pure."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import NamedTuple
from xml.sax.saxutils import escape

from armswatch.demo.feeds import Entry, Outlet

_CONTENT_TYPES = {
    "rss20": "application/rss+xml",
    "atom10": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
    "html": "text/html; charset=utf-8",
}


class Document(NamedTuple):
    """A feed document as it goes over the wire."""

    body: bytes
    content_type: str
    content_encoding: str  # gzip, or empty
    etag: str
    last_modified: datetime


def document(outlet: Outlet, entries: Sequence[Entry], started: datetime) -> Document:
    """Write an outlet's feed with these entries.

    The same entries give the same bytes, and so the same ETag. Times of entries count from `started`.
    """
    text = _WRITERS[outlet.format](outlet, entries, started)
    body = text.encode(outlet.encoding)
    latest = max((entry.at_s for entry in entries), default=0.0)
    return Document(
        body=gzip.compress(body, mtime=0) if outlet.gzip else body,
        content_type=_CONTENT_TYPES[outlet.format],
        content_encoding="gzip" if outlet.gzip else "",
        etag=f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        last_modified=started + timedelta(seconds=latest),
    )


def _time(outlet: Outlet, started: datetime, seconds: float) -> datetime:
    zone = timezone(timedelta(hours=outlet.zone_h))
    return (started + timedelta(seconds=seconds)).astimezone(zone).replace(microsecond=0)


def _summary(outlet: Outlet, entry: Entry) -> str:
    return f"<p>{escape(entry.summary)}</p>" if outlet.html else entry.summary


def _rss20(outlet: Outlet, entries: Sequence[Entry], started: datetime) -> str:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{outlet.link(entry.key)}</link>"
        + (f'<guid isPermaLink="false">{outlet.id}:{entry.key}</guid>' if outlet.guids else "")
        + f"<pubDate>{format_datetime(_time(outlet, started, entry.published_s))}</pubDate>"
        f"<description>{escape(_summary(outlet, entry))}</description></item>\n"
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="{outlet.declares}"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(outlet.name)}</title><link>{outlet.site}/</link>"
        f"<description>{escape(outlet.name)}</description><language>{outlet.language}</language>\n"
        f"{items}</channel></rss>\n"
    )


def _atom10(outlet: Outlet, entries: Sequence[Entry], started: datetime) -> str:
    written = "".join(
        f"<entry><title>{escape(entry.title)}</title><id>tag:{outlet.id}.example,2026:{entry.key}</id>"
        f'<link href="{outlet.link(entry.key)}"/>'
        f"<published>{_time(outlet, started, entry.published_s).isoformat()}</published>"
        f"<updated>{_time(outlet, started, entry.at_s).isoformat()}</updated>"
        f"<summary>{escape(entry.summary)}</summary></entry>\n"
        for entry in entries
    )
    updated = _time(outlet, started, max((entry.at_s for entry in entries), default=0.0)).isoformat()
    return (
        f'<?xml version="1.0" encoding="{outlet.declares}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}"><title>{escape(outlet.name)}</title>'
        f'<id>{outlet.site}/</id><link href="{outlet.site}/"/><author><name>{escape(outlet.name)}</name></author>'
        f"<updated>{updated}</updated>\n{written}</feed>\n"
    )


def _rdf(outlet: Outlet, entries: Sequence[Entry], started: datetime) -> str:
    order = "".join(f'<rdf:li rdf:resource="{outlet.link(entry.key)}"/>' for entry in entries)
    items = "".join(
        f'<item rdf:about="{outlet.link(entry.key)}"><title>{escape(entry.title)}</title>'
        f"<link>{outlet.link(entry.key)}</link><description>{escape(entry.summary)}</description>"
        f"<dc:date>{_time(outlet, started, entry.published_s).isoformat()}</dc:date></item>\n"
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="{outlet.declares}"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{outlet.site}/"><title>{escape(outlet.name)}</title><link>{outlet.site}/</link>'
        f"<description>{escape(outlet.name)}</description><dc:language>{outlet.language}</dc:language>"
        f"<items><rdf:Seq>{order}</rdf:Seq></items></channel>\n{items}</rdf:RDF>\n"
    )


def _json(outlet: Outlet, entries: Sequence[Entry], started: datetime) -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"{outlet.site}/",
        "language": outlet.language,
        "items": [
            {
                "id": outlet.link(entry.key),
                "url": outlet.link(entry.key),
                "title": entry.title,
                "content_text": entry.summary,
                "date_published": _time(outlet, started, entry.published_s).isoformat(),
            }
            for entry in entries
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _html(outlet: Outlet, _entries: Sequence[Entry], _started: datetime) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{outlet.language}"><head><title>{escape(outlet.name)}</title></head>'
        "<body><h1>We have moved</h1><p>Our feed is elsewhere now. This page won't tell where.</p></body></html>\n"
    )


_WRITERS = {"rss20": _rss20, "atom10": _atom10, "rdf": _rdf, "json": _json, "html": _html}
