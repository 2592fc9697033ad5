"""Which of the acts that news is full of the seeds speak of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from processors.fold import Folded, fold_exact
from processors.seeding.lexicon import ACTS, Act
from processors.seeding.reading import Sentence
from processors.terms import Pattern, parse


class Seen(NamedTuple):
    """An act, and how the seeds speak of it."""

    act: Act
    terms: tuple[tuple[str, int], ...]  # its words in the language, each with its occurrences in the seeds
    times: int


def terms_of(act: Act, language: str) -> list[str]:
    """Give an act's words in a language; none where the lexicon lacks the language."""
    return [term.strip() for term in act.terms.get(language, "").split(",") if term.strip()]


def acts_in(sentences: Sequence[Sentence], language: str) -> list[Seen]:
    """Count the acts, the most frequent first; those that never occur are left out."""
    folded = [fold_exact(_text(sentence)) for sentence in sentences]
    found: list[Seen] = []
    for act in ACTS:
        counts = tuple((term, sum(_hits(parse(term), text) for text in folded)) for term in terms_of(act, language))
        count = sum(number for _, number in counts)
        if count:
            found.append(Seen(act, counts, count))
    return sorted(found, key=lambda seen: (-seen.times, seen.act.name))


def is_act(word: str, language: str) -> bool:
    """Tell whether a word is one of an act's."""
    folded = fold_exact(word)
    return any(_hits(pattern, folded) for pattern in _patterns(language))


@cache
def _patterns(language: str) -> tuple[Pattern, ...]:
    return tuple(parse(term) for act in ACTS for term in terms_of(act, language))


def _hits(pattern: Pattern, text: Folded) -> int:
    found = 0
    at = text.text.find(pattern.literal)
    while at >= 0:
        found += pattern.accept(text, "", at, at + len(pattern.literal)) is not None
        at = text.text.find(pattern.literal, at + 1)
    return found


def _text(sentence: Sentence) -> str:
    return "".join((" " if token.gap == "|" else token.gap) + token.shown for token in sentence.tokens)
