from __future__ import annotations

from core.reports import Hit, Why, WhyStage
from core.types import AlertId, ItemId
from delivery.render import why_text
from tests.archive.make import AGAINST, MINUTE, NOW, REASON

LATER = NOW + 3 * MINUTE


def show(why: Why, width: int = 80) -> str:
    return why_text(why, width=width, colour=False, now=LATER)


def test_each_stage_has_its_mark_its_sentence_and_its_facts() -> None:
    stages = (
        WhyStage("fetched", "ok", "The Paper brought it.", facts=(("language", "en"),)),
        WhyStage(
            "matched",
            "no",
            "A near miss: score 0.40, 0.50 needed.",
            "arms",
            (("missing", "names a weapon"),),
            (REASON, AGAINST),
        ),
        WhyStage("alert", "unknown", "Nothing has been decided about alerting yet.", "arms"),
    )
    assert (
        show(Why("q", "known_url", stages, title="Shells", url="https://p.example/1", outlet="The Paper"))
        == """\
Shells
The Paper · https://p.example/1
fetched     ✓ The Paper brought it.
              language: en
matched     ✗ arms: A near miss: score 0.40, 0.50 needed.
              + names both sides in one sentence: “Shells”
              - reads like an opinion piece
              missing: names a weapon
alert       ? arms: Nothing has been decided about alerting yet."""
    )


def test_an_address_that_is_not_known_stands_as_it_was_asked() -> None:
    answer = Why("https://p.example/\x1b[1m1", "unknown_url", (WhyStage("fetched", "no", "No feed has it."),))
    assert show(answer) == "https://p.example/[1m1\nfetched     ✗ No feed has it."


def test_items_that_hold_the_words_are_offered() -> None:
    hits = (
        Hit(ItemId("1"), "Shells", "https://p.example/1", "The Paper", NOW, "match", AlertId("a")),
        Hit(ItemId("2"), "", "https://p.example/2", "The Paper", NOW, "match", None),
        Hit(ItemId("3"), "Shell company", "https://p.example/3", "The Paper", NOW, "near_miss", None),
        Hit(ItemId("4"), "Sea shells", "https://p.example/4", "The Paper", NOW, None, None),
    )
    assert (
        show(Why("shell", "text", hits=hits))
        == """\
4 items found for “shell”
- Shells
  alerted · The Paper · 3 min ago
  https://p.example/1
- (no title)
  matched, silent · The Paper · 3 min ago
  https://p.example/2
- Shell company
  near miss · The Paper · 3 min ago
  https://p.example/3
- Sea shells
  no match · The Paper · 3 min ago
  https://p.example/4"""
    )
    assert show(Why("shell", "text")) == "No item found for “shell”"


def test_an_item_without_a_title_or_outlet_is_still_shown() -> None:
    assert show(Why("q", "known_url", url="https://p.example/1")) == "(no title)\nhttps://p.example/1"
    assert show(Why("q", "known_url", title="Shells")) == "Shells\n"


def test_colours_mark_how_each_stage_ended() -> None:
    stages = (WhyStage("new", "ok", "a"), WhyStage("new", "no", "b"), WhyStage("new", "unknown", "c"))
    page = why_text(Why("q", "unknown_url", stages), width=80, colour=True, now=LATER)
    assert "\x1b[32m✓ a\x1b[0m" in page
    assert "\x1b[31m✗ b\x1b[0m" in page
    assert "\x1b[33m? c\x1b[0m" in page
