"""A proposal of weights, as people read it."""

from __future__ import annotations

from typing import Any

import pytest

from core.topic_reports import FitReport, Flip, WeightChange
from delivery.layout import width_of
from delivery.topic_fit import fit_text

CHANGE = WeightChange("shells", "speaks of shells", 2.5, 3.3, 33, 31)
PATCH = "--- a/topics/x.yaml\n+++ b/topics/x.yaml\n@@ -1 +1 @@\n-    weight: 2.5\n+    weight: 3.3\n"


def held(f1: float) -> Any:
    spans = {"precision": (0.9, 1.0), "recall": (0.8, 0.9), "f1": (0.7, 0.8)}
    return {
        "figures": {"precision": 0.95, "recall": 0.85, "f1": f1, "n": 400, "intervals": spans},
        "calibration": {
            "brier": 0.0212, "brier_interval": (0.01, 0.03), "brier_scored": 0.03, "scored": 200, "error": 0.01,
            "bins": [{"low": 0.5, "high": 0.7, "n": 10, "score": 0.6, "share": 0.5, "interval": (0.2, 0.8)}],
        },
    }  # fmt: skip


def report(**changes: Any) -> FitReport:
    value: Any = {
        "topic": "arms", "items": 400, "extra": 0, "used": 200, "folds": 5, "l2": 1.0, "before": held(0.75),
        "after": held(0.79), "f1_gain": {"value": 0.04, "interval": (0.01, 0.06)},
        "brier_gain": {"value": -0.01, "interval": (-0.02, 0.001)}, "changes": [CHANGE], "flips": [], "idle": [],
        "failing": [], "diff": PATCH, **changes,
    }  # fmt: skip
    return value  # type: ignore[no-any-return]


def test_what_it_brings_comes_first_and_the_patch_last() -> None:
    text = fit_text(report(extra=12))
    assert text.startswith("arms: weights fitted to 400 labelled items and 12 extra, 200 of which have")
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert "as it is 0.750 (0.700–0.800) 0.950 (0.900–1.000) 0.850 (0.800–0.900) 0.0212 (0.0100–0.0300)" in rows
    assert "0.50–0.70 10 0.600 0.500 (0.200–0.800)" in rows
    assert "+2.5 → +3.3 shells: speaks of shells (in 33 items, 31 on topic)" in rows
    assert text.endswith(PATCH.rstrip())
    assert "turn these round" not in text


@pytest.mark.parametrize(
    ("f1", "brier", "says"),
    [
        ((0.04, (0.01, 0.06)), (0.0, (-1.0, 1.0)), "F1 gains by more than chance"),
        ((-0.04, (-0.06, -0.01)), (-0.01, (-0.02, -0.005)), "F1 loses: keep the weights"),
        ((0.0, (-0.01, 0.01)), (-0.01, (-0.02, -0.005)), "scores become better as probabilities"),
        ((-0.01, (-0.03, 0.01)), (-0.01, (-0.02, -0.005)), "do not show that this is better"),
        ((0.01, (0.0, 0.02)), (-0.01, (-0.02, 0.0)), "do not show that this is better"),
    ],
)
def test_a_gain_is_called_one_only_where_chance_does_not_explain_it(f1: Any, brier: Any, says: str) -> None:
    gains = {"f1_gain": dict(zip(("value", "interval"), f1, strict=True))}
    gains["brier_gain"] = dict(zip(("value", "interval"), brier, strict=True))
    assert says in " ".join(fit_text(report(**gains)).split())


def test_what_to_beware_of_is_told() -> None:
    text = fit_text(
        report(
            used=49,
            changes=[
                CHANGE,
                WeightChange("gone", "no more", -0.5, 0.0, 9, 4),
                WeightChange("bias", "before any", 1, 0, 9, 4),
            ],
            flips=[Flip("civil", "a civil matter", -3.0, 0.4, 20, 15)],
            idle=["never"],
            failing=["must_match[3]: a score of 0.5"],
        )
    )
    flat = " ".join(text.split())
    assert "fewer than 50 follows chance" in flat
    assert flat.count("0 is a helper of other evidence only") == 1
    assert "-3.0 ⇒ +0.4 civil: a civil matter (in 20 items, 15 on topic)" in flat
    assert "no item shows, so the weight stays: 1 never" in flat
    assert "the topic would be refused with these weights: 1 must_match[3]: a score of 0.5" in flat


def test_without_changes_it_says_so() -> None:
    assert "No weight would change." in fit_text(report(changes=[], diff=""))


def test_the_patch_is_not_broken_and_cannot_harm_the_terminal() -> None:
    long = "+    weight: 3 # " + "x" * 300 + "\x1b[2J\u202e"
    lines = fit_text(report(diff=PATCH + long), width=70).splitlines()
    assert lines[-1] == long.replace("\x1b", " ").replace("\u202e", " ")
    assert max(map(width_of, lines[:-6])) <= 100
    coloured = fit_text(report(), colour=True)
    assert "\x1b[32m+    weight: 3.3\x1b[0m" in coloured
    assert "\x1b[31m-    weight: 2.5\x1b[0m" in coloured
