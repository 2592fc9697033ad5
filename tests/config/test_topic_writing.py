"""What is written reads back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import places
from config.loader import load
from config.topic import TopicFile
from config.topic_writing import write_topic
from config.yaml_nodes import read
from tests.config.tree import FEEDS, write

SMALL: dict[str, Any] = {
    "topic": "arms",
    "name": "Arms",
    "concepts": {"north": {"says": "the north", "terms": {"en": ["north*", "=NK", "no", "12 mm"], "ko": ["북"]}}},
    "evidence": {"named": {"says": "names: the north", "when": {"all": ["north"], "where": "title"}, "weight": 2.5}},
    "must_match": [{"title": "The North", "summary": "North.\nAgain."}],
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: text.strip() == text
)


def back(text: str) -> TopicFile:
    document = read(text, "t.yaml")
    assert document.mistakes == ()
    return TopicFile.model_validate(document.data, strict=True)


def test_a_topic_with_comments_is_written_for_people() -> None:
    notes = {("concepts", "north", "terms", "en", 0): "3\ntimes", ("concepts", "north"): "a side"}
    assert write_topic(TopicFile.model_validate(SMALL), notes, "A topic.\n\nRead it.") == (
        """\
# A topic.
#
# Read it.
topic: arms
name: Arms
concepts:
  north:  # a side
    says: the north
    terms:
      en:
        - north*  # 3 times
        - "=NK"
        - "no"
        - "12 mm"
      ko: [북]
evidence:
  named:
    says: "names: the north"
    when:
      all: [north]
      where: title
    weight: 2.5
must_match:
  - title: The North
    summary: "North.\\nAgain."
"""
    )


def test_the_shipped_topics_survive() -> None:
    for topic in load(places.packaged(), {}).topics:
        assert back(write_topic(topic.file, {})) == topic.file


@given(says=TEXT, term=TEXT, title=TEXT, summary=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_survives(says: str, term: str, title: str, summary: str) -> None:
    data = SMALL | {
        "name": title,
        "concepts": {"north": {"says": says, "terms": {"en": [term, term]}}},
        "must_match": [{"title": title, "summary": summary}],
    }
    topic = TopicFile.model_validate(data)
    assert back(write_topic(topic, {("concepts", "north", "terms", "en", 0): summary})) == topic


@pytest.mark.parametrize(
    "word", ["true", "null", "~", "1.5", "0x1F", "2026-03-01", "yes", "- x", "a: b", "a #b", "[a]"]
)
def test_what_looks_like_something_else_is_quoted(word: str) -> None:
    topic = TopicFile.model_validate(SMALL | {"name": word, "facets": {"x": word}})
    text = write_topic(topic, {})
    assert back(text) == topic
    assert f'name: "{word}"' in text


@pytest.mark.parametrize("weight", [0.5, 1.0, -1.25, 2.123456789, 1e-7])
def test_weights_survive(weight: float) -> None:
    rule = SMALL["evidence"]["named"] | {"weight": weight}
    topic = TopicFile.model_validate(SMALL | {"evidence": {"named": rule}})
    assert back(write_topic(topic, {})) == topic


def test_a_written_topic_is_loaded(tmp_path: Path) -> None:
    topic = TopicFile.model_validate(SMALL)
    write(tmp_path, {"feeds.yaml": FEEDS, "topics/arms.yaml": write_topic(topic, {}, "x")})
    (loaded,) = load(tmp_path, {}).topics
    assert loaded.file == topic
