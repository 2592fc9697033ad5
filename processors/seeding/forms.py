"""Forms of one word: what they share, and how a topic file writes them.

Light stemming, by the endings of each language and no dictionary: a term that is cut too short is seen at once by who
reads the proposal, and one that is cut too long only misses a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

_SLAVIC: Final = (
    "ыми ими ого его ому ему ами ями ией ої ою ею "
    "ах ях ов ев ей ой ом ем ам ям ий ый ая яя ое ее ые ие ых их ым им ую юю ія ії ію "
    "ів їв єю ть а я о е ы и у ю ь й і ї є"
)
_ENDINGS: Final = {
    language: tuple(sorted(set(endings.split()), key=lambda ending: (-len(ending), ending)))
    for language, endings in {
        "en": "s",  # see _singular
        **dict.fromkeys(("ru", "uk", "bg", "mk"), _SLAVIC),
        "de": "en er es em e n s",
        "fr": "es aux s x e",
        "es": "es as os a o s",
        "it": "i e a o",
        "pt": "es as os a o s",
        "pl": "owie ami ach ego emu ych ymi ów om ie ą ę a e i o u y",
        "cs": "ami ách ého ému ých ými ů ům a e i o u y é í ý",
        "nl": "en e s",
    }.items()
}
_DECLINED: Final = frozenset(("ru", "uk", "bg", "mk", "pl", "cs"))  # names take endings
_DECLINED_END: Final = re.compile(r"(?:[аеёиоуыэюяіїєьй]|[aeiouyąęůéíý]){1,2}$")
_HEAD_FIRST: Final = frozenset(("fr", "es", "it", "pt"))
_STEM: Final = 4  # letters that stay at least
_OPEN: Final = 5  # letters of a stem that may end in any way by itself; shorter ones begin too many words
_OPEN_ENGLISH: Final = 6  # whose words are short, and change little
_IN_PHRASE: Final = 3  # letters, where the other words of a phrase guard it


def stem(word: str, language: str) -> str:
    """Cut a word's ending off."""
    if language == "en":
        return _singular(word)
    for ending in _ENDINGS.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            return word[: -len(ending)]
    return word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _STEM:
        return f"{word[:-3]}y"
    plural = word.endswith("s") and word[-2:] not in ("ss", "us", "is") and len(word) >= _STEM
    return word[:-1] if plural else word


def head(words: Sequence[str], language: str) -> str:
    """Give the stem of the word that a phrase is about: the last, or the first where adjectives follow."""
    return stem(words[0 if language in _HEAD_FIRST else -1], language)


def terms(forms: Iterable[str], language: str, known: Callable[[str], bool] = lambda _word: True) -> list[str]:
    """Write the forms of a word as terms: open at the end where that is safe, else as they stand.

    Args:
        forms: as they occur.
        language: of the text.
        known: tells words of the language; an English plural is added to a singular where it is one.
    """
    found = sorted(set(forms))
    stems = {stem(form, language) for form in found}
    root = stems.pop()
    if language in _ENDINGS and not stems and len(root) >= (_OPEN_ENGLISH if language == "en" else _OPEN):
        return [f"{_root(root, language)}*"]
    if language == "en" and found == [root] and known(f"{root}s"):
        return [root, f"{root}s"]
    return found


def _root(word: str, language: str) -> str:
    """Give the part that all forms share."""
    root = stem(word, language)
    return root.removesuffix("y") if language == "en" and len(root) > _STEM else root


def phrase_term(words: Sequence[str], joined: str, language: str) -> str:
    """Write a phrase as a term.

    Args:
        words: in order.
        joined: the phrase as written.
        language: whose endings are left open: of the last word in English, of every word elsewhere.
    """
    if language not in _ENDINGS:
        return joined
    first = len(words) - 1 if language == "en" else 0
    open_words = [
        f"{_root(word, language)}*" if number >= first and len(_root(word, language)) >= _IN_PHRASE else word
        for number, word in enumerate(words)
    ]
    return " ".join(open_words)


def name_term(shown: str, language: str) -> str:
    """Write a name as a term; where names take endings, it is open there."""
    lower = shown.lower()
    if language not in _DECLINED:
        return lower
    pieces = lower.split(" ")
    least = _OPEN if len(pieces) == 1 else _IN_PHRASE
    opened = [(_DECLINED_END.sub("", piece), piece) for piece in pieces]
    return " ".join(f"{root}*" if len(root) >= least and root[-1].isalpha() else piece for root, piece in opened)
