from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.seeding.background import Background, counted
from processors.seeding.phrases import bond, phrases
from processors.seeding.reading import Article, read_articles
from processors.seeding.salience import salience
from tests.processors.seeding.usual import USUAL

RATES = st.floats(1e-8, 0.01)


def test_a_word_used_as_in_general_language_does_not_stand_out() -> None:
    found = salience(10, 1000, 0.01, 1e9)
    assert found.log_odds == pytest.approx(0, abs=1e-6)
    assert found.z == pytest.approx(0, abs=1e-6)


def test_log_odds_and_z_are_those_of_the_paper() -> None:
    """Monroe et al. 2008, equations 16 and 22, worked out for a word with a rate of 1 in 1,000."""
    found = salience(20, 1000, 0.001, 1e6)
    ours = math.log(21 / (2000 - 21))
    theirs = math.log(1001 / (1_001_000 - 1001))
    assert found.log_odds == pytest.approx(ours - theirs)
    assert found.z == pytest.approx((ours - theirs) / math.sqrt(1 / 21 + 1 / 1001))


@given(count=st.integers(1, 499), running=st.integers(1000, 10_000), rate=RATES)
def test_more_is_more(count: int, running: int, rate: float) -> None:
    less, more = salience(count, running, rate, 1e9), salience(count + 1, running, rate, 1e9)
    assert more.log_odds > less.log_odds


@given(count=st.integers(1, 500), rate=RATES, factor=st.floats(1.5, 100))
def test_what_is_rarer_in_general_stands_out_more(count: int, rate: float, factor: float) -> None:
    assert salience(count, 1000, rate / factor, 1e9).log_odds > salience(count, 1000, rate, 1e9).log_odds


@given(running=st.integers(1, 100), rate=st.floats(1e-9, 1))
def test_even_a_text_of_one_word_can_be_measured(running: int, rate: float) -> None:
    found = salience(running, running, rate, 1e9)
    assert math.isfinite(found.log_odds)
    assert math.isfinite(found.z)


def test_a_counted_background_knows_its_words_and_takes_others_for_rarer() -> None:
    background = counted(["a", "a", "b", "c"], "four words")
    assert background.rate("a") == 0.5
    assert background.knows("b")
    assert not background.knows("d")
    assert background.rate("d") < background.rate("c")
    assert counted([], "nothing").rate("a") > 0


def test_traditional_chinese_is_looked_up_in_simplified_signs() -> None:
    background = Background({"台湾": 0.1}, 100, "")
    assert background.rate("台灣") == 0.1
    assert background.knows("台灣")


@pytest.mark.parametrize(
    ("together", "first", "second", "holds"),
    [
        (5, 5, 5, True),  # always together
        (5, 6, 6, True),
        (1, 100, 100, False),  # as chance has it
        (2, 500, 500, False),  # less than chance: unlikely, and no collocation
        (0, 5, 5, False),
    ],
)
def test_a_pair_holds_when_it_meets_more_than_chance_has_it(
    together: int, first: int, second: int, holds: bool
) -> None:
    assert bond(together, first, second, 10_000 if first < 500 else 1000).holds is holds


@given(together=st.integers(0, 50), first=st.integers(0, 50), second=st.integers(0, 50), others=st.integers(1, 1000))
def test_a_bond_is_always_a_number(together: int, first: int, second: int, others: int) -> None:
    found = bond(together, together + first, together + second, together + first + second + others)
    assert found.likelihood > -1e-6
    assert -1.0001 <= found.npmi <= 1.0001


def test_two_words_that_are_all_there_is_hold_together() -> None:
    assert bond(3, 3, 3, 3).npmi == 1


def test_phrases_do_not_cross_punctuation_nor_begin_or_end_with_plain_words() -> None:
    text = (
        "We saw a red kite over town. A red kite flew. The red kite, gliding high, was a red kite. Fog, gliding high."
    )
    found = phrases(read_articles([Article("", text)], USUAL), {"a", "the", "was"})
    assert found == {("red", "kite"): 4, ("gliding", "high"): 2}


def test_phrases_have_up_to_four_words() -> None:
    text = "one big old red kite flew. " * 3
    found = phrases(read_articles([Article("", text + "Fog. Rain fell here and there. ")], USUAL), set())
    assert ("one", "big", "old", "red") in found
    assert max(map(len, found)) == 4
