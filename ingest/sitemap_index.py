"""Reads the site maps that an index names, in its place: a few, one after the other, within one poll's bounds."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from ingest.headers import one_line
from ingest.model import Document, Entry, Failed, Fetched, Reason, Request

Fetch = Callable[[Request], Awaitable[Fetched | Failed]]
Parse = Callable[[bytes, str, str], Awaitable[Document | Failed]]


class Whole(NamedTuple):
    """What an index and its site maps make together."""

    fetched: Fetched  # without validators: that an index has not changed says nothing of its site maps
    document: Document
    body_hash: str  # of all that was read


class Bounds(NamedTuple):
    """What is left for the parts."""

    seconds: float
    max_bytes: int  # of all together, decompressed
    max_entries: int


async def read_parts(index: Document, fetched: Fetched, fetch: Fetch, parse: Parse, bounds: Bounds) -> Whole | Failed:
    """Fetch and parse the parts of an index. Those that fail, or that the bounds leave out, are counted.

    Returns:
        The first failure, when not one of them could be read.
    """
    bodies: list[bytes] = []
    documents: list[Document] = []
    failures: list[Failed] = []
    try:
        async with asyncio.timeout(bounds.seconds):
            for part in index.parts:
                left = bounds.max_bytes - sum(map(len, bodies))
                got = await _read_part(part, fetch, parse, left)
                if isinstance(got, Failed):
                    failures.append(got)
                    continue
                bodies.append(got[0])
                documents.append(got[1])
    except TimeoutError:
        failures.append(Failed(Reason.DEADLINE, "the site maps of this index were not all read in time"))
    if not documents:
        return failures[0]
    digest = hashlib.blake2b(digest_size=16)
    for body in bodies:
        digest.update(hashlib.blake2b(body, digest_size=16).digest())
    fetched = fetched._replace(body=b"".join(bodies), etag="", last_modified="")
    return Whole(fetched, _together(index, documents, bounds.max_entries), digest.hexdigest())


async def _read_part(part: str, fetch: Fetch, parse: Parse, max_bytes: int) -> tuple[bytes, Document] | Failed:
    if max_bytes <= 0:
        return Failed(Reason.TOO_LARGE, "the site maps of this index are too large together")
    fetched = await fetch(Request(part, max_bytes=max_bytes))
    if isinstance(fetched, Failed):
        # A part that is gone for good says nothing of the feed.
        reason = Reason.HTTP_STATUS if fetched.reason == Reason.GONE else fetched.reason
        return fetched._replace(reason=reason, detail=one_line(f"{part}: {fetched.detail}"))
    document = await parse(fetched.body, fetched.content_type, fetched.url)
    if isinstance(document, Failed):
        return document._replace(detail=one_line(f"{part}: {document.detail}"))
    if document.parts:
        return Failed(Reason.NOT_A_FEED, "an index in an index of site maps")
    return fetched.body, document


def _together(index: Document, documents: Sequence[Document], max_entries: int) -> Document:
    counters: Counter[str] = Counter(index.counters)
    entries: dict[str, Entry] = {}
    for document in documents:
        counters.update(document.counters)
        for entry in document.entries:
            if entry.identity in entries:
                counters[Reason.REPEATED_ENTRY] += 1
            elif len(entries) < max_entries:
                entries[entry.identity] = entry
            else:
                counters[Reason.ENTRIES_CUT] += 1
    if len(documents) < len(index.parts):
        counters[Reason.PART_FAILED] = len(index.parts) - len(documents)
    return replace(
        index,
        title=next((document.title for document in documents if document.title), ""),
        language=next((document.language for document in documents if document.language), ""),
        entries=tuple(entries.values()),
        counters=dict(counters),
        parts=(),
    )
