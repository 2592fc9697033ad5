"""General language as a yardstick: how often a word is used when nothing in particular is spoken of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from processors.han import SIMPLIFIED

_UNSEEN: Final = 0.5  # of one occurrence: what a word that the background lacks is taken to have


class Background(NamedTuple):
    """Rates of words in general language, and how much text they were counted in."""

    rates: Mapping[str, float]  # word, lower case -> share of all running words
    size: float  # running words; says how far the rates are to be trusted
    name: str  # what it is, for people

    def rate(self, word: str) -> float:
        """Give the share of a word; for one that was never seen, less than one occurrence."""
        return self.rates.get(word) or self.rates.get(simplified(word)) or self.least

    def knows(self, word: str) -> bool:
        """Tell whether the word was ever seen."""
        return word in self.rates or simplified(word) in self.rates

    @property
    def least(self) -> float:
        """The rate of an unseen word."""
        return _UNSEEN / self.size


def counted(words: Iterable[str], name: str) -> Background:
    """Make a background of the words of a text."""
    counts = Counter(words)
    size = max(counts.total(), 1)
    return Background({word: count / size for word, count in counts.items()}, size, name)


def simplified(word: str) -> str:
    """Write Chinese in simplified signs."""
    return "".join(SIMPLIFIED.get(char, char) for char in word)
