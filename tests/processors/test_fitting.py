"""Weights proposed from labelled items."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("sklearn", reason="the extra `fit` is not installed")

from processors.bootstrap import Plan
from processors.evaluate import Case, case_of
from processors.fitting import BIAS, Proposal, Rules, TooFew, fitted, propose, weights_of
from processors.topic import CompiledTopic
from tests.processors.making import BASIC, topic

PLAN = Plan(resamples=200)
SHELLS = "North Korea and Russia: shells"
TALKS = "North Korea and Russia"
RAIL = "North Korea and Russia: railway"
BOTH = "North Korea and Russia: shells by railway"
RAIN = "Rain"


def weak(**changes: Any) -> CompiledTopic:
    """A topic that trusts shells too little, and with a helper and a reason that no item shows."""
    evidence: dict[str, Any] = {
        **BASIC["evidence"],
        "arms": {**BASIC["evidence"]["arms"], "weight": 0.5},
        "helper": {"says": "a helper", "when": {"all": ["north"]}},
        "never": {"says": "never seen", "when": {"all": ["north", "civil", "shells"], "near": 1}, "weight": 1},
    }
    return topic(**{"evidence": evidence, **changes})


def cases(of: CompiledTopic, *kinds: tuple[str, str, int], page: str = "") -> list[Case]:
    rows = [
        {"title": title, "label": label, "url": page or f"{title}{label}{number}"}
        for title, label, times in kinds
        for number in range(times)
    ]
    return [case_of(row, number, of) for number, row in enumerate(rows, 1)]


def proposed(of: CompiledTopic, items: Sequence[Case], extra: Sequence[Case] = (), l2: float = 1.0) -> Proposal:
    return propose(of.file, items, extra, Rules(l2=l2), PLAN)


def test_weights_that_are_too_small_grow_and_held_out_items_gain() -> None:
    of = weak()
    found = proposed(of, cases(of, (SHELLS, "on", 40), (TALKS, "off", 40), (RAIL, "off", 20), (RAIN, "off", 50)))
    assert found.before["figures"]["recall"] == 0
    assert found.after["figures"]["f1"] == 1
    assert found.f1_gain[0] == 1
    assert found.brier_gain[1][1] < 0
    assert found.used == 100
    arms = next(change for change in found.changes if change.name == "arms")
    assert arms.after > arms.before == 0.5
    assert (arms.held, arms.held_on, arms.says) == (40, 40, "Shells go from one to the other")
    assert found.idle == ["never"]
    assert found.flips == []


def test_helpers_keep_no_weight_and_what_is_fitted_keeps_the_names() -> None:
    assert set(weights_of(weak().file)) == {BIAS, "link", "arms", "civil_title", "never"}


def test_evidence_against_stays_against_and_a_turn_is_told() -> None:
    of = weak()
    items = cases(of, (SHELLS, "on", 10), (RAIL, "on", 60), (TALKS, "off", 60))
    found = proposed(of, items, l2=0.01)
    assert found.weights["civil_title"] == 0
    flip = next(each for each in found.flips if each.name == "civil_title")
    assert flip.before == -4
    assert flip.wanted > 0
    assert (flip.held, flip.held_on) == (60, 60)


def test_evidence_for_stays_for_and_a_turn_is_told() -> None:
    of = topic(bias=-1)
    found = proposed(of, cases(of, (TALKS, "on", 60), (SHELLS, "off", 60), (RAIL, "off", 10)), l2=0.01)
    assert found.weights["arms"] == 0
    assert [(flip.name, flip.before > 0 > flip.wanted) for flip in found.flips if flip.name == "arms"] == [
        ("arms", True)
    ]


def test_a_strong_pull_changes_nothing() -> None:
    of = weak()
    found = proposed(of, cases(of, (SHELLS, "on", 20), (TALKS, "off", 20)), l2=1e6)
    assert found.changes == []
    assert found.weights == weights_of(of.file)
    assert found.f1_gain == (0.0, (0.0, 0.0))


def test_the_order_of_items_does_not_matter_to_the_weights() -> None:
    of = weak()
    items = cases(of, (SHELLS, "on", 30), (BOTH, "off", 9), (TALKS, "off", 20), (RAIL, "off", 7))
    shuffled = random.Random(3).sample(items, len(items))
    assert fitted(of.file, items, 1.0) == fitted(of.file, shuffled, 1.0)


def test_extra_items_are_fitted_to_and_never_measured_on() -> None:
    of = weak()
    few = cases(of, (SHELLS, "on", 2), (TALKS, "off", 2))
    extra = cases(of, (SHELLS, "on", 50), (TALKS, "off", 50), (RAIN, "off", 9))
    alone, helped = proposed(of, few), proposed(of, few, extra)
    assert helped.weights["arms"] > alone.weights["arms"]
    assert helped.after["figures"]["n"] == alone.after["figures"]["n"] == 4


def test_extra_items_do_not_give_away_what_is_held_out() -> None:
    """Only one report speaks of shells: where it is held out, nothing may tell of them, and so it is missed."""
    of = weak()
    shells = cases(of, (SHELLS, "on", 20), page="one report")
    items = [*shells, *cases(of, (TALKS, "on", 2), (TALKS, "off", 12))]
    assert proposed(of, items, shells).after["figures"]["recall"] == 0
    elsewhere = cases(of, (SHELLS, "on", 20), page="another report")
    assert proposed(of, items, elsewhere).after["figures"]["recall"] > 0.9


@pytest.mark.parametrize(
    "kinds",
    [[], [(SHELLS, "on", 9)], [(SHELLS, "on", 9), (TALKS, "off", 1)], [(SHELLS, "on", 9), (RAIN, "off", 9)]],
)
def test_too_few_items_are_refused(kinds: list[tuple[str, str, int]]) -> None:
    of = weak()
    with pytest.raises(TooFew):
        proposed(of, cases(of, *kinds))


def test_there_are_no_more_folds_than_reports() -> None:
    of = weak()
    assert proposed(of, cases(of, (SHELLS, "on", 3), (TALKS, "off", 30))).folds == 3
