"""How far scores can be read as probabilities: the Brier score, and a table of scores against what came true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from core.topic_reports import Bin, Calibration, Interval
from processors.bootstrap import Plan, interval, ratio, resample, sums_by_group

BOUNDS: Final = (0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0)
_NORMAL_95: Final = 1.959964


class Outcome(NamedTuple):
    """A score, and whether the item was on topic."""

    score: float
    on: bool
    group: str  # of items that report the same
    scored: bool = True  # whether it has what the topic requires


def calibration(outcomes: Sequence[Outcome], plan: Plan) -> Calibration:
    """Reckon the Brier score (G. W. Brier, 1950) and the reliability table. Without items all is well."""
    scored = [each for each in outcomes if each.scored]
    bins = reliability(outcomes)
    distance = sum(each["n"] * abs(each["score"] - each["share"]) for each in bins)
    return {
        "brier": round(brier(outcomes), 4),
        "brier_interval": _brier_interval(outcomes, plan),
        "brier_scored": round(brier(scored), 4),
        "scored": len(scored),
        "error": round(distance / len(outcomes), 4) if outcomes else 0.0,
        "bins": bins,
    }


def brier(outcomes: Sequence[Outcome]) -> float:
    """Take the mean squared distance between score and label."""
    return sum((each.score - each.on) ** 2 for each in outcomes) / len(outcomes) if outcomes else 0.0


def reliability(outcomes: Sequence[Outcome]) -> list[Bin]:
    """Put items into bins by score; bins without items are left out. A bin holds its lower bound, the last both."""
    bins: list[Bin] = []
    for low, high in pairwise(BOUNDS):
        inside = [each for each in outcomes if low <= each.score < high or each.score == high == 1.0]
        if inside:
            on = sum(each.on for each in inside)
            bins.append(
                {
                    "low": low,
                    "high": high,
                    "n": len(inside),
                    "score": round(sum(each.score for each in inside) / len(inside), 4),
                    "share": round(on / len(inside), 4),
                    "interval": wilson(on, len(inside)),
                }
            )
    return bins


def wilson(hits: int, n: int) -> Interval:
    """Give the 95 % interval of a share (E. B. Wilson, 1927), which holds for few items too. `n` is at least 1."""
    share, square = hits / n, _NORMAL_95**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    width = _NORMAL_95 / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return round(max(middle - width, 0.0), 4), round(min(middle + width, 1.0), 4)


def _brier_interval(outcomes: Sequence[Outcome], plan: Plan) -> Interval:
    if not outcomes:
        return 0.0, 0.0
    sums = resample(sums_by_group((each.group, ((each.score - each.on) ** 2, 1.0)) for each in outcomes), plan)
    return interval(ratio(sums[:, 0], sums[:, 1], 0.0), plan)
