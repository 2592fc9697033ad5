"""Text as matching sees it: one case, one form of every letter, words between single spaces.

This is the exact path, with the way back to the text as published; `batch.py` does the same fast, and hands over
here what its table cannot do. What folding does:

- everything that is neither letter, decimal digit nor mark is a space, and a run of spaces is one;
- compatibility forms become plain ones (NFKC), letters and their marks are composed, everything is lower case;
- accents on Latin letters go, but ä, ö, ü and ß stay; ё becomes е; Chinese characters become simplified (`han.py`);
- soft hyphens, zero-width signs and marks that do not compose vanish;
- letters beyond the basic plane are spaces too: no language that news is written in needs them;
- a space is put between scripts that are written without one: Han and kana, Hangul, and all others. So `北미사일`
  is two words, and `KN-23을` has a word `23`;
- the result begins and ends with a space, so that ` word ` finds whole words at either end.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final, NamedTuple

from processors.han import SIMPLIFIED

_EMOJI: Final = range(0x1F000, 0x20000)  # all signs
_DOTS: Final = frozenset("ㆍᆞ\u115f\u1160\u3164")  # Korean letters long dead, in use as middle dots; and fillers
_MODIFIERS: Final = range(0x02B0, 0x0300)  # letters to Unicode, apostrophes and the like to writers
_CJK: Final = 0x1100  # Hangul letters, the first of it
_HANGUL: Final = re.compile("[\u1100-\u11ff\uac00-\ud7a3\u3131-\u318e\ua960-\ua97f\ud7b0-\ud7ff]")
_HAN: Final = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_JOINING: Final = re.compile("[\u1160-\u11ff\u3131-\u318e\uff9e\uff9f]")  # jamo; voicing marks of half-width kana
_COMBINING: Final = 0x0300  # the first combining mark
_LAST_MARK: Final = 0x1F000  # beyond are signs only, and marks that vanish
_MOST_MARKS: Final = 30
_BASIC: Final = 0xFFFF  # the last code point of the basic plane
_SECOND_HALF: Final = re.compile("[\udc00-\udfff]")  # of a surrogate pair, alone
_VANISHING: Final = frozenset(("Cf", "Mn", "Me"))
_KEPT: Final = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "Mc"))

SPACE: Final = 0
WORD: Final = 1  # scripts that put spaces between words, and digits
HAN: Final = 2  # Han and kana
HANGUL: Final = 3


class Folded(NamedTuple):
    """Folded text and where each of its characters comes from."""

    text: str
    starts: list[int]  # for each folded character, the first code point of the original that it stands for
    ends: list[int]  # one past the last

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a stretch of folded text that begins and ends with letters to the original."""
        return self.starts[start], self.ends[end - 1]


def script(char: str) -> int:
    """Tell how the script of a folded character writes words: SPACE, WORD, HAN or HANGUL."""
    if char == " ":
        return SPACE
    if ord(char) < _CJK:
        return WORD
    if _HANGUL.match(char):
        return HANGUL
    return HAN if _HAN.match(char) else WORD


def joins(char: str) -> bool:
    """Tell whether the character may combine with the one before it."""
    if ord(char) < _COMBINING or char in _DOTS:
        return False
    return unicodedata.category(char)[0] == "M" or _JOINING.match(char) is not None


@lru_cache(maxsize=1 << 16)
def fold_letter(char: str) -> str:
    """Fold one character of normalised text: to a letter, to a space, or to nothing."""
    category = unicodedata.category(char)
    if category in _VANISHING or _SECOND_HALF.match(char):
        return ""
    if category not in _KEPT or ord(char) in _MODIFIERS or char in _DOTS or ord(char) > _BASIC:
        return " "
    lower = char.casefold() if len(char.casefold()) == 1 else char.lower()[:1]
    return SIMPLIFIED.get(lower) or _plain(lower)


class _Preparation(dict[int, int | None]):
    """For `str.translate`, before NFKC: signs to spaces, what vanishes beyond the basic plane gone. Fills itself."""

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        if category in _VANISHING:
            self[code] = code if code <= _BASIC else None
        else:
            sign = code in _EMOJI or chr(code) in _DOTS or category not in _KEPT | {"Cs"}
            self[code] = ord(" ") if sign else code
        return self[code]


_PREPARATION: Final = _Preparation()


def normalise(text: str) -> str:
    """Turn signs to spaces whatever their compatibility form (™, ½), then everything to NFKC.

    Of a run of marks only so many are kept as Unicode's stream-safe text has (UAX 15): to order them takes time with
    the square of their number.
    """
    prepared = text.translate(_PREPARATION)
    if len(prepared) > _MOST_MARKS:
        prepared = _marks().sub(r"\1", prepared)
    return unicodedata.normalize("NFKC", prepared)


@cache
def _marks() -> re.Pattern[str]:
    """Make the expression for a run of too many marks; its group is what to keep."""
    marks = "".join(char for char in map(chr, range(_COMBINING, _LAST_MARK)) if unicodedata.combining(char))
    return re.compile(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+")


def fold_cluster(cluster: str, *, keep_case: bool = False) -> str:
    """Fold a character with all that combines with it."""
    composed = normalise(cluster)
    if keep_case:
        return "".join(char if fold_letter(char) == char.lower() else fold_letter(char) for char in composed)
    return "".join(map(fold_letter, composed))


def fold_exact(text: str, *, keep_case: bool = False) -> Folded:
    """Fold text, with the way back to it."""
    chars, starts, ends = [" "], [0], [0]
    last = SPACE
    position = 0
    while position < len(text):
        end = position + 1
        while end < len(text) and joins(text[end]):
            end += 1
        for char in fold_cluster(text[position:end], keep_case=keep_case):
            now = script(char)
            if now == SPACE == last:
                continue
            if now != SPACE != last and now != last:
                chars.append(" ")
                starts.append(position)
                ends.append(position)
            chars.append(char)
            starts.append(position)
            ends.append(end)
            last = now
        position = end
    if last != SPACE:
        chars.append(" ")
        starts.append(len(text))
        ends.append(len(text))
    return Folded("".join(chars), starts, ends)


def _plain(lower: str) -> str:
    """Take the accent off a Latin letter (not from ä, ö, ü), and the dots off ё."""
    if lower == "ё":
        return "е"
    parts = unicodedata.normalize("NFD", lower)
    if len(parts) == 1 or not "a" <= parts[0] <= "z" or parts in ("a\u0308", "o\u0308", "u\u0308"):
        return lower
    return parts[0]
