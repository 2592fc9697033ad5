"""Real feed documents: every entry that the feed parser alone finds is there, or a rule says why not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import pytest

from core.urls import folded
from ingest.entries import Limits
from ingest.model import Document, Entry, Failed, Reason
from ingest.parse import parse_document
from tests.ingest.corpus import FEEDS, documents, needs_corpus, parser_alone

NOW = datetime(2026, 11, 24, tzinfo=UTC)
URL = "https://example.org/feed"


def keys(guid: str, link: str) -> set[str]:
    """List what an entry can be recognised by, without what publishers add to addresses."""
    values = (re.sub(r"#\d*$", "", guid).strip(), urljoin(URL, link.strip()) if link else "")
    return {folded(value) or value for value in values if value}


def lost(alone: Mapping[str, Any], entries: set[str], titles: set[str]) -> bool:
    """Tell whether an entry of the parser's is represented by none of ours, neither by guid or link nor by title."""
    found = keys(alone.get("id") or "", alone.get("link") or "")
    if found:
        return not found & entries
    title = "".join((alone.get("title") or "").split())
    return title != "" and title not in titles  # without a title too, it is in the sum of entries


def explain(name: str, body: bytes, result: Document | Failed) -> tuple[str, str]:
    """Compare the count of entries with the parser's. Returns the rule that explains a difference, and a mistake if any."""
    alone = parser_alone(body)
    if isinstance(result, Failed):
        is_other = b"<urlset" in body or b"<sitemapindex" in body or b"<html" in body.lower()
        return (
            f"refused: {result.reason}",
            "" if is_other and not alone else f"{name}: {result} but {len(alone)} entries",
        )
    if result.format.startswith(("json", "sitemap")):
        return (
            "JSON Feed or news site map, which the parser doesn't know",
            "" if result.entries and not alone else f"{name}: odd JSON Feed or site map",
        )
    counters = result.counters
    skipped = {
        reason: counters.get(reason, 0) for reason in (Reason.REPEATED_ENTRY, Reason.NO_CONTENT, Reason.ENTRIES_CUT)
    }
    if len(result.entries) + sum(skipped.values()) != len(alone):
        return "unexplained", f"{name}: {len(result.entries)} entries, {len(alone)} alone, {counters}"
    ours = set().union(*(keys(entry.guid, entry.url) for entry in result.entries)) if result.entries else set()
    titles = {"".join(entry.title.split()) for entry in result.entries}
    missing = [entry for entry in alone if lost(entry, ours, titles)]
    rules = [reason for reason, count in skipped.items() if count]
    return ", ".join(rules) or "all there", f"{name}: lost {missing[0].get('title')!r}" if missing else ""


def faults(entry: Entry) -> list[str]:
    """List what an entry must not have."""
    text = f"{entry.title} {entry.summary}"
    found = []
    if re.search(r"</?(?:p|div|span|br|img|a|b|strong|em|li)\b[^<>]*>", text):
        found.append("markup")
    if re.search(r"&(?:nbsp|#\d+|rsquo|ldquo|hellip);", text):
        found.append("reference")
    if "\ufffd" in text:
        found.append("replacement character")
    return found


@pytest.mark.slow
@needs_corpus
def test_no_entry_of_a_real_document_is_lost() -> None:
    table: Counter[str] = Counter()
    entries: Counter[str] = Counter()
    mistakes = []
    untidy: Counter[str] = Counter()
    total = 0
    for path in documents(FEEDS):
        body = path.read_bytes()
        result = parse_document(body, "", URL, Limits(), NOW)
        rule, mistake = explain(path.name, body, result)
        table[rule] += 1
        mistakes += [mistake] if mistake else []
        if isinstance(result, Document):
            total += len(result.entries)
            entries[rule] += len(result.entries)
            untidy.update(fault for entry in result.entries for fault in faults(entry))
    for rule, count in table.most_common():
        print(f"{count:5} documents {entries[rule]:6} entries  {rule}")
    print("untidy texts:", dict(untidy))
    assert mistakes == []
    assert sum(table.values()) > 300
    assert sum(untidy.values()) < total / 100
