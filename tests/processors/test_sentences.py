"""Where sentences end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.sentences import first_sentences, sentences

SPLITS = [
    ("", []),
    ("  \n ", []),
    ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
    ("The U.S. and N. Korea met Mr. Kim. Then left.", ["The U.S. and N. Korea met Mr. Kim.", "Then left."]),
    ("On Nov. 5 they met.", ["On Nov. 5 they met."]),
    ("It cost 3.5 million. More came.", ["It cost 3.5 million.", "More came."]),
    ("It was in 2024. They met.", ["It was in 2024.", "They met."]),
    ("Am 5. juni kam er.", ["Am 5. juni kam er."]),
    ("Wait... what? Yes.", ["Wait...", "what?", "Yes."]),
    ("He said “go.” They went.", ["He said “go.”", "They went."]),
    ("“.” They", ["“.”", "They"]),
    ("Около 5 тыс. солдат. Конец.", ["Около 5 тыс. солдат.", "Конец."]),
    ("北朝鮮が発射。韓国が非難。", ["北朝鮮が発射。", "韓国が非難。"]),
    ("他说：“走！”然后离开。", ["他说：“走！”", "然后离开。"]),
    ("북한이 쐈다. 한국은 비난했다.", ["북한이 쐈다.", "한국은 비난했다."]),
    ("First line\nSecond line", ["First line", "Second line"]),
    ("Made in the U.S.", ["Made in the U.S."]),
    ("He chose plan B. ", ["He chose plan B."]),
]


@pytest.mark.parametrize(("text", "parts"), SPLITS)
def test_text_is_split_where_sentences_end(text: str, parts: list[str]) -> None:
    assert [text[start:end].strip() for start, end in sentences(text)] == parts


@given(st.text(alphabet="Ab.。!?\n “”U ", max_size=40))
def test_sentences_follow_each_other_without_gaps(text: str) -> None:
    found = list(sentences(text))
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    assert not found or (found[0][0] == 0 and not text[found[-1][1] :].strip())


def test_the_first_sentences_can_be_cut_off() -> None:
    assert first_sentences("One. Two. Three.", 2) == "One. Two."
    assert first_sentences("One. Two.", 5) == "One. Two."
