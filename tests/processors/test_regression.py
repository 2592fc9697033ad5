"""The fit itself: held against scikit-learn's own where the two ask the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sklearn", reason="the extra `fit` is not installed")

from sklearn.linear_model import LogisticRegression

from processors.regression import Problem, folds, solve


def problem(seed: int, *, l2: float = 1.0, start: float = 0.0, low: float = -30.0, high: float = 30.0) -> Problem:
    chance = np.random.default_rng(seed)
    matrix = chance.integers(0, 2, (80, 6)).astype(np.float64)
    labels = (matrix @ [2.0, -1.0, 0.5, 0, 3.0, -2.0] + chance.normal(0, 1, 80) > 1).astype(np.float64)
    sides = np.full(6, low), np.full(6, high)
    return Problem(matrix, labels, np.full(6, start), *sides, l2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("l2", [0.1, 1.0, 10.0])
def test_pulled_towards_nothing_it_is_the_usual_logistic_regression(seed: int, l2: float) -> None:
    asked = problem(seed, l2=l2)
    usual = LogisticRegression(C=1 / l2, fit_intercept=False, tol=1e-10, max_iter=10_000)
    usual.fit(asked.matrix, asked.labels)
    assert solve(asked) == pytest.approx(usual.coef_[0], abs=2e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(-2, 2))
def test_no_weight_passes_its_bounds_and_a_strong_pull_holds_all(seed: int, start: float) -> None:
    found = solve(problem(seed, start=0.5, low=0.25, high=0.75))
    assert ((found >= 0.25) & (found <= 0.75)).all()
    assert solve(problem(seed, l2=1e6, start=start)) == pytest.approx(np.full(6, start), abs=1e-3)


def test_far_scores_do_not_overflow() -> None:
    asked = problem(1, l2=1e-6)
    assert np.isfinite(solve(asked._replace(matrix=asked.matrix * 1e3))).all()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefghij")), min_size=20, max_size=60), st.integers(0, 9))
def test_folds_hold_each_item_once_and_divide_no_group(items: list[tuple[bool, str]], seed: int) -> None:
    items += [(on, group) for on in (True, False) for group in "uvwxyz"]
    labels, groups = [on for on, _ in items], [group for _, group in items]
    divided = folds(labels, groups, 3, seed)
    assert sorted(at for fold in divided for at in fold) == list(range(len(items)))
    for group in groups:
        assert sum(any(groups[at] == group for at in fold) for fold in divided) == 1
    assert divided == folds(labels, groups, 3, seed)
