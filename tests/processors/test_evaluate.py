"""Figures on labelled items."""

from __future__ import annotations

import pytest

from processors.evaluate import evaluate
from tests.processors.making import topic

ON, OFF = "North Korea ships shells to Russia", "North Korea and Russia open a railway"


def row(title: str, label: str, lang: str = "en", **more: str) -> dict[str, str]:
    return {"title": title, "summary": "", "lang": lang, "label": label, **more}


def test_each_outcome_is_counted_and_errors_are_listed() -> None:
    rows = [
        row(ON, "on"), row(ON, "off", id="wrong"), row(OFF, "on"), row(OFF, "off"), row(ON, "borderline"),
        row(ON, "on", "ko"), row(ON, "on", "ko"),
    ]  # fmt: skip
    report = evaluate(rows, topic())
    assert (report["n"], report["precision"], report["recall"], report["f1"]) == (6, 0.75, 0.75, 0.75)
    assert report["by_lang"]["ko"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "n": 2}
    assert report["false_positives"] == [{"id": "wrong", "score": pytest.approx(0.8808)}]
    assert [judged["id"] for judged in report["false_negatives"]] == ["3"]


def test_without_items_nothing_is_wrong() -> None:
    report = evaluate([], topic())
    assert (report["precision"], report["recall"], report["n"]) == (1.0, 1.0, 0)


def test_where_all_is_wrong_f1_is_zero() -> None:
    assert evaluate([row(ON, "off"), row(OFF, "on")], topic())["f1"] == 0.0
