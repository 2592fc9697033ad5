"""Logistic regression around given weights, and folds to try it on. The only place that needs scikit-learn and SciPy.

scikit-learn's own LogisticRegression pulls weights towards 0 and knows no bounds. Here they are pulled towards what
an analyst set, and may not cross 0 where that would turn a reason round; so SciPy, on which scikit-learn rests, finds
the minimum (L-BFGS-B), and scikit-learn divides the items.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.model_selection import StratifiedGroupKFold

_MOST_STEPS = 2000


class Problem(NamedTuple):
    """What to fit. A column for each weight; that of the bias is all 1."""

    matrix: NDArray[np.float64]  # a row for each item
    labels: NDArray[np.float64]  # 1 on topic, 0 off
    start: NDArray[np.float64]  # the weights as they are, towards which they are pulled
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    l2: float  # the pull: a weight that wanders by d costs l2/2 * d²


def solve(problem: Problem) -> NDArray[np.float64]:
    """Find the weights of least cost: log loss and pull together. The problem is convex: there is but one answer."""
    signs = 2 * problem.labels - 1

    def cost(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = signs * (problem.matrix @ weights)
        away = weights - problem.start
        slope = -signs / (1 + np.exp(np.clip(margins, -700, 700)))
        loss = float(np.logaddexp(0, -margins).sum() + problem.l2 / 2 * (away @ away))
        return loss, problem.matrix.T @ slope + problem.l2 * away

    bounds = list(zip(problem.lower, problem.upper, strict=True))
    found: Any = minimize(
        cost, problem.start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS}
    )
    result: NDArray[np.float64] = found.x
    return result


def folds(labels: Sequence[bool], groups: Sequence[str], number: int, seed: int) -> list[list[int]]:
    """Divide items into folds, each with about the same share on topic; a group is never divided."""
    splitter = StratifiedGroupKFold(n_splits=number, shuffle=True, random_state=seed)
    divided = splitter.split(np.zeros(len(labels)), np.array(labels), np.array(groups, dtype=object))
    return [[int(at) for at in held_out] for _, held_out in divided]
