"""Mistakes in topic files: all of them, each at its key."""

from __future__ import annotations

from typing import Any

import pytest

from processors.check import mistakes
from tests.processors.making import BASIC, topic_file

CONCEPTS = BASIC["concepts"]
EVIDENCE = BASIC["evidence"]


def _evidence(when: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"evidence": {**EVIDENCE, "new": {"says": "new", "when": when, **more}, "below": EVIDENCE["link"]}}


def _concept(**concept: Any) -> dict[str, Any]:
    return {"concepts": {**CONCEPTS, "new": {"says": "new", **concept}}}


FLAWS: list[tuple[dict[str, Any], str, str, str]] = [
    (_concept(terms={"en": ["ok", "..."]}), "concepts.new.terms.en[1]", "...", "letter"),
    (_concept(terms={"en": ["ok"]}, unless={"ru": ["*"]}), "concepts.new.unless.ru[0]", "*", "letter"),
    (_concept(terms={"en": ["missiles?"]}), "concepts.new.terms.en[0]", "missiles?", "not a regular expression"),
    (_concept(terms={"en": ["(gun|guns)"]}), "concepts.new.terms.en[0]", "(gun|guns)", "not a regular expression"),
    (_concept(terms={"en": ["gun.*"]}), "concepts.new.terms.en[0]", "gun.*", "not a regular expression"),
    (_concept(terms={"en": ["ok", "colou?r"]}), "concepts.new.terms.en[1]", "colou?r", "not a regular expression"),
    (_concept(terms={"en": ["^gun"]}), "concepts.new.terms.en[0]", "^gun", "not a regular expression"),
    (_concept(terms={"en": ["gun$"]}), "concepts.new.terms.en[0]", "gun$", "not a regular expression"),
    (_concept(terms={"en": ["gun[sz]"]}), "concepts.new.terms.en[0]", "gun[sz]", "not a regular expression"),
    (_concept(terms={"en": [r"\bgun"]}), "concepts.new.terms.en[0]", r"\bgun", "not a regular expression"),
    (_concept(terms={"en": ["a{2}"]}), "concepts.new.terms.en[0]", "a{2}", "not a regular expression"),
    (_concept(terms={"en": ["k*"]}), "concepts.new.terms.en[0]", "k*", "two letters beside a star"),
    (_concept(terms={"en": ["=N*K"]}), "concepts.new.terms.en[0]", "=N*K", "either = or *"),
    (_concept(terms={"en": ["gun"]}, unless={"de": ["gun"]}), "concepts.new.terms.en[0]", "gun", "unless.de"),
    (_concept(any_of=["nort"]), "concepts.new.any_of[0]", "nort", "did you mean north?"),
    (_concept(any_of=["north", "nobody"]), "concepts.new.any_of[1]", "nobody", "name of a concept"),
    (_concept(any_of=["new"]), "concepts.new.any_of[0]", "new", "lead back"),
    (_concept(terms={"en": []}), "concepts.new", "", "terms, or other concepts"),
    (_evidence({"all": ["nobody"]}), "evidence.new.when.all[0]", "nobody", "name of a concept or of evidence"),
    (_evidence({"any": ["north", "below"]}), "evidence.new.when.any[1]", "below", "listed above"),
    (_evidence({"none": ["new"]}), "evidence.new.when.none[0]", "new", "listed above"),
    (_evidence({"all": [{"any": ["nobody"]}]}), "evidence.new.when.all[0].any[0]", "nobody", "name of a concept"),
    (_evidence({"all": ["north", {}]}), "evidence.new.when.all[1]", "", "at least one name"),
    (_evidence({"all": ["north"], "near": 3}), "evidence.new.when.near", "3", "two names"),
    (_evidence({"all": ["north"], "none": ["north"]}), "evidence.new.when.all[0]", "north", "can never hold"),
    (_evidence({"all": ["north"], "none": ["sides"]}), "evidence.new.when.all[0]", "north", "can never hold"),
    (_evidence({"all": ["link"], "none": ["link"]}), "evidence.new.when.all[0]", "link", "can never hold"),
    (_evidence({"any": ["north", "russia"], "none": ["sides"]}), "evidence.new.when.any", "", "can never hold"),
    (_evidence({"any": ["shell"]}), "evidence.new.when.any[0]", "shell", "did you mean shells?"),
    (_evidence({"all": ["north"]}, facet="talk"), "evidence.new.facet", "talk", "did you mean talks?"),
    ({"bias": -6}, "threshold", "0.5", "bias and all weights above 0 make -1, and it takes 0.00"),
    (_evidence({"all": ["north"]}, facet="nothing"), "evidence.new.facet", "nothing", "one of the facets"),
    ({"evidence": {**EVIDENCE, "north": EVIDENCE["link"]}}, "evidence.north", "", "no concept has"),
    ({"requires": ["link", "north"]}, "requires[1]", "north", "piece of evidence"),
    ({"near_miss": 0.6}, "near_miss", "0.6", "at most the threshold"),
]


@pytest.mark.parametrize(("change", "key", "value", "wanted"), FLAWS, ids=[flaw[1] for flaw in FLAWS])
def test_a_mistake_is_told_with_its_key(change: dict[str, Any], key: str, value: str, wanted: str) -> None:
    (mistake,) = mistakes(topic_file(**change), "t.yaml", len)
    assert (mistake.file, mistake.line, mistake.key, mistake.value) == ("t.yaml", len(key), key, value)
    assert wanted in mistake.wanted


@pytest.mark.parametrize("term", ["C++", "AT&T", "S-400 (Triumf)", "$", "what next", "U.S.", "俄*", "*镓*"])
def test_terms_with_signs_in_them_are_no_regular_expressions(term: str) -> None:
    found = mistakes(topic_file(**_concept(terms={"en": ["ok", term]})))
    assert [each.value for each in found] == (["$"] if term == "$" else [])  # nothing is left of that one


def test_a_rule_that_asks_for_one_of_several_may_rule_some_of_them_out() -> None:
    assert mistakes(topic_file(**_evidence({"any": ["north", "shells"], "none": ["sides"]}))) == []


def test_a_topic_without_mistakes_has_none() -> None:
    assert mistakes(topic_file()) == []


def test_all_mistakes_are_told_at_once_and_a_ring_of_concepts_is_one() -> None:
    ring = {"one": {"says": "1", "any_of": ["two"]}, "two": {"says": "2", "any_of": ["one"]}}
    found = mistakes(topic_file(concepts={**CONCEPTS, **ring}, requires=["nobody"], near_miss=0.9))
    assert [mistake.key for mistake in found] == [
        "concepts.one.any_of[0]", "concepts.two.any_of[0]", "requires[0]", "near_miss",
    ]  # fmt: skip
