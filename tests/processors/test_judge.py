"""What a topic makes of a text: conditions, where and near, score, evidence, and what was missing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from processors.judge import CompiledTopic, sigmoid
from processors.scene import read
from tests.processors.making import topic, topic_file


def judged(when: dict[str, Any], **changes: Any) -> CompiledTopic:
    """A topic that matches exactly when the condition holds."""
    return topic(evidence={"it": {"says": "it", "when": when, "weight": 6}}, requires=["it"], **changes)


NEAR = {"all": ["north", "shells"], "near": "sentence"}
WORDS = {"all": ["north", "shells"], "near": 3}
CONDITIONS = [
    ({"all": ["north", "russia"]}, "Pyongyang, Moscow", "", True),
    ({"all": ["north", "russia"]}, "Pyongyang", "", False),
    ({"any": ["north", "russia"]}, "Moscow", "", True),
    ({"any": ["north", "russia"]}, "Paris", "", False),
    ({"all": ["north"], "any": ["russia", "shells"]}, "Pyongyang shells", "", True),
    ({"all": ["north"], "any": ["russia", "shells"]}, "Pyongyang", "", False),
    ({"all": ["north"], "none": ["civil"]}, "Pyongyang", "", True),
    ({"all": ["north"], "none": ["civil"]}, "Pyongyang railway", "", False),
    ({"none": ["civil"]}, "Paris", "", True),
    ({"all": ["sides"]}, "Россия", "", True),
    ({"all": ["north"], "where": "title"}, "Paris", "Pyongyang.", False),
    ({"all": ["north"], "where": "title"}, "Pyongyang", "", True),
    ({"all": ["north"]}, "Paris", "One. Two. Pyongyang. Four.", True),
    ({"all": ["north"]}, "Paris", "One. Two. Three. Pyongyang.", False),
    ({"all": ["north"], "where": "text"}, "Paris", "One. Two. Three. Pyongyang.", True),
    ({"all": [{"any": ["north"]}], "where": "title"}, "Paris", "Pyongyang.", False),
    ({"all": [{"any": ["north"], "where": "window"}], "where": "title"}, "Paris", "Pyongyang.", True),
    (NEAR, "Pyongyang shells", "", True),
    (NEAR, "Pyongyang", "Shells.", False),
    (NEAR, "Pyongyang", "Shells. Paris. Shells for Pyongyang.", True),
    ({"all": ["north", {"none": ["civil"]}, "shells"], "near": "sentence"}, "Pyongyang", "Shells.", False),
    ({"all": ["north", {"none": ["civil"]}], "near": "sentence"}, "Pyongyang", "", True),
    (WORDS, "Pyongyang sends big shells", "", True),
    (WORDS, "Pyongyang sends very big shells", "", False),
    (WORDS, "Shells from nice Pyongyang", "", True),
    (WORDS, "Pyongyang", "Shells.", False),
    (WORDS, "", "Pyongyang here, far far away from it Pyongyang shells", True),
    ({"all": ["north", "shells"], "near": 2}, "북한이 러시아에 shells", "", True),
    ({"all": ["north", "shells"], "near": 1}, "북한이 러시아에 shells", "", False),
    ({"all": ["north", "shells"], "near": 4}, "Pyongyang 向俄国 shells", "", True),
    ({"all": ["north", "shells"], "near": 4}, "Pyongyang 向俄国军队 shells", "", False),
]


@pytest.mark.parametrize(("when", "title", "summary", "holds"), CONDITIONS)
def test_a_condition_holds_as_it_says(when: dict[str, Any], title: str, summary: str, holds: bool) -> None:
    assert judged(when).explain(title, summary).matched == holds


def test_the_window_is_as_long_as_the_topic_says() -> None:
    assert not judged({"all": ["north"]}, window_sentences=1).explain("", "One. Pyongyang.").matched
    assert judged({"all": ["north"]}, window_sentences=2).explain("", "One. Pyongyang.").matched


def test_only_the_hits_near_each_other_are_shown() -> None:
    found = judged(NEAR).explain("Pyongyang", "Shells for Pyongyang. North Korea.")
    assert [(span.field, span.text) for span in found.evidence[0].spans] == [
        ("summary", "Shells"), ("summary", "Pyongyang"),
    ]  # fmt: skip


def test_evidence_has_its_words_weights_and_facets_in_the_order_of_the_file() -> None:
    found = topic().explain("North Korean shells for Russia")
    assert found.matched
    assert not found.near_miss
    assert (found.facets, found.missing) == (("munitions",), ())
    assert [(each.name, each.weight, each.facet) for each in found.evidence] == [
        ("link", 2.0, ""), ("arms", 3.0, "munitions"),
    ]  # fmt: skip
    assert [(span.text, span.concept) for span in found.evidence[1].spans] == [
        ("North Korean", "north"), ("shells", "shells"), ("Russia", "russia"),
    ]  # fmt: skip
    assert found.score == pytest.approx(1 / (1 + math.exp(-2)))


def test_of_overlapping_hits_the_longest_is_shown() -> None:
    concept = {"it": {"says": "it", "terms": {"en": ["kim", "kim jong un", "un vote"]}}}
    one = topic(concepts=concept, evidence={"it": {"says": "it", "when": {"all": ["it"]}, "weight": 1}}, requires=[])
    assert [span.text for span in one.explain("Kim Jong Un vote").evidence[0].spans] == ["Kim Jong Un"]
    longer = {"it": {"says": "it", "terms": {"en": ["a b", "b c d e"]}}}
    two = topic(concepts=longer, evidence={"it": {"says": "it", "when": {"all": ["it"]}, "weight": 1}}, requires=[])
    assert [span.text for span in two.explain("a b c d e").evidence[0].spans] == ["b c d e"]


def test_what_is_required_and_absent_scores_nothing_and_is_named() -> None:
    found = topic(bias=9).explain("North Korean shells")
    assert (found.score, found.matched, found.near_miss, found.missing) == (
        0.0,
        False,
        False,
        ("Both sides are named",),
    )


def test_a_near_miss_tells_what_would_have_carried_it_over() -> None:
    found = topic().explain("North Korea and Russia")
    assert (found.near_miss, found.missing) == (True, ("Shells go from one to the other",))


def test_where_no_single_evidence_is_enough_the_fewest_together_are_named() -> None:
    evidence = {
        name: {"says": f"it is {name}", "when": {"all": [name]}, "weight": weight}
        for name, weight in (("e_north", 1), ("e_russia", 2), ("e_shells", 3))
        for name, weight in ((name, weight),)
    }
    for name, rule in evidence.items():
        rule["when"] = {"all": [name.removeprefix("e_")]}
    some = topic(evidence=evidence, requires=[], bias=-4)
    assert some.explain("Paris").missing == ("it is e_shells", "it is e_russia")
    assert topic(evidence=evidence, requires=[], bias=-9).explain("Paris").missing == ()


def test_evidence_against_counts_only_in_its_place() -> None:
    shells = "Shells from North Korea to Russia by railway"
    assert not topic().explain(shells).matched
    assert topic().explain("Deliveries", shells).matched


def test_a_helper_without_weight_or_facet_is_not_shown() -> None:
    evidence = {
        "helper": {"says": "helper", "when": {"all": ["north"]}},
        "shown": {"says": "shown", "when": {"all": ["helper"]}, "weight": 1},
        "facet": {"says": "facet", "when": {"all": ["north"]}, "facet": "talks"},
    }
    found = topic(evidence=evidence, requires=[]).explain("Pyongyang")
    assert [each.name for each in found.evidence] == ["shown", "facet"]
    assert found.facets == ("talks",)


def test_a_concept_made_of_others_is_shown_by_the_inner_name_and_has_lookalikes_of_its_own() -> None:
    concepts = {
        "north": {"says": "n", "terms": {"en": ["korea*"]}},
        "any_korea": {"says": "k", "any_of": ["north"], "unless": {"en": ["korea town"]}},
    }
    evidence = {"it": {"says": "it", "when": {"all": ["any_korea"]}, "weight": 6}}
    one = topic(concepts=concepts, evidence=evidence, requires=["it"])
    assert one.explain("Korea").evidence[0].spans[0].concept == "north"
    assert not one.explain("Korea Town").matched


def test_a_term_may_belong_to_several_concepts_and_stand_twice_in_one() -> None:
    concepts = {
        "one": {"says": "1", "terms": {"en": ["kim"], "fr": ["Kim"]}},
        "two": {"says": "2", "terms": {"en": ["kim"]}},
    }
    evidence = {"it": {"says": "it", "when": {"all": ["one", "two"]}, "weight": 6}}
    assert topic(concepts=concepts, evidence=evidence, requires=["it"]).explain("Kim").matched


def test_whether_a_topic_reads_past_the_window_shows_in_its_conditions() -> None:
    assert not CompiledTopic(topic_file(), "x").reads_all
    assert judged({"all": ["north", {"any": ["russia"], "where": "text"}]}).reads_all


def test_the_sigmoid_stands_at_either_end() -> None:
    assert (sigmoid(-800), sigmoid(0), sigmoid(800)) == (0.0, 0.5, 1.0)


def test_judging_ends_where_something_required_is_missing_and_explaining_does_not() -> None:
    when = {"all": ["north"]}
    other = {"says": "shells", "when": {"all": ["shells"]}, "weight": 1}
    found = topic(evidence={"it": {"says": "it", "when": when, "weight": 6}, "other": other}, requires=["it"])
    lacking, whole = found.judge(read("shells", "")), found.explain("shells")
    assert (lacking.score, lacking.near_miss, lacking.evidence) == (0, False, ())
    assert (whole.score, [each.name for each in whole.evidence]) == (0, ["other"])
    assert found.judge(read("Pyongyang shells", "")) == found.explain("Pyongyang shells")
