"""What a text claims, as far as a rule can tell: its numbers, and whether it denies.

Two texts that are alike in all else and differ here say different things. Clock times and years are no claims, and
neither is anything in a dateline or in the outlet's name at the end of a title.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Final

from processors.batch import fold
from processors.dateline import dateline
from processors.likeness import without_outlet
from processors.sentences import first_sentences

_SENTENCES: Final = 3  # of the summary; what stands further down is seldom the news
_LEAD_CHARS: Final = 2000  # of the summary at most, for a text without sentences
_DIGITS: Final = 18  # a number of more is an identifier
_SCALES: Final = (  # what a number is multiplied by, and the expression for the words that say so
    (10**9, r"billions?\b|bn\b|млрд|миллиард\w*|мільярд\w*|mrd|milliarden?\b|milliards?\b|mil millones"),
    (10**6, r"millions?\b|millionen\b|mln\b|mio\b|млн|миллион\w*|мільйон\w*|millones|mill[oó]n\b|百[万萬]|백만"),
    (10**3, r"thousand|тыс\b|тысяч\w*|тис\b|тисяч\w*|tausend|tsd\b|mille\b|mil\b"),
    (10**12, r"[兆조]"),
    (10**8, r"[億亿억]"),
    (10**7, r"千[万萬]|천만"),
    (10**4, r"[万萬만]"),
    (10**3, r"[千천]"),
)
_SCALE: Final = "|".join(f"(?P<s{place}>{words})" for place, (_, words) in enumerate(_SCALES))
_NUMBER: Final = re.compile(
    r"(?<![^\W\u3040-\u9fff\uac00-\ud7a3])(?<![.,:])"  # not inside a word or number; Han and Hangul may stand before it
    r"(?P<digits>\d{1,3}(?:[,.'\u00a0\u202f\u2009 ]\d{3})+(?!\d)|\d+)(?P<rest>[.,]\d+)?(?![:\d])"
    rf"(?:\s?(?P<percent>%)|\s?(?P<scale>{_SCALE}))?",
    re.IGNORECASE,
)
_YEARS: Final = range(1900, 2100)
_DENIAL: Final = re.compile(
    r" (?:not|no|never|deny|denies|denied|denying|denial|without|rejects|rejected|refutes"
    r"|(?:do|does|did|is|was|are|were|wo|ca|could|would|should|has|have|had)n t"
    r"|не|нет|никогда|ні|немає|nicht|nie|ne|pas|jamais|nient|rejette|nego|jamas|nunca) "
    r"| (?:отрица|отверг|опроверг|заперечу|заперечи|спростува|kein|bestreite|dement|zurückweis|niega|desm[ie])"
    r"|아니|않|부인|없|ない|ません|否定|否认|不|没|并未|从未|未能|无意"
)
DENIED: Final = "denied"
DENIED_IN_TITLE: Final = "denied in the title"


def claims(title: str, summary: str) -> tuple[str, ...]:
    """List the claims of an item, sorted: those of its title and of the first sentences of its summary."""
    title = without_outlet(title)
    lead = first_sentences(summary[dateline(summary) : _LEAD_CHARS], _SENTENCES)
    found = numbers(title) | numbers(lead)
    if denies(title):
        found |= {DENIED_IN_TITLE}
    if denies(lead):
        found |= {DENIED}
    return tuple(sorted(found))


def numbers(text: str) -> set[str]:
    """Find the numbers, each in plain digits however the text writes it: `10 thousand` is `10000`."""
    found: list[str] = []
    value, end, room = Decimal(0), -1, 0
    for number in _NUMBER.finditer(unicodedata.normalize("NFKC", text)):
        if len(number["digits"]) > _DIGITS:
            continue
        amount, scale = _amount(number)
        if number.start() == end and amount < room:  # 1万2500 is one number
            found.pop()
            amount += value
        elif _is_year(number):
            continue
        found.append(f"{amount.normalize():f}{number['percent'] or ''}")
        value, end, room = amount, number.end(), scale
    return set(found)


def denies(text: str) -> bool:
    """Tell whether the text negates or denies anything."""
    return _DENIAL.search(fold(text).text) is not None


def contradict(one: str, other: str, claimed: Collection[str] = (), other_claimed: Collection[str] = ()) -> bool:
    """Tell whether two items alike in text cannot be copies: each has a number that the other lacks, or one denies.

    A number that only one of them has is none against it, since a reprint may be shorter. Only a title may deny alone.

    Args:
        one: the title of an item.
        other: the title of another.
        claimed: the claims of the first, its lead included.
        other_claimed: the claims of the other.
    """
    one, other = without_outlet(one), without_outlet(other)
    return (
        _each_has_its_own(numbers(one), numbers(other))
        or _each_has_its_own({*_numbers_of(claimed)}, {*_numbers_of(other_claimed)})
        or denies(one) != denies(other)
    )


def _each_has_its_own(here: set[str], there: set[str]) -> bool:
    return bool(here - there and there - here)


def _numbers_of(claimed: Collection[str]) -> Iterator[str]:
    return (claim for claim in claimed if claim not in (DENIED, DENIED_IN_TITLE))


def _amount(number: re.Match[str]) -> tuple[Decimal, int]:
    """Return what a number says, and its scale."""
    scale = next((size for place, (size, _) in enumerate(_SCALES) if number[f"s{place}"]), 1)
    digits = re.sub(r"\D", "", number["digits"])
    return Decimal(f"{digits}{(number['rest'] or '').replace(',', '.')}") * scale, scale


def _is_year(number: re.Match[str]) -> bool:
    digits = number["digits"]
    bare = digits.isdecimal() and not (number["rest"] or number["scale"] or number["percent"])
    return bare and int(digits) in _YEARS
