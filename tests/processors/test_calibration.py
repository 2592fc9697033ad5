"""Scores read as probabilities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.bootstrap import Plan
from processors.calibration import BOUNDS, Outcome, brier, calibration, reliability, wilson

OUTCOMES = st.lists(
    st.builds(Outcome, score=st.floats(0, 1), on=st.booleans(), group=st.text(max_size=2), scored=st.booleans()),
    max_size=30,
)


@given(OUTCOMES)
def test_every_item_is_in_one_bin_and_a_bin_says_what_is_in_it(outcomes: list[Outcome]) -> None:
    bins = reliability(outcomes)
    assert sum(each["n"] for each in bins) == len(outcomes)
    assert sum(round(each["n"] * each["share"]) for each in bins) == sum(each.on for each in outcomes)
    for each in bins:
        assert each["low"] - 1e-4 <= each["score"] <= each["high"] + 1e-4
        assert each["interval"][0] <= each["share"] <= each["interval"][1]


@pytest.mark.parametrize(("score", "low"), [(0.0, 0.0), (0.05, 0.05), (0.4999, 0.3), (0.5, 0.5), (1.0, BOUNDS[-2])])
def test_a_bin_holds_its_lower_bound_and_the_last_both(score: float, low: float) -> None:
    (only,) = reliability([Outcome(score, True, "")])
    assert only["low"] == low


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    outcomes = [Outcome(0.9, True, "a"), Outcome(0.2, False, "b"), Outcome(0.0, True, "c", scored=False)]
    assert brier(outcomes) == pytest.approx((0.01 + 0.04 + 1) / 3)
    found = calibration(outcomes, Plan())
    assert found["brier_scored"] == pytest.approx(0.025)
    assert found["scored"] == 2
    assert found["error"] == pytest.approx((0.1 + 0.2 + 1) / 3, abs=1e-3)
    low, high = found["brier_interval"]
    assert low < found["brier"] < high


def test_without_items_all_is_well() -> None:
    assert calibration([], Plan()) == {
        "brier": 0.0, "brier_interval": (0.0, 0.0), "brier_scored": 0.0, "scored": 0, "error": 0.0, "bins": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_of_a_share_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    """The last is from R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=2e-4)
