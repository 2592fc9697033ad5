"""A measured topic, as people read it."""

from __future__ import annotations

from typing import Any

from core.topic_reports import Figures, Judged, Report
from core.types import Evidence, Span
from delivery.layout import width_of
from delivery.topic_report import report_text

SHELLS = Evidence("shells", "shells are named", 3.0, "munitions", (Span("title", 0, 6, "снаряды", "shells"),))
CIVIL = Evidence("civil", "a civil matter", -1.5)
SHOWN = Evidence("shown", "only shows a facet", 0.0, "talks")


def figures(**changes: Any) -> Figures:
    spans: Any = {"precision": (0.8, 0.95), "recall": (0.7, 0.9), "f1": (0.75, 0.92)}
    return {"precision": 0.9, "recall": 0.8, "f1": 0.847, "n": 1234, "intervals": spans, **changes}  # type: ignore[typeddict-item]


def judged(**changes: Any) -> Judged:
    value: Any = {
        "id": "a1", "score": 0.9234, "line": 7, "lang": "ru", "title": "Снаряды", "facet": "hard", "near_miss": False,
        "facets": [], "evidence": [CIVIL, SHOWN, SHELLS], "missing": [], **changes,
    }  # fmt: skip
    return value  # type: ignore[no-any-return]


def report(**changes: Any) -> Report:
    value: Any = {
        **figures(),
        "by_lang": {"": figures(n=4), "ru": figures(n=1230)},
        "by_facet": {
            "on": {"munitions": {"n": 50, "right": 45, "share": 0.9, "interval": (0.8, 0.95), "shown": 44}},
            "off": {"hard": {"n": 1000, "right": 990, "share": 0.99, "interval": (0.98, 0.995), "shown": 0}},
        },
        "facets_found": {"talks": 3, "munitions": 44},
        "near_misses": {"on": 3, "off": 5},
        "borderline": 1,
        "calibration": {
            "brier": 0.02, "brier_interval": (0.01, 0.03), "brier_scored": 0.04, "scored": 400, "error": 0.011,
            "bins": [{"low": 0.95, "high": 1.0, "n": 1034, "score": 0.991, "share": 0.98, "interval": (0.96, 0.99)}],
        },
        "bootstrap": {"resamples": 2000, "groups": 300, "confidence": 0.9, "seed": 5},
        "false_positives": [judged()],
        "false_negatives": [judged(id="b2", score=0.3, line=0, near_miss=True, missing=["arms change hands"])],
        **changes,
    }  # fmt: skip
    return value  # type: ignore[no-any-return]


def test_figures_are_told_with_their_intervals_by_language_and_facet() -> None:
    lines = report_text(report()).splitlines()
    assert lines[0] == "F1 0.847  precision 0.900  recall 0.800  n 1,234"
    text = "\n".join(lines)
    assert "90% intervals: F1 0.750–0.920, P 0.800–0.950, R 0.700–0.900" in text
    rows = [" ".join(line.split()) for line in lines]
    assert "?? 0.847 (0.750–0.920) 0.900 (0.800–0.950) 0.800 (0.700–0.900) 4" in rows
    assert "munitions 45 50 0.900 (0.800–0.950) 44" in rows
    assert "hard 10 1,000 0.990 (0.980–0.995)" in rows
    assert "facets found: munitions 44, talks 3" in rows
    assert "near misses: 3 on topic, 5 off" in rows
    assert "0.95–1.00 1,034 0.991 0.980 (0.960–0.990)" in rows


def test_an_error_shows_the_reasons_strongest_first_with_the_words() -> None:
    text = report_text(report())
    alarm = text.partition("false alarms: 1\n")[2].partition("\n\n")[0].splitlines()
    assert [line.strip() for line in alarm] == [
        "0.923  a1  Снаряды", "ru · hard · line 7", "+3.0 shells are named: “снаряды”", "-1.5 a civil matter",
    ]  # fmt: skip
    missed = text.partition("missed: 1\n")[2]
    assert "near miss" in missed
    assert "would carry it over: arms change hands" in missed


def test_where_nothing_is_wrong_it_says_how_little_that_proves() -> None:
    text = report_text(report(false_positives=[], false_negatives=[]))
    assert "up to 1.0% may be wrong (95%)" in text
    few = {"resamples": 10, "groups": 2, "confidence": 0.9, "seed": 5}
    assert "up to 100.0% may be wrong" in report_text(report(false_positives=[], false_negatives=[], bootstrap=few))
    nothing = report(n=0, false_positives=[], false_negatives=[], by_facet={"on": {}, "off": {}}, facets_found={})
    assert "nothing was measured" in report_text(nothing)
    assert "may be wrong" not in report_text(nothing)
    assert "facets found" not in report_text(nothing)


def test_what_items_say_cannot_harm_the_terminal_or_break_the_page() -> None:
    evil = judged(id="\x1b[2J", title="북한 " * 60 + "\u202e\n", lang="\x1b[31m", evidence=[], missing=["wanted " * 40])
    text = report_text(report(false_negatives=[evil]), width=80)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert max(map(width_of, text.splitlines())) <= 100


def test_colour_is_used_where_asked_for() -> None:
    assert "\x1b[1m" in report_text(report(), colour=True)
