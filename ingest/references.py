"""Ampersands and named references that XML doesn't know, made such that it does. Pure.

A bare `&` or an HTML name without a DTD makes a document not well-formed. The parser then falls back to one that is
slower and turns `AT&T` into `AT&T;`.
"""

from __future__ import annotations

import html.entities
import re
from typing import NamedTuple

# A CDATA section that never ends is taken to the end: looking for its end again and again would be quadratic.
_SUSPECT = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*)|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(?:([A-Za-z][A-Za-z0-9]*);)?",
    re.DOTALL,
)


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
        if match[0][0] == "<":
            return match[0]
        count += 1
        name = match[1]
        stands_for = html.entities.html5.get(f"{name};") if name else None
        if stands_for is None:
            return f"&amp;{match[0][1:]}"
        return "".join(f"&#{ord(char)};" for char in stands_for)

    return Repaired(_SUSPECT.sub(write, text), count)
