"""Write the configuration that the demo runs with, as a user would have it in a directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from armswatch.demo.feeds import Outlet
from config import places

# A dozen feeds on one host, asked every second: right on loopback, rude anywhere else.
_SETTINGS = """\
data_dir: data
network:
  allow_private: [127.0.0.1]
polling:
  interval: 1s
  min_interval: 1s
  max_interval: 2s
  deadline: 5s
  per_host: 20
  backlog_age: 2d
"""


def write(directory: Path, urls: Mapping[Outlet, str]) -> None:
    """Write `armswatch.yaml`, `feeds.yaml` and the topics that come with the program into an empty directory."""
    (directory / places.SETTINGS).write_text(_SETTINGS, encoding="utf-8")
    feeds = "".join(_feed(outlet, url) for outlet, url in urls.items())
    (directory / places.FEEDS).write_text(f"feeds:\n{feeds}", encoding="utf-8")
    topics = directory / places.TOPICS
    topics.mkdir()
    for shipped in places.topic_files(places.packaged()):
        (topics / shipped.name).write_bytes(shipped.read_bytes())


def _feed(outlet: Outlet, url: str) -> str:
    keys = {
        "url": url,
        "name": outlet.name,
        "language": outlet.language,
        "country": outlet.country,
        "kind": outlet.kind,
        "origin": outlet.origin,
    }
    # A JSON string is a YAML string.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value]
    return "  - " + "\n    ".join(lines) + "\n"
