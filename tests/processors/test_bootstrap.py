"""Intervals by bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.bootstrap import Plan, f_measures, interval, ratio, resample, sums_by_group

COUNTS = st.lists(st.tuples(*[st.integers(0, 3).map(float)] * 3), min_size=1, max_size=40)


@given(COUNTS)
def test_draws_add_up_to_as_many_groups_as_there_are(vectors: list[tuple[float, ...]]) -> None:
    sums = resample([(*vector, 1.0) for vector in vectors], Plan(resamples=50))
    assert sums.shape == (50, 4)
    assert set(sums[:, 3]) == {float(len(vectors))}


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_groups_does_not_matter(vectors: list[tuple[float, ...]], chance: object) -> None:
    other = [*vectors]
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert np.array_equal(resample(vectors, Plan(50)), resample(other, Plan(50)))


def test_the_spread_is_that_of_a_share() -> None:
    """100 items of which 80 are right: the standard error of a share is .04."""
    sums = resample([(1.0, 1.0)] * 80 + [(0.0, 1.0)] * 20, Plan(20_000))
    share = sums[:, 0] / sums[:, 1]
    assert share.mean() == pytest.approx(0.8, abs=0.002)
    assert share.std() == pytest.approx(0.04, abs=0.002)
    low, high = interval(share, Plan())
    assert (low, high) == pytest.approx((0.72, 0.88), abs=0.011)
    narrow = interval(share, Plan(confidence=0.5))
    assert low < narrow[0] < narrow[1] < high


def test_many_kinds_are_drawn_in_bounded_memory_with_the_same_plan() -> None:
    vectors = [(float(number), 1.0) for number in range(3000)]
    sums = resample(vectors, Plan(1500))
    assert sums.shape == (1500, 2)
    assert sums[:, 0].mean() == pytest.approx(sum(range(3000)), rel=0.01)
    assert np.array_equal(sums, resample(vectors, Plan(1500)))


def test_rows_of_one_group_are_added() -> None:
    rows = [("a", (1.0, 0.0)), ("b", (0.0, 1.0)), ("a", (1.0, 2.0))]
    assert sums_by_group(rows) == [(2.0, 2.0), (0.0, 1.0)]


def test_nothing_matched_is_a_precision_of_one_and_nothing_right_an_f1_of_zero() -> None:
    figures = f_measures(np.array([[0.0, 0.0, 2.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]))
    assert figures["precision"].tolist() == [1.0, 0.0, 0.5]
    assert figures["recall"].tolist() == [0.0, 0.0, 1.0]
    assert figures["f1"].tolist() == [0.0, 0.0, pytest.approx(2 / 3)]


def test_a_ratio_without_a_divisor_is_what_was_asked_for() -> None:
    assert ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]), 7.0).tolist() == [0.5, 7.0]
