"""What another topic file would change, as people read it."""

from __future__ import annotations

from typing import Any

from core.topic_reports import Change, Difference, DiffReport
from delivery.layout import width_of
from delivery.topic_changes import diff_text

WORD = Difference("shells are named", 0.0, 2.5, ("снаряды", "shells"))
REQUIRED = Difference("now there, and required: both sides", 0.0, 0.0, ())


def change(**changes: Any) -> Change:
    value: dict[str, Any] = {
        "id": "i1", "title": "Shells", "language": "en", "label": "", "before": 0.2, "after": 0.8, "why": (WORD,),
        **changes,
    }  # fmt: skip
    return Change(**value)


def report(since: str = "", **changes: Any) -> DiffReport:
    value: Any = {
        "items": 1200, "matched_before": 10, "matched_after": 1000, "begin": [], "cease": [], "near_begin": [],
        "near_cease": [], "moved": [], "moves": 0.2, "right": 0, "wrong": 0, **changes,
    }  # fmt: skip
    return {"before": "a.yaml", "after": "b.yaml", "on": "archive", "since": since, "changes": value}


def test_counts_come_first() -> None:
    text = diff_text(report("2026-11-01", begin=[change()], moved=[change()], right=1), limit=9)
    flat = " ".join(text.split())
    assert flat.startswith("a.yaml → b.yaml, on 1,200 items of archive since 2026-11-01 matched: 10 → 1,000 (1 begin,")
    assert "1 score moves by more than 0.2" in flat
    assert "of the labelled ones, 1 are put right and 0 are put wrong" in flat


def test_nothing_changed_is_two_lines() -> None:
    text = diff_text(report(), limit=9)
    assert "labelled" not in text
    assert text.splitlines()[-1].strip()
    assert "begin to match" not in text


def test_an_item_shows_both_scores_and_what_made_the_difference() -> None:
    text = diff_text(report(begin=[change(label="off", why=(REQUIRED, WORD))]), limit=9)
    lines = [" ".join(line.split()) for line in text.partition("begin to match: 1\n")[2].splitlines()]
    assert lines == [
        "0.20 → 0.80 Shells", "i1 · en · labelled off", "now there, and required: both sides",
        "+0 → +2.5 shells are named: “снаряды”, “shells”",
    ]  # fmt: skip


def test_each_kind_has_its_heading_and_of_many_some_are_shown() -> None:
    items = [change(id=f"i{number}") for number in range(5)]
    text = diff_text(report(begin=items, cease=items, near_begin=items, near_cease=items, moved=items), limit=2)
    for heading in ("begin to match", "cease to match", "begin to be near misses", "cease to be near misses"):
        assert f"{heading}: 5" in text
    assert "judged alike, with a score that moves by more than 0.2: 5" in text
    assert text.count("and 3 more") == 5


def test_many_reasons_and_words_are_cut() -> None:
    many = Difference("said", 1.0, 0.5, tuple(f"w{number}" for number in range(9)))
    text = diff_text(report(cease=[change(why=(many,) * 8)]), limit=2)
    assert "“w5” and 3 more" in text
    assert "and 2 lesser differences" in text


def test_what_items_say_cannot_harm_the_terminal() -> None:
    evil = change(id="\x1b[2J", title="\u202e" + "北한 " * 90, why=(Difference("\x1b", 0, 1, ("\x1b\n",)),))
    text = diff_text(report(begin=[evil, change(title="")]), limit=2, width=80)
    assert "\x1b" not in text
    assert "(no title)" in text
    assert max(map(width_of, text.splitlines())) <= 80
    assert "\x1b[1;32m" in diff_text(report(begin=[evil]), limit=2, colour=True)
