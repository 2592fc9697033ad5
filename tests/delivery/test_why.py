from __future__ import annotations

import pytest
from rich.cells import cell_len

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


HOSTILE = "\x1b[2J\x1b]8;;x\x07T\u202eitle\u200b\r\n\ud800 two\u2028"


def test_hostile_words_stay_in_their_lines_and_no_link_leads_off_the_web() -> None:
    stages = (WhyStage("matched", "no", HOSTILE, HOSTILE, ((HOSTILE, HOSTILE),), (REASON,)),)
    hits = (Hit(ItemId("1"), HOSTILE, "javascript:x", HOSTILE, NOW, None, None),)
    pages = (
        show(Why(HOSTILE, "text", stages, hits), 100),
        show(Why(HOSTILE, "unknown_url", stages), 100),
        show(Why("q", "known_url", stages, title=HOSTILE, url="file:///x", outlet=HOSTILE), 100),
    )
    assert [len(page.split("\n")) for page in pages] == [7, 4, 5]
    assert all(line.isprintable() for page in pages for line in page.split("\n"))
    assert "  (not shown: no http or https address)" in pages[0].split("\n")
    assert "· (not shown: no http or https address)" in pages[2]


@pytest.mark.parametrize("width", [40, 60, 80, 110])
@pytest.mark.parametrize("words", ["북한군이 러시아에 포탄을 보냈다 " * 20, "弾薬" * 200, "word " * 200, "x" * 900])
def test_no_line_but_a_link_is_wider_than_the_terminal(words: str, width: int) -> None:
    stages = (WhyStage("matched", "no", words, "arms", (("missing", words), (words, "healthy")), (REASON,)),)
    hits = (Hit(ItemId("1"), words, "https://p.example/1", words, NOW, None, None),)
    assert max(cell_len(line) for line in show(Why(words, "text", stages, hits), width).split("\n")) <= width


def test_words_that_no_item_holds_show_what_the_topics_make_of_them() -> None:
    says = "An item with this title would not match: score 0.12, 0.50 needed."
    stages = (WhyStage("matched", "no", says, "arms", (("missing", "names a weapon"),), (REASON,)),)
    assert (
        show(Why("zeppelins over the bay", "text", stages))
        == """\
No item found for “zeppelins over the bay”
matched     ✗ arms: An item with this title would not match: score 0.12, 0.50
              needed.
              + names both sides in one sentence: “Shells”
              missing: names a weapon"""
    )
