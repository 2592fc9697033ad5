"""YAML text to plain data, with the line of everything in it.

Scalars follow the core schema of YAML 1.2, so `no`, `on`, `1:30` and dates are text; keys are always text. Tags
are refused, aliases are bounded, and what cannot be read is told as mistakes, never raised. Built from the event
stream without recursion: a hostile document costs time and memory in proportion to its size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from core.errors import Mistake

Path = tuple[str | int, ...]

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MAX_DEPTH = 40
_MAX_ALIASED = 10_000
_YAML_TAGS = "tag:yaml.org,2002:"
_TEXT_TAG = _YAML_TAGS + "str"
_WORDS: dict[str, bool | float | None] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_WORDS |= {sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")}
_WORDS |= dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan"))
_INT = re.compile(r"[-+]?[0-9]{1,30}\Z")
_OTHER_BASE = re.compile(r"0o[0-7]{1,30}\Z|0x[0-9a-fA-F]{1,30}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NUMERIC = frozenset("+-.0123456789")
_PLAIN_WORDS = (
    ("cannot start any token", "valid YAML: spaces for indentation, and quotes around text that begins with a sign"),
    ("mapping values are not allowed", "valid YAML: quotes around text that holds a colon and a space"),
    ("unexpected end of stream", "valid YAML: a closing quote or bracket"),
    ("could not find expected ':'", "valid YAML: a colon and a space after each key"),
    ("did not find expected key", "valid YAML: keys of one mapping indented alike"),
    ("did not find expected '-' indicator", "valid YAML: entries of one list indented alike"),
    ("did not find expected ',' or", "valid YAML: a comma between entries and a closing bracket"),
    ("control characters are not allowed", "valid YAML: no control characters"),
)


class Place:
    """Where a value stands in its file, and where its parts stand."""

    __slots__ = ("line", "parts")

    def __init__(self, line: int) -> None:
        self.line = line  # from 1: of the key, or of the entry in its list
        self.parts: dict[str | int, Place] = {}

    def line_of(self, path: Path) -> int:
        """Find the line of what the path leads to, or of the last thing on the way that is there."""
        place = self
        for step in path:
            if step not in place.parts:
                break
            place = place.parts[step]
        return place.line


class Document:
    """What a file holds. With mistakes, `data` is what could be made out."""

    __slots__ = ("data", "mistakes", "place")

    def __init__(self, data: Any, place: Place, mistakes: tuple[Mistake, ...]) -> None:
        self.data = data
        self.place = place
        self.mistakes = mistakes


class _Frame:
    """A mapping or list under construction."""

    __slots__ = ("anchor", "before", "key", "key_line", "nodes", "place", "value")

    def __init__(self, value: dict[str, Any] | list[Any], place: Place, anchor: str | None, before: int) -> None:
        self.value = value
        self.place = place
        self.anchor = anchor
        self.before = before  # nodes counted before this one
        self.key: str | None = None  # of a mapping: the key whose value comes next
        self.key_line = 0


class _Stop(Exception):
    """The rest of the document is not worth reading."""


def read(text: str, file: str) -> Document:
    """Read the one document of a YAML file; `data` is None when it is empty."""
    builder = _Builder(file)
    try:
        parser = _Loader(text)
        while parser.check_event():
            builder.take(parser.get_event())
    except yaml.YAMLError as error:
        builder.syntax(error, text)
    except _Stop:
        pass
    return Document(builder.data, builder.place, tuple(builder.mistakes))


class _Builder:
    def __init__(self, file: str) -> None:
        self.data: Any = None
        self.place = Place(1)
        self.mistakes: list[Mistake] = []
        self._file = file
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}  # name -> value, number of nodes in it
        self._nodes = 0
        self._aliased = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        handle = _HANDLERS.get(type(event))
        if handle is not None:
            handle(self, event)

    def syntax(self, error: yaml.YAMLError, text: str) -> None:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        before = text.encode()[: getattr(error, "position", 0)]
        line = mark.line + 1 if mark else before.count(b"\n") + 1
        wanted = next((words for part, words in _PLAIN_WORDS if part in problem), f"valid YAML ({problem})")
        self.mistakes.append(Mistake(self._file, line, "", "", wanted))

    def scalar(self, event: yaml.ScalarEvent) -> None:
        line = _line(event)
        frame = self._awaiting_key()
        if frame is not None:
            self._key(frame, event.value, line)
            if event.anchor:
                self._anchors[event.anchor] = (event.value, 1)
            return
        value: Any = event.value
        if event.tag not in (None, "!", _TEXT_TAG):
            self._refuse(line, "no tag before the value", printable(event.tag.replace(_YAML_TAGS, "!!")))
        elif event.tag is None and event.implicit[0]:
            value = plain(event.value)
        self._nodes += 1
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, Place(line))

    def start(self, event: Any) -> None:
        line = _line(event)
        if event.tag not in (None, "!"):
            self._refuse(line, "no tag before the value", printable(event.tag.replace(_YAML_TAGS, "!!")))
        frame = self._awaiting_key()
        if frame is not None:
            self._refuse(line, "plain text as a key")
            raise _Stop
        if len(self._stack) >= _MAX_DEPTH:
            self._refuse(line, f"at most {_MAX_DEPTH} levels, one inside the other")
            raise _Stop
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        place = Place(line)
        before = self._nodes
        self._nodes += 1
        self._stack.append(_Frame(value, place, event.anchor, before))

    def end(self, _event: Any) -> None:
        frame = self._stack.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, self._nodes - frame.before)
        self._put(frame.value, frame.place)

    def alias(self, event: yaml.AliasEvent) -> None:
        line = _line(event)
        if event.anchor not in self._anchors:  # its own parts are no way to name a value either
            self._refuse(line, "an alias of an anchor above it", printable(f"*{event.anchor}"))
            raise _Stop
        value, nodes = self._anchors[event.anchor]
        self._aliased += nodes
        self._nodes += nodes
        if self._aliased > _MAX_ALIASED:
            self._refuse(
                line, f"aliases that stand for at most {_MAX_ALIASED} values in all", printable(f"*{event.anchor}")
            )
            raise _Stop
        frame = self._awaiting_key()
        if frame is None:
            self._put(value, Place(line))
        elif isinstance(value, str):
            self._key(frame, value, line)
        else:
            self._refuse(line, "plain text as a key", printable(f"*{event.anchor}"))
            raise _Stop

    def document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self.data = None
            self._refuse(_line(event), "one document in a file, without a second `---`")
            raise _Stop

    def _awaiting_key(self) -> _Frame | None:
        if self._stack and self._stack[-1].key is None and isinstance(self._stack[-1].value, dict):
            return self._stack[-1]
        return None

    def _key(self, frame: _Frame, key: str, line: int) -> None:
        frame.key = key
        frame.key_line = line
        if key in frame.place.parts:
            first = frame.place.parts[key].line
            self.mistakes.append(
                Mistake(
                    self._file, line, dotted((*self._path(), key)), "", f"each key once (it is in line {first} too)"
                )
            )

    def _put(self, value: Any, place: Place) -> None:
        if not self._stack:
            self.data, self.place = value, place
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.place.parts[len(frame.value)] = place
            frame.value.append(value)
            return
        key, frame.key = frame.key, None
        if key is not None and key not in frame.value:
            place.line = frame.key_line
            frame.place.parts[key] = place
            frame.value[key] = value

    def _path(self) -> Path:
        """Lead to the frame on top of the stack."""
        below = self._stack[:-1]
        return tuple(len(frame.value) if isinstance(frame.value, list) else frame.key or "" for frame in below)

    def _refuse(self, line: int, wanted: str, value: str = "") -> None:
        path = self._path()
        if self._stack:
            top = self._stack[-1]
            if isinstance(top.value, list):
                path = (*path, len(top.value))
            elif top.key is not None:
                path = (*path, top.key)
        self.mistakes.append(Mistake(self._file, line, dotted(path), value, wanted))


_HANDLERS: dict[type, Callable[[_Builder, Any], None]] = {
    yaml.ScalarEvent: _Builder.scalar,
    yaml.MappingStartEvent: _Builder.start,
    yaml.SequenceStartEvent: _Builder.start,
    yaml.MappingEndEvent: _Builder.end,
    yaml.SequenceEndEvent: _Builder.end,
    yaml.AliasEvent: _Builder.alias,
    yaml.DocumentStartEvent: _Builder.document,
}


def dotted(path: Path) -> str:
    """Write a path as people do: `feeds[3].url`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return printable(text)


def printable(text: str) -> str:
    """Write signs that a terminal might obey, or could not show, as escapes."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def plain(text: str) -> Any:
    """Resolve a plain scalar by the core schema of YAML 1.2; a number beyond reason stays text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMERIC:
        if _INT.match(text):
            return int(text)
        if _OTHER_BASE.match(text):
            return int(text, 0)
        if _FLOAT.match(text):
            return float(text)
    return text
