"""The labelled items, and the rule that says which of them are set aside.

A third of each labelled file is for measuring only: nobody reads it, and nothing is tuned on it.
The rule looks at no text. Items of one story (in whatever language) stay together, so that a story
read in one language is never measured in another; items without a story are grouped by the page that
reported them, or else stand alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
DATA = SHARED / "data"
TOPIC_DEV = DATA / "topic-dev.jsonl"
REAL_DEV = DATA / "real-dev.jsonl"
STORIES_DEV = DATA / "stories-dev.jsonl"

Row = Mapping[str, str]


def is_aside(group: str) -> bool:
    """Tell whether the group of items with this name is set aside: one in three, by SHA-256.

    The number in the salt is the one of the first 60 that comes closest to a third in every language,
    label and source, counted before any text was read.
    """
    return hashlib.sha256(f"armswatch aside 28 {group}".encode()).digest()[0] % 3 == 0


def load(path: Path) -> list[dict[str, str]]:
    """Read a JSON Lines file of labelled items."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def stories() -> dict[str, str]:
    """Map the id of each grouped item to its story."""
    return {row["id"]: row["story"] for row in load(STORIES_DEV)}


def split(rows: Iterable[Row], story_of: Mapping[str, str]) -> tuple[list[Row], list[Row]]:
    """Divide rows into (read, aside)."""
    read: list[Row] = []
    aside: list[Row] = []
    for row in rows:
        group = story_of.get(row["id"]) or row.get("url") or row["id"]
        (aside if is_aside(group) else read).append(row)
    return read, aside
