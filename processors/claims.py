"""What a text claims, as far as a rule can tell: its numbers, and whether it denies.

Two texts that are alike in all else and differ here say different things. Clock times and years are no claims.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from processors.batch import fold
from processors.sentences import first_sentences

_SENTENCES: Final = 3  # of the summary; what stands further down is seldom the news
_NUMBER: Final = re.compile(
    r"(?<![^\W\u3040-\u9fff\uac00-\ud7a3])(?<![.,:])"  # not inside a word or number; Han and Hangul may stand before it
    r"(?P<digits>\d{1,3}(?:[,.'\u00a0\u202f\u2009 ]\d{3})+(?!\d)|\d+)(?P<rest>[.,]\d+)?(?![:\d])"
    r"\s?(?P<scale>%|[万萬億亿千百만억천]+|thousand|million|billion|тыс|млн|млрд|mio|mrd|millions?|milliards?|mil\b|millones)?",
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
    lead = first_sentences(summary, _SENTENCES)
    found = numbers(title) | numbers(lead)
    if denies(title):
        found |= {DENIED_IN_TITLE}
    if denies(lead):
        found |= {DENIED}
    return tuple(sorted(found))


def numbers(text: str) -> set[str]:
    """Find the numbers, with their scale, written alike however the text writes them."""
    found: set[str] = set()
    for number in _NUMBER.finditer(unicodedata.normalize("NFKC", text)):
        digits = re.sub(r"\D", "", number["digits"])
        scale = (number["scale"] or "").lower()
        if len(digits) == len(number["digits"]) and int(digits) in _YEARS and not number["rest"] and not scale:
            continue
        found.add(f"{digits}{(number['rest'] or '').replace(',', '.')}{scale}")
    return found


def denies(text: str) -> bool:
    """Tell whether the text negates or denies anything."""
    return _DENIAL.search(fold(text).text) is not None


def contradict(one: str, other: str) -> bool:
    """Tell whether two titles cannot be copies: each has a number that the other lacks, or one denies."""
    here, there = numbers(one), numbers(other)
    return bool(here - there and there - here) or denies(one) != denies(other)
