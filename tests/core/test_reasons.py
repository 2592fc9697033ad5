from __future__ import annotations

import pytest

from core.reasons import WORDS, says
from ingest.model import Reason


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_ingest_is_said_in_words(reason: Reason) -> None:
    assert reason.value in WORDS


def test_a_code_that_no_one_knows_reads_as_itself() -> None:
    assert says("some_new_code") == "some new code"
    assert says("dns") == WORDS["dns"]
