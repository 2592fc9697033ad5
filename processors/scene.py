"""One item as a topic sees it: its folded text, its sentences, and the concepts found in it, with their places."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from core.types import Field
from processors.batch import fold
from processors.dateline import dateline
from processors.fold import HAN, Folded, script
from processors.sentences import sentences

Where = Literal["title", "window", "text"]


class Hit(NamedTuple):
    """A place where a concept was found."""

    field: Field
    start: int  # in code points of the field, as published
    end: int
    sentence: int  # 0 is the title
    place: int  # in the folded field


class Part(NamedTuple):
    """A field of the item, ready to be searched."""

    field: Field
    original: str
    folded: Folded
    dateline: int  # hits that begin before this code point are no actors
    sentence_starts: list[int]
    first_sentence: int  # the number of the field's first sentence


Parts = tuple[Part, Part]  # the title and the summary


def read(title: str, summary: str) -> Parts:
    """Make an item ready to be searched, for any number of topics."""
    starts = [start for start, _ in sentences(summary)]
    return (
        Part("title", title, fold(title), dateline(title), [0], 0),
        Part("summary", summary, fold(summary), dateline(summary), starts or [0], 1),
    )


class Scene:
    """The item, and the hits of each concept in it. Built anew for each look of a topic at an item."""

    def __init__(self, parts: Parts, window_sentences: int) -> None:
        self.parts = parts
        self._last_in_window = window_sentences  # the title is 0, the summary's sentences follow
        self._words: dict[str, list[int]] = {}
        self.hits: list[tuple[Hit, ...]] = []  # by concept number; set by whoever searched

    def hit(self, part: Part, start: int, end: int) -> Hit | None:
        """Place a stretch of folded text; None when it lies in the dateline."""
        first, last = part.folded.span(start, end)
        if first < part.dateline:
            return None
        sentence = part.first_sentence + max(0, bisect_right(part.sentence_starts, first) - 1)
        return Hit(part.field, first, last, sentence, start)

    def seen(self, concept: int, where: Where) -> Sequence[Hit]:
        """Return the hits of a concept in the title, the window, or anywhere."""
        hits = self.hits[concept]
        if where == "text" or not hits:
            return hits
        last = 0 if where == "title" else self._last_in_window
        return [hit for hit in hits if hit.sentence <= last]

    def word(self, hit: Hit) -> float:
        """Count the words before a hit, two signs of Han or kana as one; the summary begins far from the title."""
        if hit.field not in self._words:
            part = self.parts[0 if hit.field == "title" else 1]
            self._words[hit.field] = _count_words(part.folded.text)
        return self._words[hit.field][hit.place] / 2 + (0 if hit.field == "title" else 1_000_000)


def _count_words(text: str) -> list[int]:
    """For each place, twice the number of words before it."""
    counts: list[int] = []
    halves = 0
    for char in text:
        kind = script(char)
        if kind == HAN:
            halves += 1
        elif char == " ":
            halves += 2
        counts.append(halves)
    return counts


Support = Sequence[Hit]
Predicate = Callable[[Scene, "dict[str, Support]"], Support | None]
"""What a compiled condition is: the hits that carry it (none for an absence), or None when it does not hold."""


def in_one_sentence(members: Sequence[Support]) -> Support | None:
    """Keep the hits that share a sentence with hits of all other members."""
    common = set.intersection(*({hit.sentence for hit in hits} for hits in members))
    return [hit for hits in members for hit in hits if hit.sentence in common] if common else None


def within(words: int, members: Sequence[Support], place: Callable[[Hit], float]) -> Support | None:
    """Keep the hits of every stretch of so many words that holds a hit of each member."""
    ordered = sorted((place(hit), number, hit) for number, hits in enumerate(members) for hit in hits)
    kept: dict[Hit, None] = {}
    first = 0
    for last, (at, _, _) in enumerate(ordered):
        while at - ordered[first][0] > words:
            first += 1
        stretch = ordered[first : last + 1]
        if len({number for _, number, _ in stretch}) == len(members):
            kept.update((hit, None) for _, _, hit in stretch)
    return list(kept) or None


def longest(hits: Iterable[Hit]) -> list[Hit]:
    """Drop hits that lie inside others or overlap a longer one; in order of place."""
    kept: list[Hit] = []
    for hit in sorted(set(hits), key=lambda hit: (hit.field != "title", hit.start, -hit.end)):
        if kept and kept[-1].field == hit.field and hit.start < kept[-1].end:
            if hit.end - hit.start > kept[-1].end - kept[-1].start:
                kept[-1] = hit
            continue
        kept.append(hit)
    return kept
