"""Feeds as the text of `feeds.yaml`: written out, or put behind those of a file, whose text stays as it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml
from pydantic import ValidationError

from config import wording
from config.duration import format_duration
from config.settings import Feed
from config.yaml_nodes import Place, plain
from core.errors import ConfigError, Mistake

_BOM: Final = "\ufeff"
_URL: Final = re.compile(r"https?://[\w./?=&%+~@;:-]*[\w/=]", re.ASCII)
_WORDS: Final = re.compile(r"[^\W\d_](?:[\w .()/+-]*[\w).+])?")
_DURATION: Final = re.compile(r"(?:[0-9]+(?:ms|[smhdw]))+")
_OTHER_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off"))  # text to us, and not to readers of older YAML
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def feed_of(values: Mapping[str, Any], shown: str) -> Feed:
    """Make a feed of what somebody else says of it, by the rules of `feeds.yaml`.

    Raises:
        ConfigError: with every mistake in it, `shown` standing for the file.
    """
    try:
        return Feed.model_validate(values, strict=True)
    except ValidationError as error:
        raise ConfigError(list(wording.mistakes(error, Feed, values, Place(1), shown))) from error


def feeds_text(feeds: Sequence[Feed]) -> str:
    """Write a list of feeds as it stands under `feeds:`. What has its default value is left out."""
    return "".join(_block(feed, 2, 4, "\n") for feed in feeds)


def with_feeds(text: str, feeds: Sequence[Feed], shown: str) -> str:
    """Put feeds behind those that a file lists, laid out as those are.

    Args:
        text: of the file, which has been loaded without mistakes.
        feeds: to put in, at least one.
        shown: the name of the file, for the message.

    Raises:
        ConfigError: the list is written in a way that nothing can be put behind.
    """
    bom = _BOM if text.startswith(_BOM) else ""
    body = text.removeprefix(_BOM)
    root: Any = yaml.compose(body, Loader=_Loader)
    listed = next(value for key, value in root.value if key.value == "feeds")
    if not isinstance(listed, yaml.SequenceNode) or root.flow_style:
        wanted = "a list under `feeds:`, one entry a line, for entries to be put behind it"
        raise ConfigError([Mistake(shown, listed.start_mark.line + 1, "feeds", "", wanted)])
    return bom + (_into_brackets if listed.flow_style else _behind)(body, listed, feeds)


def _into_brackets(body: str, listed: Any, feeds: Sequence[Feed]) -> str:
    at = listed.end_mark.index - 1
    entries = ", ".join(
        "{" + ", ".join(f"{key}: {_quoted(value)}" for key, value in _values(feed)) + "}" for feed in feeds
    )
    return f"{body[:at]}, {entries}{body[at:]}"


def _behind(body: str, listed: Any, feeds: Sequence[Feed]) -> str:
    newline = "\r\n" if "\r\n" in body else "\n"
    at = _end_of_line(body, _last(listed).end_mark)
    before = body[:at] if body[:at].endswith(("\n", "\r")) else body[:at] + newline
    dash, key = listed.start_mark.column, listed.value[0].start_mark.column
    return before + "".join(_block(feed, dash, key, newline) for feed in feeds) + body[at:]


def _last(node: Any) -> Any:
    """Find the last value in a list: that of a collection on several lines ends wherever the next thing begins."""
    while not isinstance(node, yaml.ScalarNode) and node.value and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return node


def _end_of_line(body: str, mark: Any) -> int:
    if mark.column == 0 and mark.index:  # text on several lines, which ends where the next line begins
        return int(mark.index)
    end = body.find("\n", mark.index)
    return len(body) if end < 0 else end + 1


def _block(feed: Feed, dash: int, key: int, newline: str) -> str:
    lines = [f"{name}: {_scalar(value)}{newline}" for name, value in _values(feed)]
    first = " " * dash + "-" + " " * (key - dash - 1)
    return first + (" " * key).join(lines)


def _values(feed: Feed) -> list[tuple[str, str | bool]]:
    values = feed.model_dump(exclude_defaults=True)
    if feed.interval is not None:
        values["interval"] = format_duration(feed.interval)
    return list(values.items())


def _scalar(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    bare = value.isprintable() and any(form.fullmatch(value) for form in (_URL, _WORDS, _DURATION))
    if bare and plain(value) == value and value.lower() not in _OTHER_WORDS:
        return value
    return _quoted(value)


def _quoted(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'
