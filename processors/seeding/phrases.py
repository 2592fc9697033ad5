"""Words that belong together: collocations of two to four words.

A pair counts when the log-likelihood ratio (Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence",
Computational Linguistics 19, 1993) says that its words do not meet by chance, at one in a thousand, and its normalised
pointwise mutual information (Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction", GSCL
2009) says that they meet rather than avoid each other. A longer phrase counts when each of its neighbouring pairs does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from processors.seeding.reading import Sentence, Token

Words = tuple[str, ...]
LONGEST: Final = 4  # words
_CHANCE: Final = 10.83  # the chi-squared value of one in a thousand, with one degree of freedom
_TOGETHER: Final = 0.3  # normalised mutual information


class Bond(NamedTuple):
    """How two words hold together."""

    likelihood: float  # log-likelihood ratio
    npmi: float  # -1 never together, 0 by chance, 1 always

    @property
    def holds(self) -> bool:
        """Tell whether it is a collocation."""
        return self.likelihood >= _CHANCE and self.npmi >= _TOGETHER


def bond(together: int, first: int, second: int, total: int) -> Bond:
    """Measure a pair from counts: of the pair, of each word, and of all pairs."""
    table = (together, first - together, second - together, total - first - second + together)
    rows, columns = (first, total - first), (second, total - second)
    expected = [row * column / total for row in rows for column in columns]
    likelihood = 2 * sum(
        seen * math.log(seen / chance) for seen, chance in zip(table, expected, strict=True) if seen > 0
    )
    share = together / total
    npmi = math.log(share / (first * second / total**2)) / -math.log(share) if 0 < share < 1 else 1.0
    return Bond(likelihood, npmi)


def phrases(sentences: Iterable[Sentence], plain: Collection[str], least: int = 2) -> Counter[Words]:
    """Count the phrases that occur at least so often; `plain` are words too common to begin or end one."""
    runs = [run for sentence in sentences for run in _runs(sentence.tokens)]
    pairs = Counter(pair for run in runs for pair in pairwise(run))
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), count in pairs.items():
        firsts[first] += count
        seconds[second] += count
    held = {
        (first, second)
        for (first, second), count in pairs.items()
        if count >= least and bond(count, firsts[first], seconds[second], pairs.total()).holds
    }
    found = Counter(words for run in runs for words in _held(run, held) if not {words[0], words[-1]} & set(plain))
    return Counter({words: count for words, count in found.items() if count >= least})


def _held(run: Words, held: Collection[tuple[str, str]]) -> Iterator[Words]:
    for start in range(len(run)):
        for end in range(start + 2, min(start + LONGEST, len(run)) + 1):
            if (run[end - 2], run[end - 1]) not in held:
                break
            yield run[start:end]


def _runs(tokens: Iterable[Token]) -> Iterator[Words]:
    """Cut a sentence where punctuation stands."""
    run: list[str] = []
    for token in tokens:
        if token.gap == "|" and run:
            yield tuple(run)
            run = []
        run.append(token.word)
    if run:
        yield tuple(run)
