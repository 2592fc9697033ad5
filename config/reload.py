"""Reads the configuration again, and says what changed. A configuration with mistakes changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from config import places
from config.duration import format_duration
from config.loader import Config, load
from config.log_settings import Log
from config.settings import Feed
from config.topic import Model
from core.errors import ConfigError, Mistake

_MAX_NAMED = 5


class Reloaded(NamedTuple):
    """What came of reading the configuration again."""

    config: Config | None  # None: it has mistakes, and the running one stays
    mistakes: tuple[Mistake, ...] = ()
    changed: tuple[str, ...] = ()  # in words; empty when nothing did
    restart_needed: tuple[str, ...] = ()  # keys that changed but only count after a restart, such as log.partitions


class Change(NamedTuple):
    """A key of the settings that has another value now."""

    key: str
    old: Any
    new: Any
    restart: bool  # only counts after a restart

    def __str__(self) -> str:
        return f"{self.key}: {_shown(self.old)} -> {_shown(self.new)}"


def reload(current: Config, directory: Path, environ: Mapping[str, str]) -> Reloaded:
    """Read the directory and compare with the running configuration. Never raises for mistakes: they are returned."""
    try:
        new = load(directory, environ)
    except ConfigError as error:
        return Reloaded(None, error.mistakes)
    if current.own_topics and not new.own_topics:  # never go over to the packaged topics behind the analyst's back
        return Reloaded(None, (Mistake(places.TOPICS, None, "", "", "this directory, which was there before"),))
    settings = tuple(settings_changes(current, new))
    changed = (*map(str, settings), *_feeds_changes(current.feeds, new.feeds), *_topics_changes(current, new))
    return Reloaded(new, (), changed, tuple(change.key for change in settings if change.restart))


def settings_changes(old: Config, new: Config) -> Iterator[Change]:
    """List the keys of the settings that differ, and the data directory wherever it was chosen."""
    if old.data_dir != new.data_dir:
        yield Change("data_dir", old.data_dir, new.data_dir, restart=True)
    for change in _differences(old.settings, new.settings, ""):
        if change.key != "data_dir":
            yield change


def _differences(old: Model, new: Model, prefix: str) -> Iterator[Change]:
    for name, field in type(old).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, Model) and type(before) is type(after):
            yield from _differences(before, after, f"{prefix}{name}.")
        elif isinstance(before, Log) and isinstance(after, Log):
            yield Change(f"{prefix}{name}.kind", before.kind, after.kind, restart=True)
        elif before != after:
            extra = field.json_schema_extra
            restart = isinstance(extra, dict) and bool(extra.get("x-restart"))
            yield Change(prefix + name, before, after, restart=restart)


def _feeds_changes(old: Sequence[Feed], new: Sequence[Feed]) -> Iterator[str]:
    before, after = ({feed.url: feed for feed in feeds} for feeds in (old, new))
    yield from _named("added", [feed for url, feed in after.items() if url not in before])
    yield from _named("removed", [feed for url, feed in before.items() if url not in after])
    yield from _named("changed", [feed for url, feed in after.items() if before.get(url, feed) != feed])


def _named(what: str, feeds: Sequence[Feed]) -> Iterator[str]:
    if feeds:
        names = [feed.name or feed.url for feed in feeds[:_MAX_NAMED]]
        more = [f"{len(feeds) - _MAX_NAMED} more"] if len(feeds) > _MAX_NAMED else []
        yield f"feeds {what}: {', '.join([*names, *more])}"


def _topics_changes(old: Config, new: Config) -> Iterator[str]:
    before, after = ({topic.file.topic: topic.sha256 for topic in config.topics} for config in (old, new))
    for what, ids in (
        ("added", after.keys() - before.keys()),
        ("removed", before.keys() - after.keys()),
        ("changed", {each for each in after.keys() & before.keys() if after[each] != before[each]}),
    ):
        if ids:
            yield f"topics {what}: {', '.join(sorted(ids))}"


def _shown(value: Any) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    if value is None or isinstance(value, Model):
        return "none" if value is None else "set anew"
    if isinstance(value, list):
        return f"[{', '.join(value)}]"
    return str(value) if value != "" else "(empty)"
