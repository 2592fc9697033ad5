"""Ampersands and named references that XML doesn't know, made such that it does. Pure.

A bare `&` or an HTML name without a DTD makes a document not well-formed. The parser then falls back to one that is
slower and turns `AT&T` into `AT&T;`.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from typing import NamedTuple

_CDATA = "<![CDATA["

_SUSPECT = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(?:([A-Za-z][A-Za-z0-9]*);)?")


class Repaired(NamedTuple):
    """The text, and how many references had to be repaired."""

    text: str
    repairs: int


def repair(text: str) -> Repaired:
    """Write HTML's names as the characters they stand for, and other ampersands as `&amp;`; CDATA stays as it is."""
    if "<!ENTITY" in text:
        return Repaired(text, 0)  # it defines its own names
    count = 0

    def write(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        name = match[1]
        stands_for = html.entities.html5.get(f"{name};") if name else None
        if stands_for is None:
            return f"&amp;{match[0][1:]}"
        return "".join(f"&#{ord(char)};" for char in stands_for)

    pieces = []
    for piece, is_cdata in _pieces(text):
        pieces.append(piece if is_cdata or "&" not in piece else _SUSPECT.sub(write, piece))
    return Repaired("".join(pieces), count) if count else Repaired(text, 0)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Split a document into CDATA sections and what stands between them."""
    done = 0
    start = text.find(_CDATA)
    while start >= 0:
        yield text[done:start], False
        done = text.find("]]>", start) + 3
        if done < len("]]>"):  # one that never ends is taken to the end
            yield text[start:], True
            return
        yield text[start:done], True
        start = text.find(_CDATA, done)
    yield text[done:], False
