"""Folding at speed: many texts in one pass of numpy over a table of the basic plane.

The table gives each UTF-16 unit its folded form and its script in one look-up. What one unit alone cannot tell
(letters that combine, ligatures, letters beyond the basic plane) is marked SLOW there; a text that has any goes
through `normalise` first and then through a second table, in which nothing is left to combine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.fold import Folded, fold_cluster, fold_exact, fold_letter, joins, normalise, script

_SEPARATOR: Final = "\x02"  # between texts; a space everywhere else
_SPACE: Final = 0x20
_SCRIPT_SHIFT: Final = 16
_DROP: Final = 1 << 18  # vanishes
_SLOW: Final = 1 << 19
_EMOJI_UNITS: Final = range(0xD83C, 0xD840)  # first halves of pairs that are all signs
_FIRST_HALVES: Final = range(0xD800, 0xDC00)
_IDENTICAL: Final = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4))  # but for `han.py`

Units = NDArray[np.uint32]


def fold_batch(texts: Sequence[str]) -> list[bytes]:
    """Fold texts, each as `fold_exact` would, without the way back: UTF-8. At least one."""
    raw = _raw(texts)
    separators = np.flatnonzero(raw == ord(_SEPARATOR))
    if len(separators) != len(texts) - 1:
        return fold_batch([text.replace(_SEPARATOR, " ") for text in texts])
    direct, composed = _tables()
    units = np.take(direct, raw)
    slow = np.flatnonzero(units >= _SLOW)
    pieces = _pieces(units)
    if len(slow):
        numbers = np.unique(np.searchsorted(separators, slow)).tolist()
        again = _pieces(np.take(composed, _raw([normalise(texts[number]) for number in numbers])))
        for number, piece in zip(numbers, again, strict=True):
            pieces[number] = piece
    return pieces


def fold(text: str) -> Folded:
    """Fold a text, with the way back: as `fold_exact` does, and faster."""
    raw = _raw([text.replace(_SEPARATOR, " ")])
    if np.take(_apart(), raw).any():
        return fold_exact(text)
    units = np.take(_tables()[0], raw)
    kept = np.flatnonzero(units < _DROP)
    kept = kept[_not_repeated(units[kept])]
    units = units[kept]
    gaps = _gaps(units)
    folded = np.insert(units.astype(np.uint16), gaps, _SPACE).tobytes().decode("utf-16-le")
    kept = np.insert(kept, gaps, kept[gaps])
    last = len(text)
    starts = np.minimum(np.maximum(kept - 1, 0), last)
    return Folded(folded, starts.tolist(), np.minimum(starts + 1, last).tolist())


def _raw(texts: Sequence[str]) -> NDArray[np.uint16]:
    joined = f" {_SEPARATOR} ".join(texts)
    return np.frombuffer(f" {joined} ".encode("utf-16-le", "surrogatepass"), np.uint16)


def _pieces(units: Units) -> list[bytes]:
    return _squeeze(units).tobytes().decode("utf-16-le").encode().split(_SEPARATOR.encode())


def _squeeze(units: Units) -> NDArray[np.uint16]:
    """Drop what vanishes, make runs of spaces one, put spaces between scripts."""
    if (units >= _DROP).any():
        units = units[units < _DROP]
    units = units[_not_repeated(units)]
    gaps = _gaps(units)
    narrow = units.astype(np.uint16)
    return np.insert(narrow, gaps, _SPACE) if len(gaps) else narrow


def _not_repeated(units: Units) -> NDArray[np.bool_]:
    """Tell of each unit whether it is anything but a space after a space."""
    space = units == _SPACE
    keep = np.ones(len(units), np.bool_)
    np.logical_and(space[1:], space[:-1], out=keep[1:])
    np.logical_not(keep[1:], out=keep[1:])
    return keep


def _gaps(units: Units) -> NDArray[np.intp]:
    """Find the places between two letters of different scripts."""
    scripts = (units >> _SCRIPT_SHIFT).astype(np.uint8)
    before, after = scripts[:-1], scripts[1:]
    return np.flatnonzero((before != after) & (before != 0) & (after != 0)) + 1


@cache
def _tables() -> tuple[Units, Units]:
    """Build the table for text as it comes, and that for text after NFKC."""
    combining = _combining()
    direct, composed = np.zeros(1 << 16, np.uint32), np.zeros(1 << 16, np.uint32)
    for code in range(1 << 16):
        char = chr(code)
        if any(code in block for block in _IDENTICAL):
            direct[code] = composed[code] = _entry(fold_letter(char))
            continue
        composed[code] = _entry(fold_letter(char))
        direct[code] = _SLOW | _SPACE if _needs_more(char, combining) else _entry(fold_cluster(char))
    for table in (direct, composed):
        table[ord(_SEPARATOR)] = ord(_SEPARATOR)
    return direct, composed


@cache
def _apart() -> NDArray[np.bool_]:
    """Mark the units that do not stand for themselves alone: slow ones, marks, and halves of pairs."""
    joining = np.array([joins(chr(code)) for code in range(1 << 16)])
    joining[0xD800:0xE000] = True
    return joining | (_tables()[0] >= _SLOW)


def _entry(folded: str) -> int:
    """Write a folded form of one letter, of nothing, or of nothing but spaces."""
    if not folded:
        return _DROP
    form = folded[0]
    return ord(form) | script(form) << _SCRIPT_SHIFT


def _needs_more(char: str, combining: frozenset[str]) -> bool:
    """Tell whether a unit's folded form hangs on its neighbours, or is more than one letter."""
    if ord(char) in _FIRST_HALVES:
        return ord(char) not in _EMOJI_UNITS
    if char in combining or (joins(char) and unicodedata.category(char)[0] != "M"):
        return True
    return len(fold_cluster(char).strip() or " ") > 1


def _combining() -> frozenset[str]:
    """Collect the characters that some letter is composed with."""
    pairs = (unicodedata.decomposition(chr(code)).split() for code in range(1 << 16))
    return frozenset(chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and pair[0][0] != "<")  # noqa: PLR2004
