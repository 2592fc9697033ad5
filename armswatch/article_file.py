"""Reads the file of an article: plain text, or a simple page of HTML."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, NamedTuple

from core.errors import UserError

_MAX_BYTES: Final = 1_000_000  # of text; an article has thousands
_HTML: Final = re.compile(r"\s*(?:<!doctype html|<html|<head|<body|<article|<p[\s>]|<h1[\s>]|<\?xml)", re.IGNORECASE)
_UNREAD: Final = frozenset(("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form"))
_BLOCKS: Final = frozenset("p h1 h2 h3 h4 h5 h6 li div article section br tr title blockquote figcaption".split())  # noqa: SIM905


class Read(NamedTuple):
    """What a file held."""

    text: str
    title: str  # as HTML names it; empty when it doesn't
    sha256: str  # of its bytes, in hex


def read_text(path: Path, at_most: int = _MAX_BYTES) -> Read:
    """Read a file of at most so many bytes.

    Raises:
        UserError: it cannot be read, is not text in UTF-8, is too long, or is empty.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(at_most + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    if len(raw) > at_most:
        raise UserError(f"{path} has more than {at_most:,} bytes.", "Give the text of one article.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not text in UTF-8: byte {error.start} is not.", "Save it as UTF-8.") from error
    title = ""
    if _HTML.match(text):
        text, title = _from_html(text)
    if not text.strip():
        raise UserError(f"{path} has no text.")
    return Read(text, title, hashlib.sha256(raw).hexdigest())


def _from_html(page: str) -> tuple[str, str]:
    """Give the text of a page, a block a line, and its headline: the first of rank one, else its title."""
    reader = _Page()
    reader.feed(page)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.text).split("\n")]
    headline = "".join(reader.parts["h1"]) or "".join(reader.parts["title"])
    return "\n".join(line for line in lines if line), " ".join(headline.split())


class _Page(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.parts: dict[str, list[str]] = {"h1": [], "title": []}
        self._unread = 0  # elements open that are not read
        self._inside = ""  # the headline that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - its signature
        """Note where a block begins, and what isn't read."""
        self._unread += tag in _UNREAD
        if tag in self.parts and not self.parts[tag]:
            self._inside = tag
        if tag in _BLOCKS:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Note where it ends."""
        self._unread = max(0, self._unread - (tag in _UNREAD))
        self._inside = "" if tag == self._inside else self._inside
        if tag in _BLOCKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self._inside:
            self.parts[self._inside].append(data)
        if not self._unread and self._inside != "title":
            self.text.append(data)
