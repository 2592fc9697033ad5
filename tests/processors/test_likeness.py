"""Copies and reports of their own, told apart in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.likeness import share, signature, without_outlet

LIMIT = 0.6
LEAD = "Two freighters left the port of Rajin on Monday with containers that analysts believe hold artillery rounds."
COPIES = [
    ("Freighters leave Rajin with arms", LEAD, "Freighters leave Rajin with arms - Daily News", LEAD),
    (
        "Freighters leave Rajin with arms",
        LEAD,
        "Freighters leave Rajin with arms | Reuters",
        f"SEOUL, March 1 (Reuters) - {LEAD}",
    ),
    ("Freighters leave Rajin with arms", LEAD, "Ships full of arms set out from Rajin", LEAD),
    ("Freighters leave Rajin with arms", LEAD, "Freighters leave Rajin with arms", LEAD[:60]),
    ("Freighters leave Rajin with arms", "", "Freighters leave Rajin with arms – Outlet", ""),
    ("북한 화물선 두 척이 나진항에서 포탄을 싣고 출항", "", "북한 화물선 두 척이 나진항서 포탄 싣고 출항", ""),
    (
        "北朝鮮の貨物船が羅津港から砲弾を積んで出港",
        "",
        "【ソウル聯合ニュース】北朝鮮の貨物船が羅津港から砲弾積んで出港",
        "",
    ),
    ("朝鮮貨船載砲彈離開羅津港駛往俄羅斯", "", "朝鲜货船载炮弹离开罗津港驶往俄罗斯", ""),
    (
        "Два судна с боеприпасами вышли из Раджина",
        "",
        "МОСКВА, 1 марта. /ТАСС/. Два судна с боеприпасами вышли из Раджина",
        "",
    ),
]
OTHERS = [
    (
        "Freighters leave Rajin with arms",
        LEAD,
        "Kim receives a delegation of engineers",
        "They spoke about a satellite on Friday.",
    ),
    ("Kim and Putin meet", "", "Putin flies home", "Kim and Putin meet. " + LEAD),
    ("Kim", "", "Kim Jong Un speaks at length about the harvest in the north", ""),
    ("", "", "", ""),
    ("북한, 러시아에 병력 추가 파병", "", "북한, 러시아 관광객 맞이 준비", ""),
]


@pytest.mark.parametrize(("title", "summary", "other_title", "other_summary"), COPIES)
def test_a_reprint_is_like_its_original(title: str, summary: str, other_title: str, other_summary: str) -> None:
    assert share(signature(title, summary), signature(other_title, other_summary)) >= LIMIT


@pytest.mark.parametrize(("title", "summary", "other_title", "other_summary"), OTHERS)
def test_another_report_is_not(title: str, summary: str, other_title: str, other_summary: str) -> None:
    assert share(signature(title, summary), signature(other_title, other_summary)) < LIMIT


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Kim visits a shipyard - The Daily News", "Kim visits a shipyard"),
        ("Kim visits a shipyard", "Kim visits a shipyard"),
        ("Arms - a long story of many words that is no outlet", "Arms - a long story of many words that is no outlet"),
        ("Kim - Putin meeting", "Kim - Putin meeting"),
    ],
)
def test_an_outlet_at_the_end_of_a_title_is_left_out(title: str, bare: str) -> None:
    assert without_outlet(title) == bare


@given(st.text(max_size=60), st.text(max_size=60))
def test_shares_are_symmetric_and_a_text_is_wholly_like_itself(one: str, other: str) -> None:
    here, there = signature(one, ""), signature(other, "")
    assert share(here, there) == share(there, here) <= 1
    assert share(here, here) == (1.0 if here else 0.0)
    assert here == tuple(sorted(set(here)))


def test_a_signature_is_of_bounded_size() -> None:
    assert len(signature("word", " ".join(map(str, range(1000))))) == 64
