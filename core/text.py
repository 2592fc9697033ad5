"""Plain text: made clean for storing and matching, and safe for terminals. Pure."""

from __future__ import annotations

import re
import unicodedata

# Controls that are no white space, soft hyphen, zero-width and bidirectional marks, invisible operators, interlinear
# anchors, tags, surrogates and non-characters: they show nothing, and hide words from whoever reads or matches.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001fffe\U0001ffff\U000e0000-\U000e0fff]"
)
_ELLIPSIS = "…"


def clean(text: str) -> str:
    """Drop characters that show nothing, collapse white space to single spaces, compose to NFC. Idempotent."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = " ".join(_INVISIBLE.sub("", text).split())
    return unicodedata.normalize("NFC", spaced)


def terminal_safe(text: str) -> str:
    """Make text that cannot move the cursor, colour, reorder or break a line: only printable characters remain."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)


def shorten(text: str, limit: int) -> str:
    """Cut text to at most `limit` characters, at a word's end where one is near, with an ellipsis when cut."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    head = text[: limit - 1]
    at = head.rfind(" ")
    # A script without spaces, or one very long word: a hard cut loses less than going back to the last space.
    if text[limit - 1] != " " and at >= (limit - 1) // 2:
        head = head[:at]
    return head.rstrip() + _ELLIPSIS
