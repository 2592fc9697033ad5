"""Articles to sentences of words: title and text told apart, lower case, capitals noted where they say something.

Scripts without spaces between words (Han, kana), and Korean, whose words carry their particles, are cut into the most
probable sequence of words that the background knows (one word at a time, Viterbi), so that no dictionary beyond the
background is needed. What the background lacks falls into single signs, which the search for phrases joins again.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from core.text import clean
from processors.dateline import dateline
from processors.fold import HAN, HANGUL, WORD, script
from processors.seeding.background import Background
from processors.seeding.lexicon import TITLES
from processors.sentences import sentences

_LONGEST: Final = 12  # signs of a word in a script without spaces
_LONGEST_WORD: Final = 40  # letters
_BARE: Final = 4  # words: a shorter line without a full stop is a caption, a button or a credit
_TITLE_CASE: Final = 0.6  # of the longer words have capitals: then capitals say nothing
_LONG: Final = 4  # letters
_MARKS: Final = "".join(chr(code) for code in range(0x300, 0xFFFF) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
_WORD: Final = re.compile(
    rf"(?:[^\W\d_]\.){{2,}}[^\W\d_]?"  # U.S.
    rf"|[^\W_][\w{_MARKS}]*(?:['’ʼ][^\W\d_]+)*"
)
_POSSESSIVE: Final = re.compile(r"['’ʼ]s?$|['’ʼ]s$")
_STOPS: Final = "。！？.!?…"
_PIECES: Final = re.compile("[^\u3040-\u30ff\uff66-\uff9f]+|[\u3040-\u309f]+|[\u30a0-\u30ff\uff66-\uff9f]+")


class Article(NamedTuple):
    """A seed: its headline, and its text without it."""

    title: str
    text: str


class Token(NamedTuple):
    """A word in its place."""

    word: str  # lower case, without the possessive
    shown: str  # as written, without the possessive
    capital: bool | None  # None where a capital says nothing: a sentence's first word, a headline in capitals
    gap: str  # between it and the word before: "" or " " or "-"; "|" for anything else, and at the start


class Sentence(NamedTuple):
    """A sentence of a seed."""

    tokens: tuple[Token, ...]
    seed: int  # its number, from 0
    place: int  # 0 is the title, 1 the first sentence


def article(text: str, title: str = "") -> Article:
    """Take a text apart: the title is its first line of some length, unless it is given."""
    lines = [clean(line) for line in text.splitlines()]
    lines = [line for line in lines if line]
    if not title:
        title = next((line for line in lines if not _bare(line, _BARE)), lines[0] if lines else "")
    at = lines.index(title) + 1 if title in lines else 0
    return Article(title, "\n".join(line for line in lines[at:] if not _bare(line) or line[-1] in _STOPS))


def _bare(line: str, few: int = _BARE) -> bool:
    """Tell a line too short to be a sentence; two signs of a script without spaces make about a word."""
    words = sum(1 if script(word[0]) == WORD else (len(word) + 1) // 2 for word in line.split())
    return words < few


def read_articles(articles: Sequence[Article], background: Background) -> list[Sentence]:
    """Read all articles."""
    return [sentence for seed, each in enumerate(articles) for sentence in _read(each, seed, background)]


def _read(each: Article, seed: int, background: Background) -> Iterator[Sentence]:
    yield Sentence(tuple(_tokens(each.title, background, title=True)), seed, 0)
    text = each.text[dateline(each.text) :]
    for place, (start, end) in enumerate(sentences(text), 1):
        yield Sentence(tuple(_tokens(text[start:end], background)), seed, place)


def words(text: str, background: Background) -> Iterator[str]:
    """Give the words of a text, lower case: for counting it as a background."""
    return (token.word for token in _tokens(text, background))


def _tokens(text: str, background: Background, *, title: bool = False) -> Iterator[Token]:
    text = text.replace("’", "'").replace("ʼ", "'")
    title_case = text.isupper() or (title and _in_title_case(text))
    end = 0
    fresh = True
    for found in _WORD.finditer(text):
        if len(found.group()) > _LONGEST_WORD and script(found.group()[0]) == WORD:
            continue  # no word: an address, a key, a line of noise
        between = text[end : found.start()]
        gap = _gap(between, first=end == 0, shortened=_shortened(text, end))
        fresh = end == 0 or (gap == "|" and between.strip() not in (",", ";", ")", "("))
        shown = _POSSESSIVE.sub("", found.group())
        capital = (None if fresh or title_case else True) if shown[0].isupper() else False
        end = found.end()
        if script(shown[0]) == WORD:
            yield Token(shown.rstrip(".").casefold(), shown, capital, gap)
            continue
        for piece in _by_script(shown):
            for number, part in enumerate(_split(piece, background)):
                yield Token(part, part, False, gap if number == 0 else "")
                gap = ""


def _gap(between: str, *, first: bool, shortened: bool) -> str:
    if first:
        return "|"
    if not between.strip():
        return between[:1] and " "
    if between in ("-", "‐", "‑"):
        return "-"
    return " " if shortened and between.strip() == "." else "|"


def _shortened(text: str, end: int) -> bool:
    """Tell whether a shortened word ends here, whose full stop ends no sentence: `John F. Kennedy`, `Mr. Smith`."""
    word = text[max(0, end - 20) : end].rpartition(" ")[2]
    return len(word) == 1 or word.casefold() in TITLES


def _in_title_case(text: str) -> bool:
    """Tell a headline most of whose words have a capital."""
    long = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) >= _LONG and script(word[0].lower()) == WORD]
    return len(long) > 2 and sum(word[0].isupper() for word in long) > _TITLE_CASE * len(long)  # noqa: PLR2004


def _by_script(run: str) -> list[str]:
    """Cut a run where Han, hiragana, katakana and others meet."""
    return _PIECES.findall(run)


def _split(run: str, background: Background) -> list[str]:
    """Cut a run of Han, kana or Hangul into the most probable words."""
    if script(run[0]) not in (HAN, HANGUL) or len(run) == 1:
        return [run.casefold()]
    best: list[tuple[float, int]] = [(0.0, 0)]
    katakana = "\u30a0" <= run[0] <= "\u30ff"
    for end in range(1, len(run) + 1):
        options = []
        for start in range(max(0, end - _LONGEST), end):
            part = run[start:end]
            if end - start == 1 or background.knows(part):
                options.append((best[start][0] + math.log(background.rate(part)), start))
        if katakana and end <= _LONGEST:
            options.append((math.log(background.least), 0))  # a foreign name: whole rather than in pieces
        best.append(max(options))
    parts: list[str] = []
    end = len(run)
    while end:
        start = best[end][1]
        parts.append(run[start:end])
        end = start
    return parts[::-1]
