"""Answer `why` for whatever a person asks: an address, or words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from archive.queries import Archive
from archive.rows import host_of
from archive.why import Explain, why_item, why_text, why_unknown
from core.reports import Why
from core.types import TopicId
from core.urls import canonical


def why(archive: Archive, question: str, *, now: datetime, explain: Mapping[TopicId, Explain] | None = None) -> Why:
    """Answer for an address; else search for the words, and answer for the item at once when only one has them."""
    url = canonical(question)
    if url:
        items = archive.items_by_url(url)
        decisions = archive.decisions(items[0].id) if items else None
        if decisions is None:
            host = host_of(url)
            return why_unknown(question, host, archive.feeds_of_host(host), now)
        return why_item(question, decisions, explain)
    return _by_words(archive, question, explain)


def _by_words(archive: Archive, question: str, explain: Mapping[TopicId, Explain] | None) -> Why:
    hits = archive.search(question)
    only = archive.decisions(hits[0].item) if len(hits) == 1 else None
    return why_item(question, only, explain) if only else why_text(question, hits, explain)
