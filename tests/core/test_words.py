from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.words import ago, count, moment, score, span

NOW = datetime(2026, 11, 24, 8, 19, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (-0.4, "0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (170, "2 min 50 s"),
        (200, "3 min"),
        (6000, "1 h 40 min"),
        (3 * 3600 + 3599, "3 h"),
        (86400, "24 h"),
        (47.9 * 3600, "47 h"),
        (48 * 3600, "2 d"),
        (50 * 3600, "2 d 2 h"),
        (400 * 86400, "400 d"),
        (-90, "-1 min 30 s"),
    ],
)
def test_a_span_is_said_in_at_most_two_units(seconds: float, said: str) -> None:
    assert span(seconds) == said


@given(st.floats(-1e9, 1e9))
def test_a_span_is_never_said_longer_than_it_is(seconds: float) -> None:
    sizes = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    parts = span(abs(seconds)).split(" ")
    said = sum(int(number) * sizes[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True))
    assert said <= round(abs(seconds)) <= said * 4 / 3 + 60


@pytest.mark.parametrize(
    ("before", "said"), [(0, "just now"), (0.3, "just now"), (-0.3, "just now"), (120, "2 min ago"), (-300, "in 5 min")]
)
def test_a_moment_is_told_from_now(before: float, said: str) -> None:
    assert ago(NOW - timedelta(seconds=before), NOW) == said


def test_moments_and_counts_are_plain() -> None:
    assert moment(NOW) == "2026-11-24 08:19:29 UTC"
    assert [count(1, "feed"), count(1152, "feed"), count(0, "match", "matches")] == [
        "1 feed",
        "1,152 feeds",
        "0 matches",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.914, "score 0.91, 0.50 needed"),
        (0.4961, "score 0.496, 0.500 needed"),
        (0.49961, "score 0.4996, 0.5000 needed"),
        (0.5, "score 0.5000, 0.5000 needed"),
    ],
)
def test_a_score_shows_the_digits_that_tell(value: float, said: str) -> None:
    assert score(value, 0.5) == said
