"""Durations read and write as people do."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.duration import PATTERN, POSITIVE_PATTERN, format_duration, parse_duration

LONGEST = timedelta(days=36_500)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("6h", timedelta(hours=6)),
        ("2d", timedelta(days=2)),
        ("1w", timedelta(days=7)),
        ("250ms", timedelta(milliseconds=250)),
        ("1h30m", timedelta(minutes=90)),
        ("0.5s", timedelta(milliseconds=500)),
        ("1m1ms", timedelta(minutes=1, milliseconds=1)),
        ("0s", timedelta(0)),
        ("36500d", LONGEST),
    ],
)
def test_reads_numbers_with_units(text: str, wanted: timedelta) -> None:
    assert parse_duration(text) == wanted


def test_leaves_a_timedelta_as_it_is() -> None:
    assert parse_duration(timedelta(days=3)) == timedelta(days=3)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "5",
        "s",
        "5 m",
        "m5",
        "-5m",
        "5M",
        "5y",
        "5m ",
        "5m\n",
        "1e3s",
        ".5s",
        "5.s",
        "٣s",
        5,
        5.0,
        None,
        True,
        ["5m"],
    ],
)
def test_refuses_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="such as 30s"):
        parse_duration(value)


@pytest.mark.parametrize("text", ["36501d", "999999999999w", "36500d1ms"])
def test_refuses_durations_beyond_reason(text: str) -> None:
    with pytest.raises(ValueError, match="at most 36500d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=14), "14d"),
        (timedelta(milliseconds=1500), "1s500ms"),
        (timedelta(microseconds=1), "0.001ms"),
    ],
)
def test_writes_the_largest_units_first(value: timedelta, text: str) -> None:
    assert format_duration(value) == text


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_what_is_written_reads_back_the_same(value: timedelta) -> None:
    assert parse_duration(format_duration(value)) == value


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_the_schema_allows_what_is_written_and_tells_nothing_from_something(value: timedelta) -> None:
    text = format_duration(value)

    assert re.search(PATTERN, text)
    assert bool(re.search(POSITIVE_PATTERN, text)) == (value > timedelta(0))


@given(st.text(alphabet="0123456789.smhdw ", max_size=12))
def test_reads_exactly_what_the_schema_allows(text: str) -> None:
    if re.search(PATTERN, text):
        with suppress(ValueError):  # for being too long
            assert parse_duration(text) <= LONGEST
    else:
        with pytest.raises(ValueError, match="such as 30s"):
            parse_duration(text)
