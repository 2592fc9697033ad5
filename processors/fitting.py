"""Weights for a topic's evidence from labelled items, tried on items that they were not fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from config.topic import TopicFile
from core.topic_reports import Flip, Held, Interval, WeightChange
from processors import regression
from processors.bootstrap import Plan, Sums, f_measures, interval, ratio, resample, sums_by_group
from processors.calibration import Outcome, calibration
from processors.evaluate import Case, counted, figures, outcome
from processors.judge import sigmoid

BIAS: Final = "bias"
STEP: Final = 0.1  # weights are proposed in steps that an analyst can read
LEAST: Final = 0.2  # a weight that would move by less stays: it is not worth a look
_LIMIT: Final = {True: 30.0, False: 20.0}  # of the bias, and of a weight, as config/topic.py has them
_LEAST_GROUPS: Final = 2

Weights = dict[str, float]  # by evidence, with `BIAS`


class TooFew(ValueError):
    """There are too few items to fit and to try the fit on."""


class Rules(NamedTuple):
    """How to fit."""

    l2: float = 1.0
    folds: int = 5
    seed: int = 1


class Proposal(NamedTuple):
    """What came of a fit."""

    weights: Weights  # of all that may change
    changes: list[WeightChange]
    flips: list[Flip]
    idle: list[str]
    used: int
    folds: int
    before: Held
    after: Held
    f1_gain: tuple[float, Interval]
    brier_gain: tuple[float, Interval]


class _Scored(NamedTuple):
    """An item as one model scores it."""

    case: Case
    score: float
    matched: bool


def weights_of(topic: TopicFile) -> Weights:
    """List the weights that may change: those that are not 0, and the bias."""
    return {BIAS: topic.bias, **{name: rule.weight for name, rule in topic.evidence.items() if rule.weight}}


def propose(topic: TopicFile, cases: Sequence[Case], extra: Sequence[Case], rules: Rules, plan: Plan) -> Proposal:
    """Fit the weights, and try the same fit on parts of the items that were held out.

    Args:
        topic: the topic as it is.
        cases: labelled items, as it judges them.
        extra: more of them, that are fitted to and never measured on.
        rules: how to fit.
        plan: of the intervals.

    Raises:
        TooFew: fewer than two groups on topic or off that have what the topic requires.
    """
    used = [case for case in cases if case.scored]
    more = [case for case in extra if case.scored]
    number = min(rules.folds, *(len({case.group for case in used if case.on is on}) for on in (True, False)))
    if number < _LEAST_GROUPS:
        raise TooFew
    before = [_Scored(case, case.found.score, case.found.matched) for case in cases]
    after = _held_out(topic, used, more, rules, number) + [each for each in before if not each.case.scored]
    weights = fitted(topic, [*used, *more], rules.l2)
    f1_gain, brier_gain = _gains(before, after, plan)
    return Proposal(
        weights,
        _changes(topic, weights, [*used, *more]),
        _flips(topic, [*used, *more], rules.l2),
        [name for name in weights_of(topic) if name != BIAS and not any(_holds(case, name) for case in (*used, *more))],
        len(used),
        number,
        _held(before, plan),
        _held(after, plan),
        f1_gain,
        brier_gain,
    )


def fitted(topic: TopicFile, cases: Sequence[Case], l2: float, *, signs_kept: bool = True) -> Weights:
    """Fit the weights to items, in steps of `STEP`; one that would move by less than `LEAST` stays."""
    start = weights_of(topic)
    names = list(start)
    problem = regression.Problem(
        matrix=np.array([[float(name == BIAS or _holds(case, name)) for name in names] for case in cases]),
        labels=np.array([float(case.on) for case in cases]),
        start=np.array([start[name] for name in names]),
        lower=np.array([0.0 if signs_kept and _for(name, start) else -_LIMIT[name == BIAS] for name in names]),
        upper=np.array([0.0 if signs_kept and _against(name, start) else _LIMIT[name == BIAS] for name in names]),
        l2=l2,
    )
    found = dict(zip(names, regression.solve(problem).tolist(), strict=True))
    return {name: _stepped(value, start[name]) for name, value in found.items()}


def _for(name: str, start: Weights) -> bool:
    return name != BIAS and start[name] > 0


def _against(name: str, start: Weights) -> bool:
    return name != BIAS and start[name] < 0


def _stepped(value: float, start: float) -> float:
    rounded = round(round(value / STEP) * STEP, 6)
    return rounded + 0.0 if abs(rounded - start) > LEAST - STEP / 10 else start


def _holds(case: Case, name: str) -> bool:
    return any(each.name == name for each in case.found.evidence)


def _score(case: Case, weights: Weights) -> float:
    """Score an item that has what the topic requires with other weights."""
    return sigmoid(weights[BIAS] + sum(weights.get(each.name, 0.0) for each in case.found.evidence))


def _held_out(
    topic: TopicFile, cases: Sequence[Case], extra: Sequence[Case], rules: Rules, number: int
) -> list[_Scored]:
    """Score each item by a fit to the items of other folds, and to extra ones that report something else."""
    scored: list[_Scored] = []
    for places in regression.folds([each.on for each in cases], [each.group for each in cases], number, rules.seed):
        inside = set(places)
        groups = {cases[at].group for at in places}
        others = [case for at, case in enumerate(cases) if at not in inside]
        others += [case for case in extra if case.group not in groups]
        weights = fitted(topic, others, rules.l2)
        for at in places:
            score = _score(cases[at], weights)
            scored.append(_Scored(cases[at], score, score >= topic.threshold))
    return scored


def _held(scored: Sequence[_Scored], plan: Plan) -> Held:
    outcomes = [(each.case.group, _outcome(each)) for each in scored]
    table = calibration([Outcome(each.score, each.case.on, each.case.group, each.case.scored) for each in scored], plan)
    return {"figures": figures(outcomes, plan), "calibration": table}


def _outcome(each: _Scored) -> str:
    return outcome(matched=each.matched, on=each.case.on)


def _gains(
    before: Sequence[_Scored], after: Sequence[_Scored], plan: Plan
) -> tuple[tuple[float, Interval], tuple[float, Interval]]:
    """Say how much F1 and the Brier score rise, with intervals from draws in which both judge the same items."""

    def rows(scored: Iterable[_Scored]) -> list[tuple[str, tuple[float, ...]]]:
        return [(each.case.group, (*counted(_outcome(each)), (each.score - each.case.on) ** 2, 1.0)) for each in scored]

    none = (0.0,) * 5
    paired = [(group, (*vector, *none)) for group, vector in rows(before)]
    paired += [(group, (*none, *vector)) for group, vector in rows(after)]
    vectors = sums_by_group(paired)

    def gains(sums: Sums) -> tuple[Sums, ...]:
        old, new = sums[:, :5], sums[:, 5:]
        rise = f_measures(new)["f1"] - f_measures(old)["f1"]
        return rise, ratio(new[:, 3], new[:, 4], 0.0) - ratio(old[:, 3], old[:, 4], 0.0)

    f1, brier = gains(np.array(vectors).sum(axis=0, keepdims=True))
    drawn_f1, drawn_brier = gains(resample(vectors, plan))
    return (
        (round(float(f1[0]), 4), interval(drawn_f1, plan)),
        (round(float(brier[0]), 4), interval(drawn_brier, plan)),
    )


def _changes(topic: TopicFile, weights: Weights, cases: Sequence[Case]) -> list[WeightChange]:
    start = weights_of(topic)
    return [
        WeightChange(name, _says(topic, name), start[name], after, *_support(name, cases))
        for name, after in weights.items()
        if after != start[name]
    ]


def _flips(topic: TopicFile, cases: Sequence[Case], l2: float) -> list[Flip]:
    """Find the evidence that a fit without bounds would turn round."""
    start, free = weights_of(topic), fitted(topic, cases, l2, signs_kept=False)
    return [
        Flip(name, _says(topic, name), start[name], wanted, *_support(name, cases))
        for name, wanted in free.items()
        if name != BIAS and start[name] * wanted < 0
    ]


def _says(topic: TopicFile, name: str) -> str:
    return "before any evidence" if name == BIAS else topic.evidence[name].says


def _support(name: str, cases: Sequence[Case]) -> tuple[int, int]:
    held = [case.on for case in cases if name == BIAS or _holds(case, name)]
    return len(held), sum(held)
