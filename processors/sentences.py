"""Where sentences end, in any script: after `. ! ?` and their like before a space, after 。！？ anywhere, at newlines.

A full stop after an abbreviation (`U.S.`, `N.`, `Mr.`, `Nov.`), an initial or a number is not an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_ABBREVIATIONS: Final = frozenset(
    """mr mrs ms dr prof gen lt col maj capt sgt adm brig cmdr gov sen rep rev hon st jr sr vs etc inc ltd corp co no
    nos jan feb mar apr jun jul aug sep sept oct nov dec approx est dept fig al
    г гг тыс млн млрд руб ул им др пр стр т д п напр см ср
    янв фев мар апр июн июл авг сен сент окт ноя дек
    р рр грн тис вул січ лют бер кві чер лип сер вер жов лис гру
    hr fr dr bzw ca usw evtl ggf inkl nr str abs art bsp vgl abg geb mio mrd
    m mme mm mlle sra srta sres ee uu ud uds pág aprox núm""".split()  # noqa: SIM905 - a list of words reads better so
)
_END: Final = re.compile(
    r"[。！？｡]+[」』”’）】\"']*"  # needs no space behind it
    r"|[.!?…‥]+[\"'”’»)\]]*(?=\s|$)"
    r"|[\r\n]+"
)
_AFTER: Final = re.compile(r"[^ \t\u00a0]")  # searched for: to copy the rest of the text takes long
_LAST_WORD: Final = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence, in code points, as far as asked; empty text has none."""
    start = 0
    for mark in _END.finditer(text):
        if mark.group().startswith(".") and _abbreviation(text, mark.start(), mark.end()):
            continue
        if text[start : mark.start()].strip():
            yield start, mark.end()
            start = mark.end()
    if text[start:].strip():
        yield start, len(text)


def first_sentences(text: str, count: int) -> str:
    """Cut the text after so many sentences."""
    for number, (_, end) in enumerate(sentences(text), 1):
        if number == count:
            return text[:end]
    return text


def _abbreviation(text: str, stop: int, end: int) -> bool:
    """Tell whether the full stop at `stop` belongs to the word before it."""
    if end - stop > 1:
        return False
    word = _LAST_WORD.search(text, max(0, stop - 20), stop)
    if word is None:
        return False
    last = word.group()
    after = _AFTER.search(text, end)
    rest = after.group() if after else ""
    if last.isdigit():
        return bool(rest) and rest[0].islower()  # `5. Juni` or a list; a year before a new sentence ends one
    if last.lower() in _ABBREVIATIONS:
        return True
    if len(last) == 1 or "." in last:  # initials and U.S.: an end only where nothing follows
        return last.isalpha() and bool(rest) if len(last) == 1 else bool(rest)
    return False
