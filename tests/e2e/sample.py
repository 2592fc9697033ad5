"""Own-written items about the shipped topic, and feeds made of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple
from xml.sax.saxutils import escape


class Piece(NamedTuple):
    """One entry of a test's feed."""

    guid: str
    title: str
    text: str
    published: datetime | None = None  # now, when None


def shells(number: int) -> Piece:
    """An item that the shipped topic matches; each number is another event."""
    return Piece(
        f"shells-{number}",
        f"North Korea ships {number}0 containers of artillery shells to Russia",
        f"A train with {number}0 containers of 152 mm artillery shells left the North Korean border town of Tumangang"
        f" for Russia on day {number}, an official said. Consignment {number} of rockets followed by sea, case {number * 7}.",
    )


def weather(number: int) -> Piece:
    """An item that no topic of ours matches."""
    return Piece(
        f"weather-{number}", f"Rain in valley number {number}", f"Showers number {number} are due by the evening."
    )


def rss(pieces: Sequence[Piece], title: str = "Test outlet") -> bytes:
    """Write an RSS 2.0 document."""
    items = "".join(
        f"<item><title>{escape(piece.title)}</title><link>http://outlet.example/{escape(piece.guid)}</link>"
        f"<guid isPermaLink='false'>{escape(piece.guid)}</guid><description>{escape(piece.text)}</description>"
        f"<pubDate>{format_datetime(piece.published or datetime.now(UTC))}</pubDate></item>"
        for piece in pieces
    )
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{escape(title)}</title>"
        f"<link>http://outlet.example/</link><description>test</description>{items}</channel></rss>"
    ).encode()
