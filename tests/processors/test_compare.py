"""What another topic file would change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.topic_reports import Text
from processors.compare import compare
from tests.processors.making import BASIC, topic

SHELLS = "North Korea ships shells to Russia"
TALKS = "North Korea and Russia talk"
RAIL = "North Korea and Russia open a railway"


def text(title: str, label: str = "", name: str = "") -> Text:
    return Text(name or title, title, "", label=label)


def with_weight(name: str, weight: float) -> dict[str, Any]:
    evidence: dict[str, Any] = {**BASIC["evidence"], name: {**BASIC["evidence"][name], "weight": weight}}
    return evidence


def test_the_same_topic_changes_nothing() -> None:
    changes = compare([text(SHELLS), text(TALKS), text("Rain")], topic(), topic(), 0.0)
    assert (changes["items"], changes["matched_before"], changes["matched_after"]) == (3, 1, 1)
    assert [changes["begin"], changes["cease"], changes["near_begin"], changes["near_cease"], changes["moved"]] == [
        []
    ] * 5


def test_an_item_that_ceases_to_match_tells_the_evidence() -> None:
    changes = compare([text(SHELLS, "on", "i1")], topic(), topic(evidence=with_weight("arms", 0.5)), 0.1)
    (gone,) = changes["cease"]
    assert (gone.id, gone.label) == ("i1", "on")
    assert (gone.before, gone.after) == pytest.approx((0.8808, 0.3775))
    (reason,) = gone.why
    assert (reason.says, reason.before, reason.after) == ("Shells go from one to the other", 3, 0.5)
    assert "shells" in reason.words
    assert (changes["right"], changes["wrong"]) == (0, 1)


def test_an_item_that_begins_to_match_tells_a_new_word() -> None:
    concepts = {**BASIC["concepts"], "shells": {"says": "shells", "terms": {"en": ["talk"]}}}
    changes = compare([text(TALKS, "on")], topic(), topic(concepts=concepts), 0.1)
    (new,) = changes["begin"]
    assert [(each.before, each.after) for each in new.why] == [(0, 3)]
    assert "talk" in new.why[0].words
    assert (changes["right"], changes["wrong"]) == (1, 0)


def test_what_is_required_is_told_first() -> None:
    concepts = {**BASIC["concepts"], "russia": {"says": "Russia", "terms": {"en": ["moscow"]}}}
    there, gone = topic(), topic(concepts=concepts)
    ceased = compare([text(SHELLS)], there, gone, 0.1)["cease"][0]
    assert ceased.why[0].says == "now missing, and required: Both sides are named"
    assert ceased.after == 0
    assert compare([text(SHELLS)], gone, there, 0.1)["begin"][0].why[0].says.startswith("now there, and required: Both")


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"bias": -5.5}, "the bias"), ({"threshold": 0.95}, "the threshold")],
)
def test_a_changed_setting_is_a_reason(changes: dict[str, float], says: str) -> None:
    (gone,) = compare([text(SHELLS)], topic(), topic(**changes), 0.1)["cease"]
    assert [each.says for each in gone.why] == [says]


def test_near_misses_that_come_and_go_are_told_apart_from_matches() -> None:
    near, not_near = topic(near_miss=0.1), topic(near_miss=0.4)
    begin = compare([text(TALKS)], not_near, near, 0.1)
    assert [change.id for change in begin["near_begin"]] == [TALKS]
    assert [each.says for each in begin["near_begin"][0].why] == ["the near-miss limit"]
    assert [change.id for change in compare([text(TALKS)], near, not_near, 0.1)["near_cease"]] == [TALKS]


def test_scores_that_move_are_told_from_a_distance_on() -> None:
    stronger = topic(evidence=with_weight("arms", 6))
    assert [each.id for each in compare([text(SHELLS)], topic(), stronger, 0.05)["moved"]] == [SHELLS]
    assert compare([text(SHELLS)], topic(), stronger, 0.5)["moved"] == []


@given(
    st.lists(st.sampled_from([SHELLS, TALKS, RAIL, "Rain", f"{SHELLS} by railway"]), max_size=12),
    st.floats(-6, 3),
    st.sampled_from([0.1, 0.3, 0.5]),
)
def test_turned_round_what_begins_ceases(titles: list[str], bias: float, near: float) -> None:
    texts = [text(title, name=str(number)) for number, title in enumerate(titles)]
    there, back = (
        compare(texts, one, other, 0.1)
        for one, other in itertools.permutations((topic(near_miss=0.2), topic(bias=bias, near_miss=near)))
    )
    pairs = [("begin", "cease"), ("near_begin", "near_cease"), ("moved", "moved")]
    for begins, ceases in (*pairs, *(pair[::-1] for pair in pairs)):
        one, other = there[begins], back[ceases]  # type: ignore[literal-required]
        assert {(each.id, each.before, each.after) for each in one} == {
            (each.id, each.after, each.before) for each in other
        }
    assert there["matched_after"] == back["matched_before"]
    assert there["matched_after"] - there["matched_before"] == len(there["begin"]) - len(there["cease"])


def test_many_items_are_read_as_they_come_and_the_greatest_change_goes_first() -> None:
    def texts() -> Iterator[Text]:
        for number in range(1200):
            yield text(SHELLS if number % 3 else f"{SHELLS} by railway", name=f"{number:04}")

    changes = compare(texts(), topic(), topic(bias=9), 0.01)
    assert changes["items"] == changes["matched_after"] == 1200
    assert changes["matched_before"] == len(changes["moved"]) == 800
    assert len(changes["begin"]) == 400
    assert [each.id for each in changes["begin"][:2]] == ["0000", "0003"]
