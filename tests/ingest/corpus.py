"""Real and hostile documents, used in place, and what the feed parser alone makes of them."""

from __future__ import annotations

import html
import io
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tests.labelled import DATA

FEEDS = DATA / "feeds"
HOSTILE = DATA / "hostile"
REPLAY = DATA / "replay"

needs_corpus = pytest.mark.skipif(not FEEDS.is_dir(), reason="the corpora are not on this machine")


def documents(folder: Path) -> list[Path]:
    """List a folder's documents, in order."""
    return sorted(path for path in folder.iterdir() if path.suffix != ".csv") if folder.is_dir() else []


def polled_at(path: Path) -> datetime:
    """Read the time of a replayed document from its name, NNNNN_<epoch>_<hash>.xml."""
    return datetime.fromtimestamp(int(path.name.split("_")[1]), UTC)


def parser_alone(body: bytes) -> Sequence[Mapping[str, Any]]:
    """Parse with the feed parser and its defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entries: Sequence[Mapping[str, Any]] = feedparser.parse(io.BytesIO(body)).entries
    return entries


def said(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Reduce an entry of the parser's to its title and its longest text, without markup and white space."""
    texts = [entry.get("summary", ""), *(part.get("value", "") for part in entry.get("content", []))]
    return _bare(entry.get("title", "")), max(map(_bare, texts), key=len)


def _bare(markup: str) -> str:
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())
