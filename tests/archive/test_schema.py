from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.rows import host_of, url_key
from archive.schema import from_us, identity, query_words, to_us, words
from core.urls import canonical, folded


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_microsecond(time: datetime) -> None:
    assert from_us(to_us(time)) == time


def test_times_of_other_zones_are_the_same_moment() -> None:
    assert to_us(datetime(1970, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))) == 0


@pytest.mark.parametrize(
    ("text", "indexed", "asked"),
    [
        ("plain words", "plain words", "plain words"),
        ("снаряды", "снаряды", "снаряды"),
        ("북한군", " 북한 한군 군 ", " 북한 한군 "),
        ("군", " 군 ", " 군 "),
        ("KN-23미사일 발사", "KN-23 미사 사일 일   발사 사 ", "KN-23 미사 사일   발사 "),
        ("北朝鮮の弾薬", " 北朝 朝鮮 鮮の の弾 弾薬 薬 ", " 北朝 朝鮮 鮮の の弾 弾薬 "),
    ],
)
def test_scripts_without_spaces_are_cut_into_pairs(text: str, indexed: str, asked: str) -> None:
    assert (words(text), query_words(text)) == (indexed, asked)


@given(st.text())
def test_no_character_is_lost_to_the_index(text: str) -> None:
    assert set(text.split()) == set() or set("".join(text.split())) <= set(words(text))


def test_a_canonical_address_without_its_scheme_is_its_key() -> None:
    url = canonical("HTTPS://Paper.example:443/a?b=1#c")
    assert url_key(url) == folded(url) == "//paper.example/a?b=1"
    assert url_key("") == ""


@pytest.mark.parametrize(("url", "host"), [("https://A.example:8/x", "a.example"), ("", ""), ("http://[bad", "")])
def test_a_host_is_named_where_there_is_one(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_missing_file_has_no_identity(tmp_path: Path) -> None:
    assert identity(tmp_path / "none") is None
    assert identity(tmp_path) is not None
