"""Write the configuration that the demo runs with, as a user would have it in a directory."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from armswatch.demo.feeds import Outlet

_POLLING = {
    # A dozen feeds on one host, asked every second: right on loopback, rude anywhere else.
    "interval": "1s",
    "min_interval": "1s",
    "max_interval": "2s",
    "per_host": 20,
    "deadline": "5s",
    "backlog_age": "2d",
}


def write(directory: Path, urls: Mapping[Outlet, str]) -> None:
    """Write `armswatch.yaml`, `feeds.yaml` and the topics that come with the program into an empty directory."""
    data = directory / "data"
    data.mkdir()
    settings = {"data_dir": str(data), "network": {"allow_private": ["127.0.0.1"]}, "polling": _POLLING}
    _dump(directory / "armswatch.yaml", settings)
    _dump(directory / "feeds.yaml", {"feeds": [_feed(outlet, url) for outlet, url in urls.items()]})
    topics = directory / "topics"
    topics.mkdir()
    for shipped in files("config").joinpath("topics").iterdir():
        if shipped.name.endswith(".yaml"):
            (topics / shipped.name).write_bytes(shipped.read_bytes())


def _feed(outlet: Outlet, url: str) -> dict[str, str]:
    feed = {
        "url": url,
        "name": outlet.name,
        "language": outlet.language,
        "country": outlet.country,
        "kind": outlet.kind,
        "origin": outlet.origin,
    }
    return {key: value for key, value in feed.items() if value}


def _dump(file: Path, content: Mapping[str, Any]) -> None:
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
