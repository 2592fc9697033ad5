"""How much a decoded text looks like text: tells the right charset from a wrong one. Pure.

A wrong charset leaves traces that need no dictionary: scripts mixed inside a word, capitals inside a word, symbols
between letters, rows of accented letters, rare ideographs. Each character outside ASCII earns or costs points.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

SAMPLE_CHARS = 1000

_TELLING = re.compile("[A-Za-z]?[^\x00-\x7f]+[A-Za-z]?")  # with its neighbours

_GOOD_MARKS = frozenset("\xa0«»“”„‘’–—…·•№°©®™§、。「」『』・！？：；（），．ー～《》【】€£¡¿ºª´\u3000→")
_COMMON_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыОЕАИНТСРВЛКМДПУЯЫіІїєґ")
_COMMON_GREEK = frozenset("αεηιοωτνσρςπκάέήίόώλμυ")
_USUAL_CYRILLIC = re.compile("[А-яЁёІіЇїЄєҐґЎў]")
_USUAL_LATIN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœšžąćęłńóśźżčďěňřťůűőăîșțğışİßÀÁÂÃÄÅÆÇÈÉÊËÍÎÑÓÔÖØÙÚÜŒŠŽŁŚŻČŘ")
# Where the frequent ideographs of each standard lie: the first byte, in that standard's own encoding.
_COMMON_LEADS = {"gb18030": ("gb2312", 0xB0, 0xD7), "big5hkscs": ("big5", 0xA4, 0xC6)}
_JAPANESE_LEADS = ("euc_jp", 0xB0, 0xCF)
_NEIGHBOURS = frozenset({("kana", "han"), ("han", "kana")})
_CASED = frozenset({"latin", "cyrillic", "greek"})


class Rating(NamedTuple):
    """How much a text looks like text."""

    mean: float  # about 1 and more for real text, less than 0 for a wrong charset
    counted: int  # characters outside ASCII that it rests on


def rate(text: str, charset: str) -> Rating:
    """Rate a text that was decoded from this charset."""
    points = 0.0
    counted = 0
    before, was_lower, was_upper, was_wide, was_final = "", False, False, False, False
    for char in " ".join(_TELLING.findall(text)):
        script = _script(char)
        if not char.isascii():
            counted += 1
            points += _worth(char, script, charset)
            wide = script == "latin"
            points -= 1.2 * (wide and was_wide)
            was_wide = wide
        else:
            was_wide = False
        if before == "greek" and script and was_final:
            points -= 1.5
        was_final = char == "ς"
        if script and before and script != before and (script, before) not in _NEIGHBOURS:
            points -= 1.5
        if script in _CASED and script == before and was_lower and char.isupper():
            points -= 1.5
        points -= 0.4 * (was_upper and not char.isascii() and char.isupper())
        before, was_lower, was_upper = script, char.islower(), char.isupper()
        if counted >= SAMPLE_CHARS:
            break
    return Rating(points / max(counted, 1), counted)


@lru_cache(maxsize=8192)
def _script(char: str) -> str:
    """Name the script of a letter; '' for anything else."""
    if not char.isalpha():
        return ""
    if char.isascii():
        return "latin"
    name = unicodedata.name(char, "")
    head = name.partition(" ")[0]
    return {"CJK": "han", "HIRAGANA": "kana", "KATAKANA": "kana", "KATAKANA-HIRAGANA": "kana"}.get(head, head.lower())


@lru_cache(maxsize=16384)
def _worth(char: str, script: str, charset: str) -> float:  # noqa: PLR0911 - a table
    if not script:
        if char in _GOOD_MARKS:
            return 0.5
        return -0.3 if unicodedata.category(char) in {"Po", "Ps", "Pe", "Zs", "Mn", "Mc"} else -1.5
    if script == "cyrillic":
        return 1.3 if char in _COMMON_CYRILLIC else 0.7 if _USUAL_CYRILLIC.match(char) else -1.0
    if script == "latin":
        return 1.0 if char in _USUAL_LATIN else -0.5
    if script == "hangul":
        return 1.3 if _encodable(char, "euc_kr") else -1.0
    if script == "kana":
        return 1.3
    if script == "han":
        return 1.2 if _is_common_ideograph(char, charset) else -0.6
    if script == "greek":
        return 1.3 if char in _COMMON_GREEK else 0.4
    if script in {"hebrew", "arabic", "thai"}:
        return 1.25
    return -1.0  # half-width kana and whatever else a charset can be mistaken for


def _is_common_ideograph(char: str, charset: str) -> bool:
    encoding, low, high = _COMMON_LEADS.get(charset, _JAPANESE_LEADS)
    return _encodable(char, encoding) and low <= char.encode(encoding)[0] <= high


def _encodable(char: str, charset: str) -> bool:
    try:
        return len(char.encode(charset)) == 2  # noqa: PLR2004 - the encoding's own table, no escape
    except UnicodeEncodeError:
        return False
