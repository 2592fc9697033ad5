"""How much text two items share: enough to tell a reprint from a report of its own, in any script.

A signature is the set of hashed shingles (two words, or three signs of a script without spaces) of the head of an item:
title and lead, without dateline and outlet. Shares are exact, not estimated; no more than the head is compared.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from processors.batch import fold
from processors.dateline import dateline
from processors.fold import WORD, script

_SHINGLES: Final = 64  # of the head; a title and some fifty words
_HEAD_CHARS: Final = 1200  # of the summary, more than the shingles need
_ENOUGH: Final = 12  # shingles; a text of fewer that lies wholly in a longer one may do so by chance
_OUTLET: Final = re.compile(r"\s+[-|–—·»]\s+(?P<outlet>[^-|–—·»]{2,40})$")
_OUTLET_WORDS: Final = 5

Signature = tuple[int, ...]


def signature(title: str, summary: str) -> Signature:
    """Compute the signature of an item's text: sorted, without repeats; empty when there is no word in it."""
    lead = summary[:_HEAD_CHARS]
    tokens = [*_tokens(without_outlet(title)), *_tokens(lead[dateline(lead) :])]
    shingles: dict[int, None] = {}
    for shingle in _shingles(tokens):
        shingles[zlib.crc32(shingle.encode())] = None
        if len(shingles) == _SHINGLES:
            break
    return tuple(sorted(shingles))


def share(one: Collection[int], other: Collection[int]) -> float:
    """Tell which share of the shorter text is in the longer one: 0..1, symmetric.

    A very short text lies in a long one by chance, so it counts as if it were longer than it is.
    """
    shorter, longer = sorted((len(one), len(other)))
    if not shorter:
        return 0.0
    common = len(set(one).intersection(other))
    return common / max(shorter, min(_ENOUGH, longer))


def without_outlet(title: str) -> str:
    """Take the dateline off the front of a title, and the outlet's name off its end."""
    title = title[dateline(title) :]
    found = _OUTLET.search(title)
    if found is None or len(found["outlet"].split()) > _OUTLET_WORDS or found.start() < len(found["outlet"]):
        return title
    return title[: found.start()]


def _tokens(text: str) -> Iterator[str]:
    """Yield words, and the signs of scripts without spaces one by one."""
    for word in fold(text).text.split():
        if script(word[0]) == WORD:
            yield word
        else:
            yield from word


def _shingles(tokens: Sequence[str]) -> Iterator[str]:
    if len(tokens) == 1:
        yield tokens[0]
    for place in range(len(tokens) - 1):
        size = 2 if script(tokens[place][0]) == WORD else 3
        yield " ".join(tokens[place : place + size])
