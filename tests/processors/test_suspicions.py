"""What looks wrong in a topic file: told with its key, and never in the way of loading."""

from __future__ import annotations

from typing import Any

import pytest

from processors.suspicions import suspicions
from processors.topic import compile_topic
from tests.processors.making import BASIC, topic_file

CONCEPTS = BASIC["concepts"]
EVIDENCE = BASIC["evidence"]
# The basic topic, made so that nothing is odd about it.
SOUND: dict[str, Any] = {
    "facets": {"munitions": "Munitions"},
    "must_match": [{"title": "Moscow gets shells from Pyongyang"}],
    "must_not_match": [{"title": "Moscow and Pyongyang talk of a railway"}],
    "concepts": {name: concept for name, concept in CONCEPTS.items() if name != "sides"},
}


def _terms(*terms: str, unless: tuple[str, ...] = (), language: str = "en") -> dict[str, Any]:
    shells = {"says": "shells", "terms": {language: ["shell*", *terms]}, "unless": {language: list(unless)}}
    return {"concepts": {**SOUND["concepts"], "shells": shells}}


def _rule(when: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"evidence": {**EVIDENCE, "new": {"says": "new", "when": when, "weight": 1, **more}}}


TERM = "concepts.shells.terms.en[1]"
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("a Cyrillic letter in a Latin word", _terms("mis\u0441ile"), TERM, "с is Cyrillic"),
    ("a Latin letter in a Cyrillic word", _terms("p\u0430\u043a\u0435\u0442\u0430"), TERM, "p is Latin"),
    ("a Greek letter in a Latin word", _terms("rock\u03b5t"), TERM, "ε is Greek"),
    ("a mixed word in a lookalike", _terms(unless=("k\u0430n",)), "concepts.shells.unless.en[0]", "is Cyrillic"),
    ("one letter", _terms("k"), TERM, "a longer term"),
    ("a stem of two letters", _terms("ro*"), TERM, "a longer term"),
    ("the same term twice", _terms("gun", "gun"), "concepts.shells.terms.en[2]", "`gun` beside it"),
    ("the same term, written otherwise", _terms("KN-23", "kn 23"), "concepts.shells.terms.en[2]", "`KN-23` beside it"),
    ("a word whose stem is there", _terms("shelling"), TERM, "`shell*` beside it"),
    ("a lookalike of the same extent", _terms("gun", unless=("gun*",)), TERM, "a longer one of `unless`"),
    ("a concept that nothing uses", {"concepts": CONCEPTS}, "concepts.sides", "no evidence names"),
    ("evidence that does nothing", _rule({"all": ["north"]}, weight=0), "evidence.new", "it does nothing"),
    ("a facet that nothing shows", {"facets": BASIC["facets"]}, "facets.talks", "none does"),
    (
        "evidence against that shows a facet",
        _rule({"all": ["north"]}, weight=-1, facet="munitions"),
        "evidence.new.weight",
        "no facet",
    ),
    (
        "something required that speaks against",
        {**_rule({"all": ["north"]}, weight=-1), "requires": ["link", "new"]},
        "evidence.new.weight",
        "what is required",
    ),
    ("an absence that speaks for it", _rule({"none": ["north"]}), "evidence.new.weight", "only absences"),
    ("a bias that is enough", {"bias": 0, "requires": []}, "bias", "without any evidence"),
    ("no example that must match", {"must_match": []}, "must_match", "some examples"),
    ("no example that must not match", {"must_not_match": []}, "must_not_match", "some examples"),
    (
        "a term of a concept that is asked for and of one that is ruled out",
        {
            "concepts": {**SOUND["concepts"], "guns": {"says": "guns", "terms": {"en": ["artillery", "guns"]}}},
            **_rule({"all": ["shells"], "none": ["guns"]}),
        },
        "evidence.new.when.all[0]",
        "artillery",
    ),
    (
        "the same deeper down",
        {
            "concepts": {**SOUND["concepts"], "guns": {"says": "guns", "terms": {"en": ["artillery", "guns"]}}},
            **_rule({"all": ["north"], "none": [{"any": ["shells"], "none": ["guns"]}]}),
        },
        "evidence.new.when.none[0].any[0]",
        "artillery",
    ),
]


@pytest.mark.parametrize(("change", "key", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_looks_wrong_is_told_with_its_key(change: dict[str, Any], key: str, wanted: str) -> None:
    (odd,) = suspicions(topic_file(**{**SOUND, **change}), "t.yaml", len)
    assert (odd.file, odd.line, odd.key) == ("t.yaml", len(key), key)
    assert wanted in odd.wanted


@pytest.mark.parametrize(
    "terms",
    [
        ("=NK", "북", "俄*"),  # short, and meant so: in capitals, or of a script whose signs are words
        ("shell company",),  # longer than a term beside it: more is shown of the text
        ("М1989", "m1989"),  # one in each alphabet
        ("каска", "ракета"),
    ],
)
def test_terms_as_analysts_write_them_are_not_odd(terms: tuple[str, ...]) -> None:
    assert suspicions(topic_file(**{**SOUND, **_terms(*terms)})) == []


def test_of_many_terms_that_add_nothing_the_first_is_told_and_the_rest_counted() -> None:
    (odd,) = suspicions(topic_file(**{**SOUND, **_terms("shelling", "shelled", "shells")}))
    assert (odd.key, odd.value) == (TERM, "shelling")
    assert "so with 2 more" in odd.wanted


def test_a_topic_that_looks_wrong_is_used_all_the_same() -> None:
    topic = topic_file(**{**SOUND, **_terms("k", "k", "mis\u0441ile")})
    assert len(suspicions(topic)) == 4
    assert compile_topic(topic, "hash").explain("Moscow gets shells from Pyongyang").matched


def test_a_topic_that_is_refused_has_no_suspicions() -> None:
    assert suspicions(topic_file(**{**SOUND, **_terms("k"), "requires": ["nobody"]})) == []
