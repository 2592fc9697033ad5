"""Datelines: found where they are, and nothing else taken for one."""

from __future__ import annotations

import pytest

from processors.dateline import dateline
from tests.processors.making import with_terms

DATELINES = [
    ("MOSCOW (TASS) - ", "Russia said"),
    ("MOSCOW, June 5 (Reuters) — ", "Putin said"),
    ("SEOUL, Nov. 24 (Yonhap) -- ", "The North fired"),
    ("SEOUL, Yonhap — ", "The North fired"),
    ("Moscow, Russia (AP) — ", "Putin said"),
    ("PYONGYANG, Nov. 24 — ", "Kim said"),
    ("(Reuters) - ", "Kim said"),
    ("Reuters: ", "Kim said"),
    ("МОСКВА, 5 июн — РИА Новости. ", "Россия"),
    ("МОСКВА, 5 июня. /ТАСС/. ", "Россия"),
    ("МОСКВА, 13 апр. ", "О запуске спутника"),
    ("КИЇВ, 13 квітня. ", "Росія"),
    ("PARIS, 5 juin. ", "«La Russie»"),
    ("(서울=연합뉴스) 홍길동 기자 = ", "북한이"),
    ("[서울=뉴시스] ", "북한이"),
    ("【ソウル聯合ニュース】", "北朝鮮が"),
    ("（平壤中央社）", "朝鲜"),
    ("新华社平壤11月5日电（记者某）", "朝鲜"),
]


@pytest.mark.parametrize(("line", "rest"), DATELINES)
def test_a_dateline_is_measured(line: str, rest: str) -> None:
    assert (line + rest)[dateline(line + rest) :] == rest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Moscow says it will pay",
        "NORTH KOREA - RUSSIA TIES GROW",
        "Reuters reports shells",
        "Russia (pop. 140 million) says",
        "TASS reporter in Pyongyang",
        "北朝鮮がミサイル発射",
        "朝鲜5月5日发射导弹",
        "США, 13 апр. запустили спутник",
        "Путин, 13 апр. О запуске",
        "МОСКВА. О запуске",
    ],
)
def test_a_text_without_dateline_begins_at_once(text: str) -> None:
    assert dateline(text) == 0


def test_words_in_a_dateline_are_no_actors() -> None:
    topic = with_terms("moscow")
    assert not topic.explain("Kim meets envoy", "MOSCOW (TASS) - The envoy came.").matched
    assert topic.explain("Kim meets envoy", "MOSCOW (TASS) - The envoy came to Moscow.").matched
