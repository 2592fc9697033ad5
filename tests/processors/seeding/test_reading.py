from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.seeding.background import Background
from processors.seeding.reading import Article, article, read_articles, words
from tests.processors.seeding.usual import USUAL

ASIAN = Background(
    dict.fromkeys(["印度", "向", "台湾", "出口", "潜艇", "잠수함", "부품", "을", "の", "潜水艦"], 1e-4), 1e6, ""
)


def test_the_title_is_the_first_line_of_some_length() -> None:
    found = article("Skip to content\n\nShips carry steel to the north\nPort, Monday\nThey sailed.\nSource link\n")
    assert found == Article("Ships carry steel to the north", "They sailed.")


def test_a_given_title_is_taken_out_of_the_text_with_all_above_it() -> None:
    assert article("Share\nSteel goes north\nThey sailed.", "Steel goes north").text == "They sailed."
    assert article("They sailed yesterday at noon.", "Steel goes north").text == "They sailed yesterday at noon."


@pytest.mark.parametrize("text", ["", "\n \n", "One", "One\nTwo"])
def test_a_text_without_a_line_of_some_length_has_its_first_line_for_a_title(text: str) -> None:
    assert article(text).title == (text.split(maxsplit=1)[0] if text.split() else "")


def test_a_line_in_a_script_without_spaces_can_be_a_title() -> None:
    assert article("印度向台湾出口潜艇\n潜艇在台湾建造。").title == "印度向台湾出口潜艇"


def test_the_dateline_is_no_part_of_the_text() -> None:
    (_, sentence) = read_articles([Article("Ships sail", "OSLO, Norway (AP) — Ships sailed north.")], USUAL)
    assert [token.word for token in sentence.tokens] == ["ships", "sailed", "north"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The minister’s U.S. visit", ["the", "minister", "u.s", "visit"]),
        ("Komsomolsk-on-Amur, Su-57", ["komsomolsk", "on", "amur", "su", "57"]),
        ("don't; the boys' toys", ["don't", "the", "boys", "toys"]),
        ("印度向台湾出口潜艇", ["印度", "向", "台湾", "出口", "潜艇"]),
        ("잠수함부품을", ["잠수함", "부품", "을"]),
        ("シャルマの潜水艦", ["シャルマ", "の", "潜水艦"]),  # a foreign name stays whole
        ("崔善姬", ["崔", "善", "姬"]),  # unknown: single signs, for the phrases to join
        ("भारत ने पनडुब्बी", ["भारत", "ने", "पनडुब्बी"]),  # vowel signs belong to their word
        ("«!» …", []),
    ],
)
def test_words(text: str, wanted: list[str]) -> None:
    assert list(words(text, ASIAN)) == wanted


def test_capitals_say_nothing_at_a_sentence_start_nor_in_a_headline_of_capitals() -> None:
    title, first = read_articles([Article("Ships Carry Steel North", "Ships sail to Oslo: Fog is near Bergen.")], USUAL)
    assert {token.capital for token in title.tokens} == {None}
    assert [token.capital for token in first.tokens] == [None, False, False, True, None, False, False, True]


def test_a_shortened_word_ends_no_sentence() -> None:
    (_, sentence) = read_articles([Article("", "There Mr. John F. Smith spoke.")], USUAL)
    assert [token.gap for token in sentence.tokens] == ["|", " ", " ", " ", " ", " "]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    for sentence in read_articles([article(text)], ASIAN):
        for token in sentence.tokens:
            assert token.word
            assert token.gap in ("", " ", "-", "|")


def test_a_long_run_without_spaces_is_read_in_time() -> None:
    assert len(list(words("潜艇" * 50_000, ASIAN))) == 50_000
