"""The shipped topic's scores can be read as probabilities, on items that nobody has tuned it on."""

from __future__ import annotations

import re

import pytest

from benchmarks.calibration import PAGE, PARTS, SOURCES, page, parts, shipped
from processors.bootstrap import Plan
from processors.evaluate import evaluate
from processors.topic import compile_loaded
from tests.labelled import TOPIC_DEV

BRIER = 0.03


def test_the_page_tells_both_parts_apart_and_the_one_set_aside_first() -> None:
    text = PAGE.read_text("utf-8")
    names = re.findall(r"^\| ([a-z ]+): ([a-z ]+) \|", text, re.MULTILINE)
    assert names == [(part, source) for part in reversed(PARTS) for source in (*SOURCES, "all")]
    found = {
        line[0]: float(line[1])
        for line in re.findall(r"^\| (set aside: .+?) \|.+?\|.+?\| (0\.\d+) ", text, re.MULTILINE)
    }
    assert len(found) == 3
    assert max(found.values()) <= BRIER


@pytest.mark.skipif(not TOPIC_DEV.exists(), reason="the labelled items are not beside the project")
def test_the_brier_score_holds_on_what_was_set_aside() -> None:
    loaded = shipped()
    topic = compile_loaded(loaded)
    aside = {source: evaluate(rows, topic, Plan(50)) for source, rows in parts()["set aside"].items()}
    assert {source: report["calibration"]["brier"] <= BRIER for source, report in aside.items()} == dict.fromkeys(
        SOURCES, True
    )
    assert all(report["n"] > 100 for report in aside.values())
    ids = [
        judged["id"] for report in aside.values() for judged in (*report["false_positives"], *report["false_negatives"])
    ]
    text = page(loaded, {part: {**aside, "all": aside["real text"]} for part in PARTS})
    assert not any(name in text for name in ids), "the page must not name an item"
