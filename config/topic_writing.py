"""Writes a topic file: the model as YAML that people read, with a comment behind what has a note."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from config.topic import TopicFile
from config.yaml_nodes import Path, plain
from core.text import terminal_safe

_WIDTH: Final = 110
_BARE: Final = re.compile(r"[^\W\d_](?:[\w ]|-(?=\w))*\*?(?<! )")  # what needs no quotes, wherever it stands
_BARE_ALONE: Final = re.compile(r"[^\W\d_](?:[\w ’*]|[-:](?=\w)|[.,;](?= ?\w))*\*?(?<! )")  # outside brackets
_OTHER_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off"))  # text to us, and not to readers of older YAML
_STEP: Final = "  "
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def write_topic(topic: TopicFile, notes: Mapping[Path, str], heading: str = "") -> str:
    """Write a topic file that reads back as the same topic.

    Args:
        topic: what to write; what has its default value is left out.
        notes: by key path, such as ("concepts", "sides", "terms", "en", 0); each on one line.
        heading: what stands above it, as comments.
    """
    head = [f"# {terminal_safe(line)}".rstrip() for line in heading.splitlines()]
    data = topic.model_dump(exclude_defaults=True)
    return "\n".join([*head, *_mapping(data, (), "", notes)]) + "\n"


def _mapping(data: Mapping[str, Any], path: Path, indent: str, notes: Mapping[Path, str]) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{indent}{_scalar(key)}:", value, (*path, key), indent, notes)


def _entry(start: str, value: Any, path: Path, indent: str, notes: Mapping[Path, str]) -> Iterator[str]:
    note = f"  # {' '.join(terminal_safe(notes[path]).split())}" if path in notes else ""
    if isinstance(value, Mapping) and value:
        yield start + note
        yield from _mapping(value, path, indent + _STEP, notes)
    elif isinstance(value, list) and _in_line(value, path, start, notes):
        yield f"{start} [{', '.join(_scalar(each, inside=True) for each in value)}]{note}"
    elif isinstance(value, list) and value:
        yield start + note
        for number, each in enumerate(value):
            yield from _item(each, (*path, number), indent + _STEP, notes)
    else:
        yield f"{start} {_scalar(value)}{note}"


def _item(value: Any, path: Path, indent: str, notes: Mapping[Path, str]) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield from _entry(f"{indent}-", value, path, indent, notes)
        return
    lines = list(_mapping(value, path, indent + _STEP, notes))
    yield f"{indent}- {lines[0].lstrip()}"
    yield from lines[1:]


def _in_line(values: list[Any], path: Path, start: str, notes: Mapping[Path, str]) -> bool:
    """Tell a list that goes on one line: short, and nothing in it has a note."""
    room = _WIDTH - len(start) - sum(len(str(value)) + 4 for value in values)
    return room > 0 and not any(isinstance(value, Mapping) or (*path, at) in notes for at, value in enumerate(values))


def _scalar(value: Any, *, inside: bool = False) -> str:
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    if not isinstance(value, str):
        return str(value).lower().removesuffix(".0")
    bare = (_BARE if inside else _BARE_ALONE).fullmatch(value)
    if bare and plain(value) == value and value.lower() not in _OTHER_WORDS and value.isprintable():
        return value
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escape(char)) for char in value) + '"'


def _escape(char: str) -> str:
    return f"\\U{ord(char):08x}"
