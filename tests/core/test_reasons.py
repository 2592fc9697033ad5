from __future__ import annotations

from typing import get_args

import pytest

from core.reasons import WORDS, says
from ingest.model import Reason
from processors.decide import Silence


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_ingest_is_said_in_words(reason: Reason) -> None:
    assert reason.value in WORDS


# "" is an alert; an item that is "known" in that revision already changes nothing, so no one is ever shown the code
@pytest.mark.parametrize("reason", sorted({*get_args(Silence)} - {"", "known"}))
def test_every_reason_to_stay_silent_is_said_in_words(reason: str) -> None:
    assert reason in WORDS


def test_sentences_are_short_plain_and_each_its_own() -> None:
    assert len(set(WORDS.values())) == len(WORDS)
    for sentence in WORDS.values():
        assert sentence.isprintable()
        assert sentence == sentence.strip(" .")
        assert 5 < len(sentence) <= 72


def test_a_code_that_no_one_knows_reads_as_itself() -> None:
    assert says("some_new_code") == "some new code"
    assert says("dns") == WORDS["dns"]
