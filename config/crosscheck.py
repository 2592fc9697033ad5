"""What only shows when values are held against each other.

Works on data that may be wrong otherwise, so that every mistake is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from config import wording
from config.duration import format_duration, parse_duration
from config.log_settings import KafkaLog
from config.settings import Polling
from config.yaml_nodes import Path, Place, dotted
from core.errors import Mistake


def polling(data: Any, place: Place, file: str) -> Iterator[Mistake]:
    """Check `polling` of the settings: intervals in order, and the like."""
    for key, wanted in polling_of(data).misfits():
        path: Path = ("polling", key)
        written = data["polling"].get(key, "")
        yield Mistake(file, place.line_of(path), dotted(path), wording.shown(written), wanted)


def log(data: Any, place: Place, file: str, secrets: Mapping[str, str]) -> Iterator[Mistake]:
    """Check `log` of the settings: what goes together, and that secrets are somewhere."""
    section = data.get("log") if isinstance(data, dict) else None
    try:
        found = KafkaLog.model_validate(section, strict=True)
    except ValidationError:
        return
    for keys, wanted in found.misfits(secrets):
        path: Path = ("log", *keys)
        written = section
        for key in keys:
            written = written.get(key, "") if isinstance(written, dict) else ""
        value = "" if isinstance(written, dict) else wording.shown(written)
        yield Mistake(file, place.line_of(path), dotted(path), value if written != "" else "", wanted)


def polling_of(data: Any) -> Polling:
    """Read `polling` of the settings; the defaults where it is wrong, as is told elsewhere."""
    section = data.get("polling") if isinstance(data, dict) else None
    try:
        return Polling.model_validate({} if section is None else section, strict=True)
    except ValidationError:
        return Polling()


def feeds(data: Any, place: Place, file: str, limits: Polling) -> Iterator[Mistake]:
    """Check that each feed is listed once, that its interval is within the limits, and that some feed is enabled."""
    listed = data.get("feeds") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not listed:
        return
    first: dict[str, int] = {}
    for index, feed in enumerate(listed):
        if not isinstance(feed, dict):
            continue
        url = feed.get("url")
        path: Path = ("feeds", index, "url")
        if isinstance(url, str) and first.setdefault(url, index) != index:
            line = place.line_of(("feeds", first[url], "url"))
            wanted = f"each feed once (it is in line {line} too)"
            yield Mistake(file, place.line_of(path), dotted(path), wording.shown(url), wanted)
        if wanted := _outside(feed.get("interval"), limits):
            path = ("feeds", index, "interval")
            yield Mistake(file, place.line_of(path), dotted(path), wording.shown(feed["interval"]), wanted)
    if all(isinstance(feed, dict) and feed.get("enabled") is False for feed in listed):
        yield Mistake(file, place.line_of(("feeds",)), "feeds", "", "at least one feed that is enabled")


def _outside(interval: Any, limits: Polling) -> str:
    """Tell what is wanted of a feed's interval beyond the limits; empty when it is within, or no duration at all."""
    try:
        value = parse_duration(interval)
    except ValueError:
        return ""
    if value < limits.min_interval:
        return f"at least polling.min_interval ({format_duration(limits.min_interval)})"
    if value > limits.max_interval:
        return f"at most polling.max_interval ({format_duration(limits.max_interval)})"
    return ""
