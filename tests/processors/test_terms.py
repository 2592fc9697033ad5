"""Terms: what each form finds and what it must not, in every script; and that spans point at the original."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fold import fold_exact
from processors.terms import TermError, parse
from tests.processors.making import with_terms

FINDS = [
    ("shell", "A shell, fired", "shell"),
    ("shell*", "Shells fired", "Shells"),
    ("shell*", "shelling’s cost", "shelling"),
    ("*rakete*", "Die Mittelstreckenraketen", "Mittelstreckenraketen"),
    ("*abkommen", "Verteidigungsabkommen", "Verteidigungsabkommen"),
    ("n korea", "N. Korea fires", "N. Korea"),
    ("north korea", "NORTH\u00a0KOREA’s army", "NORTH\u00a0KOREA"),
    ("north korea", "north-korea", "north-korea"),
    ("north korea", "North—Korea", "North—Korea"),
    ("kim jong un", "Kim Jong-un", "Kim Jong-un"),
    ("kim jong un", "KIM JONG UN", "KIM JONG UN"),
    ("=NK", "NK troops", "NK"),
    ("=NK", "the “NK” leader", "NK"),
    ("corée du nord", "LA COREE DU NORD", "COREE DU NORD"),
    ("кндр", "лидер КНДР", "КНДР"),
    ("северн* коре*", "с Северной Кореей", "Северной Кореей"),
    ("пхеньян*", "из Пхеньяна", "Пхеньяна"),
    ("об'єднан*", "Обʼєднані сили", "Обʼєднані"),
    ("*союз* договор*", "Советско-союзный договоренность", "союзный договоренность"),
    ("북한", "대북한 제재", "북한"),
    ("북한", "북한의 무기", "북한"),
    ("북", "북, 러에 무기", "북"),
    ("북", "북·러 밀착", "북"),
    ("北", "北미사일 발사", "北"),
    ("북*", "북러 회담", "북"),
    ("*군", "인민군 파병", "군"),
    ("북 러*", "북·러가 손잡다", "북·러"),
    ("朝鲜", "朝鮮的導彈", "朝鮮"),
    ("導彈", "朝鲜的导弹", "导弹"),
    ("北朝鮮", "北朝鮮がミサイル", "北朝鮮"),
    ("ミサイル", "弾道ﾐｻｲﾙ", "ﾐｻｲﾙ"),
    ("kn 23", "북한 KN-23을", "KN-23"),
    ("북한", "\u1107\u116e\u11a8\u1112\u1161\u11ab군", "\u1107\u116e\u11a8\u1112\u1161\u11ab"),
    ("й*", "и\u0306од", "и\u0306од"),
]

MISSES = [
    ("sport", "transports of munitions"),
    ("shell", "Shells fired"),
    ("=NK", "nk"),
    ("=NK", "Nk"),
    ("=NK", "NKVD"),
    ("north korea", "north. of korea"),
    ("кндр", "ДНР и КНР"),
    ("кнр", "КНДР"),
    ("днр", "КНДР"),
    ("북", "경북 지역"),
    ("북", "북한"),
    ("北", "東北地方"),
    ("북*", "경북"),
    ("*군", "군사"),
    ("북 러", "전북 러시아"),
    ("north korea", "South Korea"),
    ("corea del norte", "Corea del Sur"),
    ("corée du nord", "Corée du Sud"),
    ("nordkorea*", "Südkorea"),
    ("северн* коре*", "Южная Корея"),
    ("північн* коре*", "Південна Корея"),
    ("북한", "한국, 남한"),
    ("北朝鮮", "韓国"),
    ("朝鲜", "韩国"),
]


@pytest.mark.parametrize(("term", "text", "found"), FINDS)
def test_a_term_finds_its_forms_and_points_at_them(term: str, text: str, found: str) -> None:
    for title, summary, field in ((text, "", "title"), ("", text, "summary")):
        explanation = with_terms(term).explain(title, summary)
        assert explanation.matched
        (span,) = explanation.evidence[0].spans
        assert (span.field, span.text, text[span.start : span.end]) == (field, found, found)


@pytest.mark.parametrize(("term", "text"), MISSES)
def test_a_term_leaves_lookalikes_alone(term: str, text: str) -> None:
    assert not with_terms(term).explain(text).matched


@pytest.mark.parametrize(
    ("term", "wanted"), [("...", "letter"), ("*", "letter"), ("=", "letter"), ("–", "letter"), ("=NK*", "not both")]
)
def test_a_term_with_nothing_to_look_for_is_an_error(term: str, wanted: str) -> None:
    with pytest.raises(TermError, match=wanted):
        parse(term)


def test_a_phrase_does_not_run_from_the_title_into_the_summary() -> None:
    assert not with_terms("north korea").explain("Far north", "Korea says").matched


def test_a_hit_inside_a_longer_lookalike_does_not_count() -> None:
    topic = with_terms("korea*", unless=("south korea*",))
    assert not topic.explain("South Korean army").matched
    assert topic.explain("South Korean army and Korean people").evidence[0].spans[0].start == len(
        "South Korean army and "
    )


WORDS = st.sampled_from(
    ["north", "korea", "koreas", "shell", "shelling", "북한", "북", "의", "朝鲜", "北", "러", "-", " ", "’"]
)


@given(
    st.lists(WORDS, max_size=12).map("".join),
    st.sampled_from(["korea", "korea*", "*ell*", "*ing", "북한", "북", "朝鲜"]),
)
def test_finding_agrees_with_a_plain_reading_of_the_rules(text: str, term: str) -> None:
    word = re.escape(term.strip("*"))
    before = "" if term.startswith("*") or term in ("북한", "朝鲜") else "(?<= )"
    after = "" if term.endswith("*") or term in ("북한", "朝鲜") else "(?= )"
    expected = re.search(before + word + after, fold_exact(text).text) is not None
    assert with_terms(term).explain(text).matched == expected


@pytest.mark.parametrize(
    ("term", "anchor"),
    [
        ("росси* и кндр", " и кндр "),
        ("*союз* договор*", " договор"),
        ("deploy* troops", " troops "),
        ("派 * 人*", " 派 "),
        ("north korea", ""),
        ("shell*", ""),
    ],
)
def test_a_phrase_with_stars_is_known_by_its_longest_stretch(term: str, anchor: str) -> None:
    assert parse(term).anchor == anchor


@pytest.mark.parametrize(("term", "text", "stretch"), FINDS)
def test_every_hit_holds_the_stretch_that_a_term_is_known_by(term: str, text: str, stretch: str) -> None:
    assert parse(term).anchor in fold_exact(text).text
