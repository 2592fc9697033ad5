"""Folding: what text becomes, that the quick way and the exact way agree, and that there is a way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.batch import fold, fold_batch
from processors.fold import fold_exact
from processors.han import SIMPLIFIED

AWKWARD = (
    "북ㆍ러한글ｶﾞﾊﾟㄱㅏ각\u11a8\u1100\u1161ё\u0308\u0301\u0306йaeÄäßẞﬁ½Ⅱ™\u00ad\u200d\ufe0f😀𝐀𠮷\U0002f800\ud83d\udc00\ud800"
    "\x02\x00\n\u3000--'’ー々한国韓中ةُहिन्दी़ \u3099\u309aİıΣς\U000e0100"
)
TEXTS = st.text(st.characters() | st.sampled_from(AWKWARD), max_size=30)

FOLDED = [
    ("", " "),
    ("...", " "),
    ("North Korea’s “arms”", " north korea s arms "),
    ("N. Korea", " n korea "),
    ("Russia–DPRK arms‑deal", " russia dprk arms deal "),
    ("soft\u00adhyphen zero\u200bwidth", " softhyphen zerowidth "),
    ("Corée du Nord, Año", " coree du nord ano "),
    ("Größe, Übung, STRASSE, Straße", " größe übung strasse straße "),
    ("Ёлка Артём", " елка артем "),
    ("и\u0306 е\u0308", " й е "),
    ("об’єднання обʼєднання", " об єднання об єднання "),
    ("ＫＮ－２３", " kn 23 "),
    ("ﾐｻｲﾙ ｶﾞｽ", " ミサイル ガス "),
    ("\u1107\u116e\u11a8\u1112\u1161\u11ab", " 북한 "),
    ("北미사일", " 北 미사일 "),
    ("KN-23을", " kn 23 을 "),
    ("북ㆍ러", " 북 러 "),
    ("キム・ジョンウン", " キム ジョンウン "),
    ("朝鮮 烏克蘭 砲彈 露國", " 朝鲜 乌克兰 炮弹 露国 "),
    ("Word™ 100㎞ ½", " word 100 "),
    ("🚀missile🚀", " missile "),
    ("𝐍orth 𠮷野", " north 野 "),
    ("İstanbul", " istanbul "),
]


@pytest.mark.parametrize(("text", "folded"), FOLDED)
def test_text_folds_to_plain_words(text: str, folded: str) -> None:
    assert fold_exact(text).text == folded


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_the_quick_way_folds_as_the_exact_one(texts: list[str]) -> None:
    assert [piece.decode() for piece in fold_batch(texts)] == [fold_exact(text).text for text in texts]


@given(TEXTS)
def test_both_ways_lead_back_to_the_same_places(text: str) -> None:
    quick, exact = fold(text), fold_exact(text)
    assert quick.text == exact.text
    places = [number for number, char in enumerate(exact.text) if char != " "]
    assert [(quick.starts[n], quick.ends[n]) for n in places] == [(exact.starts[n], exact.ends[n]) for n in places]


@given(TEXTS)
def test_each_word_folds_from_just_the_stretch_it_maps_to(text: str) -> None:
    folded = fold(text)
    start = 0
    for word in folded.text.split():
        start = folded.text.index(word, start)
        first, last = folded.span(start, start + len(word))
        assert 0 <= first < last <= len(text)
        assert word in fold_exact(text[first:last]).text
        start += len(word)


@given(TEXTS)
def test_spaces_are_single_and_at_both_ends(text: str) -> None:
    folded = fold_exact(text)
    assert folded.text == f" {' '.join(folded.text.split(' ')).strip()} ".replace("  ", " ")
    assert len(folded.starts) == len(folded.ends) == len(folded.text)


def test_case_can_be_kept() -> None:
    assert fold_exact("The NK’s", keep_case=True).text == " The NK s "


def test_no_chinese_sign_folds_to_one_that_folds_on() -> None:
    assert not [form for form, sign in SIMPLIFIED.items() if sign in SIMPLIFIED]
