"""Reads a configuration directory, and tells every mistake in it at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from config import crosscheck, environment, places, wording
from config.log_settings import located
from config.places import find as find  # noqa: PLC0414 - part of what this module offers
from config.places import init as init  # noqa: PLC0414
from config.settings import Feed, FeedsFile, Settings
from config.topic import Model, TopicFile
from config.yaml_nodes import Path as KeyPath
from config.yaml_nodes import Place, dotted, printable, read
from core.errors import ConfigError, Mistake

M = TypeVar("M", bound=Model)

_MAX_FILE_BYTES = 20_000_000
_ROOT: KeyPath = ()


@dataclass(frozen=True, slots=True)
class LoadedTopic:
    """A topic file as read."""

    file: TopicFile
    path: Path
    sha256: str  # of the bytes of the file, in hex
    lines: Place
    shown: str  # the file as people know it: topics/<name>.yaml

    def line_of(self, path: KeyPath) -> int:
        """Find the line of a key, such as ("concepts", "dprk", "terms"), or of the nearest thing above it."""
        return self.lines.line_of(path)

    def mistake(self, path: KeyPath, wanted: str, value: Any = "") -> Mistake:
        """Make a mistake that points into this file."""
        return Mistake(self.shown, self.line_of(path), dotted(path), wording.shown(value), wanted)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration without mistakes."""

    settings: Settings
    feeds: tuple[Feed, ...]  # as listed, with those that are not enabled
    topics: tuple[LoadedTopic, ...]  # those that are enabled, by file name
    topics_off: tuple[LoadedTopic, ...]  # those that are not
    directory: Path
    data_dir: Path  # absolute
    own_topics: bool  # False: there is no topics/ in the directory, and the packaged ones are used
    settings_lines: Place
    feeds_lines: Place
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # of the environment, by variable

    @property
    def enabled_feeds(self) -> tuple[Feed, ...]:
        """The feeds to poll."""
        return tuple(feed for feed in self.feeds if feed.enabled)


@dataclass(frozen=True, slots=True)
class _Parsed(Generic[M]):
    """What came of one file: the raw data too, which may hold more than the model accepted."""

    value: M | None  # None: it has mistakes
    data: Any
    place: Place
    sha256: str
    shown: str
    path: Path


def load(directory: Path, environ: Mapping[str, str]) -> Config:
    """Read `armswatch.yaml` (it may be absent), `feeds.yaml` and `topics/*.yaml` (the packaged ones without topics/).

    What `environ` says of the log goes before what the file says.

    Raises:
        ConfigError: with every mistake of every file, by file and line.
    """
    reading = _Reading(directory, environ)
    settings = reading.settings()
    feeds = reading.feeds(settings)
    topics = reading.topics()
    if reading.mistakes or settings.value is None or feeds is None or feeds.value is None:
        raise ConfigError(reading.in_order())
    log = located(settings.value.log, lambda path: directory / places.expand(str(path), environ))
    return Config(
        settings=settings.value.model_copy(update={"log": log}),
        feeds=tuple(feeds.value.feeds),
        topics=tuple(topic for topic in topics if topic.file.enabled),
        topics_off=tuple(topic for topic in topics if not topic.file.enabled),
        directory=directory,
        data_dir=places.data_dir(settings.value.data_dir, directory, environ),
        own_topics=reading.own_topics,
        settings_lines=settings.place,
        feeds_lines=feeds.place,
        secrets=environment.secrets(environ),
    )


def load_topic(path: Path, raw: bytes | None = None) -> LoadedTopic:
    """Read one topic file, wherever it lies; or these bytes, as if they stood in it.

    Raises:
        ConfigError: with every mistake in it.
    """
    reading = _Reading(path.parent, {})
    return reading.one_topic(path, raw)


def load_feeds(path: Path, raw: bytes | None = None) -> tuple[Feed, ...]:
    """Read one file of feeds, wherever it lies; or these bytes, as if they stood in it.

    Intervals are held against the limits of the `armswatch.yaml` beside it, where there is one that says them.

    Raises:
        ConfigError: with every mistake in it.
    """
    reading = _Reading(path.parent, {})
    return reading.one_feeds_file(path, raw)


class _Reading:
    """One pass over the files of a directory, gathering mistakes."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self.mistakes: list[Mistake] = []
        self._directory = directory
        self._environ = environ
        try:
            names = {entry.name for entry in directory.iterdir()}
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ConfigError([Mistake(printable(str(directory)), None, "", "", f"a directory: {why}")]) from error
        self._names = names
        self.own_topics = places.TOPICS in names
        for path in places.misnamed(directory):
            self._refuse(self._shown(path), "a file name that ends in .yaml, not .yml")

    def settings(self) -> _Parsed[Settings]:
        path = self._directory / places.SETTINGS
        text = b"" if places.SETTINGS not in self._names else None
        parsed = self._parse(path, Settings, empty={}, raw=text, overlay=True)
        if parsed is None:
            return _Parsed(Settings(), {}, Place(1), "", places.SETTINGS, path)
        self.mistakes += crosscheck.polling(parsed.data, parsed.place, parsed.shown)
        return parsed

    def feeds(self, settings: _Parsed[Settings]) -> _Parsed[FeedsFile] | None:
        if places.FEEDS not in self._names:
            self._refuse(places.FEEDS, "this file, with the list of feeds; `armswatch init` writes one to start from")
            return None
        parsed = self._parse(self._directory / places.FEEDS, FeedsFile)
        if parsed is not None:
            limits = crosscheck.polling_of(settings.data)
            self.mistakes += crosscheck.feeds(parsed.data, parsed.place, parsed.shown, limits)
        return parsed

    def topics(self) -> tuple[LoadedTopic, ...]:
        files = places.topic_files(self._directory if self.own_topics else places.packaged())
        if not files:
            self._refuse(places.TOPICS, "at least one topic file whose name ends in .yaml")
        parsed = [each for path in files if (each := self._parse(path, TopicFile)) is not None]
        self._refuse_repeated(parsed)
        if parsed and all(isinstance(each.data, dict) and each.data.get("enabled") is False for each in parsed):
            self._refuse(places.TOPICS, "at least one topic that is enabled")
        return tuple(
            LoadedTopic(each.value, each.path, each.sha256, each.place, each.shown) for each in parsed if each.value
        )

    def one_topic(self, path: Path, raw: bytes | None) -> LoadedTopic:
        parsed = self._parse(path, TopicFile, raw=raw)
        if parsed is None or parsed.value is None or self.mistakes:
            raise ConfigError(self.in_order())
        return LoadedTopic(parsed.value, path, parsed.sha256, parsed.place, str(path))

    def one_feeds_file(self, path: Path, raw: bytes | None) -> tuple[Feed, ...]:
        limits = crosscheck.polling_of(self.settings().data)
        self.mistakes.clear()  # those of the settings are not asked for
        parsed = self._parse(path, FeedsFile, raw=raw)
        if parsed is not None:
            self.mistakes += crosscheck.feeds(parsed.data, parsed.place, parsed.shown, limits)
        if parsed is None or parsed.value is None or self.mistakes:
            raise ConfigError(self.in_order())
        return tuple(parsed.value.feeds)

    def in_order(self) -> list[Mistake]:
        """List the mistakes by file and line."""
        return sorted(self.mistakes, key=lambda each: (each.file, each.line or 0))

    def _refuse_repeated(self, topics: Sequence[_Parsed[TopicFile]]) -> None:
        first: dict[str, str] = {}
        for topic in topics:
            name = topic.data.get("topic") if isinstance(topic.data, dict) else None
            if isinstance(name, str) and first.setdefault(name, topic.shown) != topic.shown:
                wanted = f"an id of its own ({first[name]} has it too)"
                self.mistakes.append(
                    Mistake(topic.shown, topic.place.line_of(("topic",)), "topic", wording.shown(name), wanted)
                )

    def _parse(
        self, path: Path, model: type[M], empty: Any = None, raw: bytes | None = None, *, overlay: bool = False
    ) -> _Parsed[M] | None:
        """Read one file, or what it would hold; None when there is no data to go on with."""
        shown = self._shown(path)
        raw = self._bytes(path, shown) if raw is None else raw
        text = None if raw is None else self._text(raw, shown)
        if raw is None or text is None:
            return None
        document = read(text, shown)
        self.mistakes += document.mistakes
        if document.data is None and document.mistakes:
            return None
        data = empty if document.data is None else document.data
        if data is None:
            self._refuse(shown, "not empty")
            return None
        overlaid = environment.overlay(data, self._environ if overlay else {})
        found = list(overlaid.mistakes)
        value = None
        try:
            value = model.model_validate(overlaid.data, strict=True)
        except ValidationError as error:
            told = {(each.line, each.key) for each in document.mistakes}
            wrong = wording.mistakes(error, model, overlaid.data, document.place, shown)
            found += [each for each in wrong if (each.line, each.key) not in told]
        if overlay:
            secrets = environment.secrets(self._environ)
            found += crosscheck.log(overlaid.data, document.place, shown, secrets)
        self.mistakes += [environment.renamed(each, overlaid.origins) for each in found]
        return _Parsed(value, overlaid.data, document.place, hashlib.sha256(raw).hexdigest(), shown, path)

    def _bytes(self, path: Path, shown: str) -> bytes | None:
        try:
            if not path.is_file():  # reading a pipe would wait for ever
                self._refuse(shown, "a file")
            elif path.stat().st_size > _MAX_FILE_BYTES:
                self._refuse(shown, f"at most {_MAX_FILE_BYTES} bytes")
            elif not path.name.isprintable():
                self._refuse(shown, "a file name in UTF-8 without control characters")
            else:
                return path.read_bytes()
        except OSError as error:
            self._refuse(shown, f"a file that can be read: {error.strerror}")
        return None

    def _text(self, raw: bytes, shown: str) -> str | None:
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            bad = raw[error.start : error.end].hex(" ")
            self.mistakes.append(Mistake(shown, line, "", f"byte {bad}", "text in UTF-8"))
        return None

    def _refuse(self, shown: str, wanted: str) -> None:
        self.mistakes.append(Mistake(shown, None, "", "", wanted))

    def _shown(self, path: Path) -> str:
        within = path.is_relative_to(self._directory)
        return printable(str(path.relative_to(self._directory) if within else path))
