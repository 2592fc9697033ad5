"""The shipped topic judges the demo's entries as the script says."""

from __future__ import annotations

import pytest

from armswatch.demo.feeds import Cue, load
from config.loader import load as load_config
from config.places import packaged
from processors.topic import CompiledTopic, compile_loaded

SCRIPT = load()
VERDICTS = {"on_topic": "match", "edit": "match", "reprint": "match", "near_miss": "near miss", "off_topic": "nothing"}


@pytest.fixture(scope="module")
def topic() -> CompiledTopic:
    [shipped] = [each for each in load_config(packaged(), {}).topics if each.file.topic == "russia-dprk-arms"]
    return compile_loaded(shipped)


def verdict(topic: CompiledTopic, title: str, summary: str) -> str:
    judged = topic.explain(title, summary)
    return "match" if judged.matched else "near miss" if judged.near_miss else "nothing"


@pytest.mark.parametrize("cue", SCRIPT.cues, ids=lambda cue: cue.key)
def test_an_entry_is_judged_as_its_purpose_says(topic: CompiledTopic, cue: Cue) -> None:
    assert verdict(topic, cue.title, cue.summary) == VERDICTS[cue.purpose]


def test_one_backlog_entry_is_on_topic_and_old_enough_to_alert_no_one(topic: CompiledTopic) -> None:
    entries = [entry for outlet in SCRIPT.outlets for entry in outlet.backlog]
    judged = {entry.key: verdict(topic, entry.title, entry.summary) for entry in entries}

    [matched] = [entry for entry in entries if judged[entry.key] != "nothing"]
    assert (matched.key, judged[matched.key]) == ("sample-institute-3", "match")
    assert matched.published_s < -2 * 86400
