"""Configurations to test with: a whole small one, and a way to write others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FEEDS = "feeds:\n  - url: https://example.org/feed.xml\n    name: Example Wire\n"
TOPIC = """\
topic: arms
name: Arms
concepts:
  dprk:
    says: North Korea
    terms:
      en: [North Korea, DPRK]
evidence:
  named:
    says: names North Korea
    when: {all: [dprk]}
    weight: 2
"""
GOOD: Mapping[str, str | bytes] = {"feeds.yaml": FEEDS, "topics/arms.yaml": TOPIC}


def write(directory: Path, files: Mapping[str, str | bytes] = GOOD) -> Path:
    """Write these files into the directory, and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return directory
