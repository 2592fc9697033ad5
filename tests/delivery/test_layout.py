from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.layout import Paint, columns, cut, hanging, joined, labelled, pad, quoted, safe, width_of, wrap

TEXTS = (st.text() | st.text("북軍a ❤️é", max_size=12)).map(safe)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 100, ["one two three"]),
        ("abcdefghij k", 4, ["abcd", "efgh", "ij k"]),
        ("a bcdefgh", 4, ["a", "bcde", "fgh"]),
        ("북한군 러시아", 6, ["북한군", "러시아"]),
        ("北朝鮮の弾薬", 5, ["北朝", "鮮の", "弾薬"]),  # a sign of two cells does not fit the fifth
        ("abcd", 0, ["ab", "cd"]),
    ],
)
def test_text_breaks_between_words_and_else_where_cells_end(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@given(TEXTS, st.integers(2, 50))
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width_of(line) <= width for line in lines)


@given(TEXTS, st.integers(0, 30))
def test_padding_gives_exactly_the_cells_asked_for(text: str, width: int) -> None:
    assert width_of(pad(text, width)) == width_of(pad(text, width, right=True)) == width


@pytest.mark.parametrize(
    ("text", "width", "result"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("ab cd", 4, "ab…"),
        ("북한군", 5, "북한…"),
        ("북한군", 4, "북…"),
        ("abc", 0, ""),
    ],
)
def test_what_is_too_long_is_cut_and_says_so(text: str, width: int, result: str) -> None:
    assert cut(text, width) == result


@given(st.text())
def test_safe_text_is_one_printable_line_and_stays_as_it_is(text: str) -> None:
    made = safe(text)
    assert made.isprintable()
    assert safe(made) == made
    assert quoted(text) == f"“{made}”"


@pytest.mark.parametrize(
    ("parts", "width", "lines"),
    [
        (["a", "b"], 5, ["a · b"]),
        (["ab", "cd", "ef"], 7, ["ab · cd", "ef"]),
        (["", "ab", "", "cd"], 80, ["ab · cd"]),
        (["one two three", "x"], 7, ["one two", "three", "x"]),
        ([], 5, []),
    ],
)
def test_parts_stay_whole_where_they_fit(parts: list[str], width: int, lines: list[str]) -> None:
    assert joined(parts, width) == lines


def test_paint_adds_nothing_without_colour_style_or_text() -> None:
    assert Paint(colour=False)("a", "red") == Paint(colour=True)("a") == "a"
    assert Paint(colour=True)("", "red") == ""
    assert Paint(colour=True)("a", "bold", "red") == "\x1b[1;31ma\x1b[0m"


def test_a_label_stands_before_the_first_line_only() -> None:
    assert labelled("why", ["a", "b"], 6, Paint(colour=False)) == ["why   a", "      b"]
    assert labelled("why", [], 6, Paint(colour=False)) == []


def test_lines_hang_under_their_mark() -> None:
    assert hanging("+ ", "one two three four five six", 22) == ["+ one two three four", "  five six"]
    assert hanging("a long name: ", "and what it says", 18) == ["a long name: and", "  what it says"]


@given(TEXTS, TEXTS, st.integers(20, 60))
def test_hanging_lines_keep_the_width_however_wide_their_mark(mark: str, text: str, width: int) -> None:
    assert all(width_of(line) <= width for line in hanging(mark, text, width))


def test_a_table_cuts_its_flexible_column_to_fit() -> None:
    rows = [["ok", "A very long name of a feed", "1"], ["bad", "짧은 이름", "1,000"]]
    table = ["  ".join(row) for row in columns(rows, width=24, flexible=1, right=frozenset({2}))]
    assert table == ["ok   A very long…      1", "bad  짧은 이름     1,000"]
    narrow = ["  ".join(row) for row in columns(rows, width=5, flexible=1, right=frozenset({2}))]
    assert narrow[0] == "ok   A very…       1"
