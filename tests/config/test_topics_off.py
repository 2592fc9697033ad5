"""Topics that are not enabled: kept and read, and never used unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import places
from config.loader import load
from config.reload import reload
from core.errors import ConfigError
from tests.config.tree import GOOD, TOPIC, write

OFF = TOPIC.replace("arms", "chips").replace("name: Arms", "name: Chips\nenabled: false")


def test_a_topic_that_is_not_enabled_is_read_and_not_used(tmp_path: Path) -> None:
    config = load(write(tmp_path, {**GOOD, "topics/chips.yaml": OFF}), {})
    assert [topic.file.topic for topic in config.topics] == ["arms"]
    assert [topic.file.topic for topic in config.topics_off] == ["chips"]


def test_a_mistake_in_it_is_told_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(tmp_path, {**GOOD, "topics/chips.yaml": OFF.replace("concepts:", "concept:")}), {})
    assert {mistake.file for mistake in told.value.mistakes} == {"topics/chips.yaml"}


def test_one_topic_at_least_is_enabled(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="topics: at least one topic that is enabled"):
        load(write(tmp_path, {**GOOD, "topics/arms.yaml": TOPIC + "enabled: false\n"}), {})


def test_switching_one_on_while_the_service_runs_adds_it(tmp_path: Path) -> None:
    config = load(write(tmp_path, {**GOOD, "topics/chips.yaml": OFF}), {})
    write(tmp_path, {"topics/chips.yaml": OFF.replace("false", "true")})
    assert reload(config, tmp_path, {}).changed == ("topics added: chips",)


def test_of_the_topics_that_come_with_the_program_one_is_enabled(tmp_path: Path) -> None:
    places.init(tmp_path)
    config = load(tmp_path, {})
    assert [topic.file.topic for topic in config.topics] == ["russia-dprk-arms"]
    assert [topic.file.topic for topic in config.topics_off] == ["chip-export-controls", "iran-russia-drones"]
