"""A walk over the elements of an XML document that may be hostile. Pure.

Nothing is expanded and nothing is fetched: a document type, which entities need, is refused, and so is deep nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.parsers import expat

MAX_DEPTH = 100

Start = Callable[[str, Mapping[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

_ENDS_EARLY = frozenset({"no element found", "unclosed token", "unclosed CDATA section", "partial character"})


class Refused(Exception):
    """The document is not read: its detail says why, for people."""


class Malformed(Exception):
    """The document is not well-formed from here on; what was walked before stands."""

    def __init__(self, detail: str, *, ends_early: bool) -> None:
        self.ends_early = ends_early  # nothing is wrong with it but that the rest is missing
        super().__init__(detail)


def walk(text: str, start: Start, end: End, said: Text) -> None:
    """Call back for each element's start and end, in order, and for the text between.

    Names come as written, with their prefix: many publishers forget to declare it. Text may come in several pieces.

    Raises:
        Refused: it has a document type, or is nested too deeply.
        Malformed: it is not well-formed XML.
    """
    parser = expat.ParserCreate()  # for text, whatever encoding it declares is overridden
    depth = 0

    def open_(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise Refused(f"elements nested more than {MAX_DEPTH} deep")
        start(name, attributes)

    def close(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = open_
    parser.EndElementHandler = close
    parser.CharacterDataHandler = said
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code) or "not well-formed"
        raise Malformed(f"{what}, line {error.lineno}", ends_early=what in _ENDS_EARLY) from error


def _refuse_document_type(*_: object) -> None:
    raise Refused("it has a document type declaration, which may define entities")


def local(name: str) -> str:
    """Take a name without its prefix, in lower case."""
    return name.rpartition(":")[2].lower()
