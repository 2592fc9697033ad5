"""Items as no newsroom writes them: judged in time that grows as the text does, and underlined exactly where they match.

Time is the processor's, of a short text and one many times as long: what grows with the square of the length, or worse,
shows on any machine, and a busy machine does not matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.batch import fold, fold_batch
from processors.dateline import dateline
from processors.judge import CompiledTopic
from processors.sentences import first_sentences, sentences
from processors.topic import CompiledTopics
from tests.processors.making import topic, with_terms

SHORT, LONG = 10_000, 640_000  # characters
STEEPEST = 3  # times as steep as the length grows
SHELLS = with_terms("shell*", "北*", "ракет* залп*", "=NK", unless=("shell company",))
WATCHED = topic()


def _judge(of: CompiledTopic) -> Callable[[str], object]:
    return lambda text: (of.explain(text, text), list(CompiledTopics([of]).find([(text, text)])))


def _cut(text: str) -> object:
    return list(sentences(text)), first_sentences(text, 3)


def _fold(text: str) -> object:
    return fold(text), fold_batch([text])


WORST: list[tuple[str, Callable[[str], object], str]] = [
    ("white space before a dateline", dateline, " "),
    ("newlines before a dateline", dateline, "\n"),
    ("capitals that might be a dateline", dateline, "SEOUL, "),
    ("brackets that might be a dateline", dateline, "(서울"),
    ("initials", _cut, "N. "),
    ("abbreviations", _cut, "Nov. "),
    ("numbers with full stops", _cut, "1. "),
    ("full stops", _cut, "."),
    ("full stops and closing brackets", _cut, ".)"),
    ("one word", _fold, "a"),
    ("marks of one class", _fold, "\u0301"),
    ("marks out of order", _fold, "\u0301\u0323"),
    ("zero-width joiners", _fold, "\u200d"),
    ("halves of surrogate pairs", _fold, "\ud83d"),
    ("Hangul in pieces", _fold, "\u1107\u116e\u11a8"),
    ("half-width kana with voicing marks", _fold, "ｶﾞ"),
    ("control characters", _fold, "".join(map(chr, range(32)))),
    ("hits of all concepts", _judge(WATCHED), "north korea russia shells railway "),
    ("hits, sentence by sentence", _judge(WATCHED), "North Korea sends shells to Russia. "),
    ("hits inside lookalikes", _judge(SHELLS), "shell company shell "),
    ("a phrase that begins again and again", _judge(SHELLS), "ракет ракета "),
    ("directions turned", _judge(WATCHED), "\u202eNorth\u202c Korea \u2067روسيا\u2069 "),
]


def _seconds(work: Callable[[str], object], text: str) -> float:
    """Measure the processor time of the quickest of some runs."""
    taken = []
    for _ in range(5 if len(text) <= SHORT else 1):
        start = time.thread_time()
        work(text)
        taken.append(time.thread_time() - start)
    return min(taken)


@pytest.mark.parametrize(("work", "unit"), [case[1:] for case in WORST], ids=[case[0] for case in WORST])
def test_time_grows_as_the_text_does(work: Callable[[str], object], unit: str) -> None:
    work(unit)  # tables are built once
    short, long = (_seconds(work, unit * (size // len(unit))) for size in (SHORT, LONG))
    assert long <= STEEPEST * (LONG / SHORT) * short + 0.05


UNDERLINED: list[tuple[str, str, list[str]]] = [
    ("a zero-width joiner inside", "NK sends shel\u200dls", ["NK", "shel\u200dls"]),
    ("a soft hyphen inside", "shel\u00adling goes on", ["shel\u00adling"]),
    ("marks upon marks", "s\u0301\u0323hells", ["s\u0301\u0323hells"]),
    ("a thousand marks", "shell" + "\u0301" * 1000 + "s again", ["shell" + "\u0301" * 1000 + "s"]),
    ("an emoji before", "\U0001f680\U0001f680 shells", ["shells"]),
    ("half a pair before", "\ud83d shells", ["shells"]),
    ("half a pair inside", "shel\udc00ls", ["shel\udc00ls"]),
    ("a direction turned", "\u202eshells\u202c \u2067روسيا\u2069 NK", ["shells", "NK"]),
    ("control characters around", "\x00shells\x1f\x7fNK", ["shells", "NK"]),
    ("no space but a line separator", "NK\u2028shells", ["NK", "shells"]),
    ("full-width letters", "ＮＫ ｓｈｅｌｌｓ", ["ＮＫ", "ｓｈｅｌｌｓ"]),
    ("a sign that ends in a variation selector", "北\ufe00NK", ["北\ufe00", "NK"]),
]


@pytest.mark.parametrize(("title", "words"), [case[1:] for case in UNDERLINED], ids=[case[0] for case in UNDERLINED])
def test_what_is_underlined_is_what_matched(title: str, words: list[str]) -> None:
    (evidence,) = SHELLS.explain(title).evidence
    assert [span.text for span in evidence.spans] == words
    assert [title[span.start : span.end] for span in evidence.spans] == words


ODD = "\u200d\u200b\u0301\u0323\u202e\u2067\ud83d\udc00\x00\x1f\ufeff\u00ad\U0001f680\u2028 .\n(=-ｶﾞ\u1107\u116e\u11a8"


@given(st.text(st.sampled_from(ODD), max_size=30), st.text(st.sampled_from(ODD), max_size=30), st.booleans())
def test_a_word_between_odd_characters_is_found_in_its_place(before: str, after: str, below: bool) -> None:
    text = f"{before} shells {after}"
    found = SHELLS.explain("", text) if below else SHELLS.explain(text)
    if below:
        text_of = first_sentences(text, SHELLS.window)
        if "shells" not in text_of:  # so many sentences stand before it
            return
    spans = [span for evidence in found.evidence for span in evidence.spans]
    assert [text[span.start : span.end] for span in spans] == [span.text for span in spans]
    assert any(span.start <= len(before) + 1 and span.end >= len(before) + 7 for span in spans)


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200d", "\u0301", "\ud83d", "\x00", "。", "* *", "=NK"[:1]])
def test_a_text_with_nothing_in_it_matches_nothing(text: str) -> None:
    assert not SHELLS.explain(text, text).evidence
    assert list(CompiledTopics([SHELLS]).find([(text, text), (text, "")])) == []
