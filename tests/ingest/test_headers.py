"""Headers of a reply."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.headers import http_date, max_age_s, one_line, retry_after_s

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sun, 01 Mar 2026 12:10:00 GMT", 600.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 13:00:00 +0100", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 5000, None),
        ("soon", None),
        ("Sun, 99 Mar 2026 12:10:00 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, NOW) == seconds


@pytest.mark.parametrize(
    ("cache_control", "age", "expires", "date", "seconds"),
    [
        ("", "", "", "", None),
        ("max-age=300", "", "", "", 300.0),
        ("public, MAX-AGE=300, s-maxage=9", "100", "", "", 200.0),
        ("max-age=300", "900", "", "", 0.0),
        ('max-age="60"', "x", "", "", 60.0),
        ("s-maxage=600", "", "", "", None),
        ("no-cache, max-age=300", "", "", "", None),
        ("no-store", "", "Sun, 01 Mar 2026 13:00:00 GMT", "", None),
        ("", "", "Sun, 01 Mar 2026 13:00:00 GMT", "", 3600.0),
        ("", "", "Sun, 01 Mar 2026 13:00:00 GMT", "Sun, 01 Mar 2026 12:50:00 GMT", 600.0),
        ("", "", "Sun, 01 Mar 2026 11:00:00 GMT", "", 0.0),
        ("", "", "0", "", None),
        ("must-revalidate", "", "-1", "", None),
    ],
)
def test_freshness(cache_control: str, age: str, expires: str, date: str, seconds: float | None) -> None:
    assert max_age_s(cache_control, age, expires, date, NOW) == seconds


def test_a_date_without_a_zone_is_utc() -> None:
    assert http_date("Sun, 01 Mar 2026 12:00:00") == NOW


@given(st.text())
def test_no_header_raises(text: str) -> None:
    for value in (retry_after_s(text, NOW), max_age_s(text, text, text, text, NOW)):
        assert value is None or value >= 0


@given(st.text(max_size=2000))
def test_one_line_is_short_and_printable(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 200
    assert all(sign == " " or sign.isprintable() for sign in line)


def test_one_line_keeps_what_can_be_read() -> None:
    assert one_line("a\r\nb\t\x1b[31mred\x00\u202e  c") == "a b [31mred c"
    assert one_line("é" * 300) == "é" * 199 + "…"
