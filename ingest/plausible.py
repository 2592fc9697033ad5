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

_GOOD_MARKS = frozenset("\xa0«»“”„‘’–—…·•№°©®™§、。「」『』・！？：；（），．ー～《》【】€£¡¿ºª´°\u3000→")
_COMMON_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыОЕАИНТСРВЛКМДПУЯЫіІїєґ")
_COMMON_GREEK = frozenset("αεηιοωτνσρςπκάέήίόώλμυ")
_COMMON_THAI = frozenset("ารนกอยมงลเทดสตวคบปแพหจโไะถขช")
_USUAL_CYRILLIC = re.compile("[А-яЁёІіЇїЄєҐґЎў]")
_USUAL_LATIN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœšžąćęłńóśźżčďěňřťůűőăîșțğışİßÀÁÂÃÄÅÆÇÈÉÊËÍÎÑÓÔÖØÙÚÜŒŠŽŁŚŻČŘ")
_ALPHABETS: dict[str, tuple[frozenset[str], float, float]] = {  # common letters, what they are worth, what others are
    "cyrillic": (_COMMON_CYRILLIC, 1.3, 0.7),
    "latin": (_USUAL_LATIN, 1.0, -0.5),
    "greek": (_COMMON_GREEK, 1.3, 0.4),
    "thai": (_COMMON_THAI, 1.3, 0.2),
    "hebrew": (frozenset(), 0, 1.25),
    "arabic": (frozenset(), 0, 1.0),
    "kana": (frozenset(), 0, 1.3),
}
_UNUSUAL: tuple[frozenset[str], float, float] = (frozenset(), 0, -1.0)  # half-width kana, and whatever else turns up
_MARKS = frozenset({"Po", "Ps", "Pe", "Zs", "Mn", "Mc", "No"})
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
def _worth(char: str, script: str, charset: str) -> float:
    if not script:
        if char in _GOOD_MARKS:
            return 0.5
        return -0.3 if unicodedata.category(char) in _MARKS else -1.5
    if script == "han":
        return 1.2 if _is_common_ideograph(char, charset) else -0.6
    if script == "hangul":
        return 1.3 if "가" <= char <= "힣" and _encodable(char, "euc_kr") else -1.0
    if script == "cyrillic" and not _USUAL_CYRILLIC.match(char):
        return -1.0
    common, worth, otherwise = _ALPHABETS.get(script, _UNUSUAL)
    return worth if char in common else otherwise


def _is_common_ideograph(char: str, charset: str) -> bool:
    encoding, low, high = _COMMON_LEADS.get(charset, _JAPANESE_LEADS)
    return _encodable(char, encoding) and low <= char.encode(encoding)[0] <= high


def _encodable(char: str, charset: str) -> bool:
    try:
        return len(char.encode(charset)) == 2  # noqa: PLR2004 - the encoding's own table, no escape
    except UnicodeEncodeError:
        return False
