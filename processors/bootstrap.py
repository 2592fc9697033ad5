"""Intervals by bootstrap: how much figures move when other items might have been labelled.

Percentile intervals (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13), over groups of
items that report the same: these are drawn together, since they are not independent (ibid., chapter 8).
A figure is a function of sums, so a resample is a multinomial draw over the kinds of group that there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.topic_reports import Interval

Sums = NDArray[np.float64]  # a row for each resample
Vector = tuple[float, ...]

_CHUNK: Final = 2_000_000  # numbers drawn at a time: 16 MB


class Plan(NamedTuple):
    """How to draw. The same plan and data always give the same intervals."""

    resamples: int = 2000
    seed: int = 1
    confidence: float = 0.95


def sums_by_group(rows: Iterable[tuple[Hashable, Vector]]) -> list[Vector]:
    """Add up the vectors of each group."""
    groups: dict[Hashable, list[float]] = {}
    for group, vector in rows:
        total = groups.setdefault(group, [0.0] * len(vector))
        for at, value in enumerate(vector):
            total[at] += value
    return [tuple(total) for total in groups.values()]


def resample(vectors: Sequence[Vector], plan: Plan) -> Sums:
    """Draw as many vectors as there are, with replacement, again and again, and add each draw up.

    Args:
        vectors: one of each group; at least one.
        plan: how often, and from which seed.
    """
    kinds = Counter(vectors)
    ordered = sorted(kinds)  # the order of the items must not matter
    shares = np.array([kinds[kind] for kind in ordered], dtype=np.float64) / len(vectors)
    matrix = np.array(ordered, dtype=np.float64)
    chance = np.random.default_rng(plan.seed)
    step = max(1, _CHUNK // len(ordered))
    return np.concatenate(
        [
            chance.multinomial(len(vectors), shares, size=min(step, plan.resamples - done)) @ matrix
            for done in range(0, plan.resamples, step)
        ]
    )


def interval(values: Any, plan: Plan) -> Interval:
    """Take the percentiles that leave out as much below as above."""
    outside = (1 - plan.confidence) / 2
    low, high = np.quantile(values, [outside, 1 - outside])
    return round(float(low), 4), round(float(high), 4)


def ratio(above: Any, below: Any, empty: float) -> Any:
    """Divide number by number; where there is nothing to divide by, give `empty`."""
    return np.divide(above, below, out=np.full(np.shape(below), empty), where=np.asarray(below) > 0)


def f_measures(sums: Sums) -> Mapping[str, Sums]:
    """Reckon precision, recall and F1 of each resample, from its columns: right, alarmed falsely, missed."""
    right, alarmed, missed = sums[:, 0], sums[:, 1], sums[:, 2]
    precision, recall = ratio(right, right + alarmed, 1.0), ratio(right, right + missed, 1.0)
    return {"precision": precision, "recall": recall, "f1": ratio(2 * precision * recall, precision + recall, 0.0)}
