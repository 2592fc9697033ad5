"""Plain text: what people cannot see is gone, and nothing else changes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import clean, shorten, terminal_safe

ANY_TEXT = st.text(alphabet=st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("", ""),
        ("  one \t two\r\nthree  ", "one two three"),
        ("non\xa0breaking\u3000wide\u2028line\u2029para", "non breaking wide line para"),
        ("zero\u200bwidth\ufeff mark\u2060s", "zerowidth marks"),
        ("soft\xadhyphen", "softhyphen"),
        ("\u202eevil\u202c \u2066iso\u2069", "evil iso"),
        ("bell\x07 esc\x1b[31m nul\x00", "bell esc[31m nul"),
        ("c1\x85next\x9bcsi", "c1 nextcsi"),
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab", "한"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("half\ud800surrogate\uffff", "halfsurrogate"),
        ("N.Korea — ‘quoted’ 북한", "N.Korea — ‘quoted’ 북한"),
    ],
)
def test_clean_keeps_what_people_read(raw: str, wanted: str) -> None:
    assert clean(raw) == wanted


@given(ANY_TEXT)
def test_clean_is_idempotent_and_leaves_no_control_or_format_character(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not {unicodedata.category(char) for char in once} & {"Cc", "Cs", "Zl", "Zp"}
    assert "  " not in once


@given(ANY_TEXT)
def test_terminal_safe_text_is_printable_and_printable_text_is_untouched(text: str) -> None:
    safe = terminal_safe(text)
    assert safe.isprintable()
    assert terminal_safe(safe) == safe
    if text.isprintable():
        assert safe == text


def test_an_escape_sequence_cannot_reach_the_terminal() -> None:
    assert terminal_safe("a\x1b]0;title\x07b\nc\u202ed") == "a]0;titleb cd"


@pytest.mark.parametrize(
    ("text", "limit", "wanted"),
    [
        ("short", 10, "short"),
        ("short", 5, "short"),
        ("several words here", 14, "several words…"),
        ("several words here", 16, "several words…"),
        ("onelongwordwithoutspaces", 10, "onelongwo…"),
        ("a verylongwordwithoutspaces", 10, "a verylon…"),
        ("북한동해상으로미사일발사", 6, "북한동해상…"),
        ("x", 0, ""),
        ("xy", 1, "…"),
    ],
)
def test_shorten_cuts_at_a_word_where_one_is_near(text: str, limit: int, wanted: str) -> None:
    assert shorten(text, limit) == wanted


@given(ANY_TEXT, st.integers(0, 70))
def test_shorten_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit
