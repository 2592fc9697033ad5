"""Topics together: compiling with their examples, and finding through the gate exactly what each would judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.loader import load
from core.errors import ConfigError
from processors.gate import clauses
from processors.topic import CompiledTopics, TopicRefused, compile_topic, compile_topics
from tests.processors.making import topic, topic_file

GOOD = {"title": "North Korea ships shells to Russia"}
CIVIL = {"title": "North Korea and Russia open a railway"}


def test_a_topic_whose_examples_hold_is_compiled() -> None:
    compiled = compile_topic(topic_file(must_match=[GOOD], must_not_match=[CIVIL]), "hash")
    assert (compiled.id, compiled.hash) == ("arms", "hash")


def test_a_topic_whose_examples_fail_is_refused_with_each_of_them_named() -> None:
    wrong = topic_file(must_match=[GOOD, CIVIL, {"title": "Nothing"}], must_not_match=[GOOD])
    with pytest.raises(TopicRefused) as refused:
        compile_topic(wrong, "hash", file="arms.yaml", line_of=lambda _key: 7)
    assert [(mistake.line, mistake.key, mistake.value) for mistake in refused.value.mistakes] == [
        (7, "must_match[1]", CIVIL["title"]), (7, "must_match[2]", "Nothing"), (7, "must_not_match[0]", GOOD["title"]),
    ]  # fmt: skip
    assert "civil matter (-4)" in str(refused.value)
    assert "no evidence" in str(refused.value)


def test_a_topic_with_mistakes_is_not_held_to_its_examples() -> None:
    with pytest.raises(ConfigError) as error:
        compile_topic(topic_file(requires=["nobody"], must_match=[CIVIL]), "hash")
    assert [mistake.key for mistake in error.value.mistakes] == ["requires[0]"]


SMALL = """\
topic: {name}
name: A topic
concepts:
  kim: {{says: Kim, terms: {{en: [{term}]}}}}
evidence:
  it:
    says: It is named
    when: {{all: [kim]}}
    weight: 4
must_match:
  - title: Kim speaks
bias: -2
"""


def configured(directory: Path, **terms: str) -> Any:
    (directory / "topics").mkdir()
    (directory / "feeds.yaml").write_text("feeds: [{url: https://outlet.example/rss}]\n")
    for name, term in terms.items():
        (directory / "topics" / f"{name}.yaml").write_text(SMALL.format(name=name, term=term))
    return load(directory, {}).topics


def test_topics_as_the_loader_read_them_are_compiled(tmp_path: Path) -> None:
    compiled = compile_topics(configured(tmp_path, one="kim", two="speak*"))
    assert sorted(compiled.by_id) == ["one", "two"]
    assert [(found.number, found.topic.id) for found in compiled.find([("Kim speaks", "")])] == [(0, "one"), (0, "two")]
    assert all(len(each.hash) == 16 for each in compiled.topics)


def test_mistakes_of_all_topics_are_told_with_their_lines(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        compile_topics(configured(tmp_path, one='"..."', two="speak", three='"*"'))
    assert {(each.file, each.line, each.key) for each in error.value.mistakes} == {
        ("topics/one.yaml", 4, "concepts.kim.terms.en[0]"),
        ("topics/three.yaml", 4, "concepts.kim.terms.en[0]"),
        ("topics/two.yaml", 11, "must_match[0]"),
    }
    assert not isinstance(error.value, TopicRefused)


def test_failing_examples_of_all_topics_are_told(tmp_path: Path) -> None:
    with pytest.raises(TopicRefused) as refused:
        compile_topics(configured(tmp_path, one="speak", two="talk", three="kim"))
    assert [mistake.file for mistake in refused.value.mistakes] == ["topics/one.yaml", "topics/two.yaml"]


def test_without_topics_or_texts_nothing_is_found() -> None:
    assert list(CompiledTopics([]).find([("Kim", "")])) == []
    assert list(CompiledTopics([topic()]).find([])) == []


@pytest.mark.parametrize(
    ("when", "literals"),
    [
        (
            {"all": ["north", "civil"]},
            [{" railway ", " tourism "}, {" north korea", " pyongyang ", " nk ", "북한", " 북 "}],
        ),
        ({"any": ["shells", "civil"]}, [{" shell", " artillery ", " railway ", " tourism "}]),
        ({"all": ["civil"], "any": ["sides", {"none": ["north"]}]}, [{" railway ", " tourism "}]),
        ({"none": ["civil"]}, []),
        ({"all": ["civil", {"any": ["civil", "shells"]}]}, [{" railway ", " tourism "}]),
    ],
)
def test_the_gate_asks_for_what_the_required_evidence_cannot_do_without(
    when: dict[str, Any], literals: list[set[str]]
) -> None:
    file = topic_file(evidence={"it": {"says": "it", "when": when, "weight": 1}}, requires=["it"])
    assert [set(clause) for clause in clauses(file)] == literals


WORDS = st.sampled_from([
    "Pyongyang", "NK", "nk", "Moscow", "Россия", "shells", "railway", "Paris", "북한", "북", ". ", "ﬁ", "\u0306", "\x02", "speaks",
])  # fmt: skip
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)
NO_REQUIREMENT = topic(topic="free", requires=[], bias=-2.5)
MANY = [
    topic(),
    topic(
        topic="past",
        evidence={"it": {"says": "it", "when": {"all": ["north"], "where": "text"}, "weight": 5}},
        requires=["it"],
    ),
    topic(
        topic="four",
        evidence={"it": {"says": "it", "when": {"all": ["shells", {"any": ["north", "russia"]}]}, "weight": 5}},
        requires=["it"],
    ),
]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.booleans())
def test_through_the_gate_comes_all_that_any_topic_matches_or_nearly(texts: list[tuple[str, str]], free: bool) -> None:
    topics = CompiledTopics([*MANY, NO_REQUIREMENT] if free else MANY)
    found = [(one.number, one.topic.id, one.explanation) for one in topics.find(texts)]
    expected = [
        (number, each.id, explanation)
        for number, (title, summary) in enumerate(texts)
        for each in topics.topics
        if (explanation := each.explain(title, summary)).matched or explanation.near_miss
    ]
    assert found == expected


def test_a_long_summary_is_judged_by_its_window_as_a_short_one() -> None:
    long = "North Korea sends shells to Russia. " + "And so on. " * 300
    late = "And so on. " * 300 + "North Korea sends shells to Russia."
    topics = CompiledTopics([topic()])
    assert [found.number for found in topics.find([("", long), ("", late)])] == [0]
