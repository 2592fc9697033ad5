"""What a topic would have matched, as people read it."""

from __future__ import annotations

from typing import Any

from core.topic_reports import BacktestReport, Day, Kept
from core.types import Evidence
from delivery.layout import width_of
from delivery.topic_backtest import backtest_text

REASON = Evidence("link", "both are named", 2.0)


def kept(**changes: Any) -> Kept:
    value: dict[str, Any] = {
        "id": "i1", "title": "Shells", "url": "https://x.example/1", "outlet": "The Paper",
        "first_seen": "2026-11-01T08:30:00+00:00", "score": 0.88, "facets": ("in_battle",), "evidence": (REASON,),
        "then": "match", **changes,
    }  # fmt: skip
    return Kept(**value)


def report(**changes: Any) -> BacktestReport:
    value: Any = {
        "items": 1200, "matched": 5, "near": 2, "then": 3, "days": [Day("2026-11-01", 1200, 5, 2, 3)],
        "top": [], "new": [], "lost": [], **changes,
    }  # fmt: skip
    return {"topic": "arms", "since": "2026-10-25", "source": "log", "backtest": value}


def test_counts_come_first_then_days() -> None:
    lines = [" ".join(line.split()) for line in backtest_text(report()).splitlines()]
    assert " ".join(lines[:2]).startswith("arms on 1,200 items since 2026-10-25 (from the log): 5 match, 2 nearly; 3")
    assert "2026-11-01 1,200 5 2 3" in lines
    assert "best" not in lines


def test_items_show_where_they_came_from_and_why() -> None:
    text = backtest_text(report(new=[kept(then="near_miss"), kept(then="")], lost=[kept()], top=[kept()]))
    flat = " ".join(text.split())
    assert (
        "matched now, and not when they came 0.88 Shells The Paper · 2026-11-01 08:30 · in battle · near miss then"
        in flat
    )
    assert "in battle · no match then" in flat
    assert "matched when they came, and not now" in flat
    assert "+2.0 both are named https://x.example/1" in flat


def test_many_reasons_are_cut() -> None:
    assert "and 3 more" in backtest_text(report(top=[kept(evidence=(REASON,) * 7)]))


def test_nothing_stored_is_one_line_and_nothing_harms_the_terminal() -> None:
    assert len(backtest_text(report(days=[])).splitlines()) <= 2
    evil = kept(title="\x1b[2J" + "漢" * 200, outlet="\u202e", url="javascript:x", evidence=())
    text = backtest_text(report(top=[evil, kept(title="", first_seen="")]), width=70)
    assert "\x1b" not in text
    assert "(no title)" in text
    assert "javascript" not in text
    assert max(map(width_of, text.splitlines())) <= 70
    assert "\x1b[1m" in backtest_text(report(), colour=True)
