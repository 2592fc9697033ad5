"""`armswatch topic list` and `explain`, and what `check` says of topics: which are off, and what looks wrong in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from armswatch import topics
from armswatch.checkup import check
from armswatch.cli import cli
from config.loader import load
from core.errors import UserError
from tests.config.tree import FEEDS, TOPIC, write

ODD = TOPIC.replace("[North Korea, DPRK]", "[North Korea, k, \u041aim]") + "bias: -1\n"
OFF = TOPIC.replace("arms", "chips").replace("name: Arms", "name: Chips\nenabled: false")
WARNED = [
    ("concepts.dprk.terms.en[1]", "a longer term"),
    ("concepts.dprk.terms.en[2]", "\u041a is Cyrillic"),
    ("must_match", "some examples"),
    ("must_not_match", "some examples"),
]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return write(tmp_path, {"feeds.yaml": FEEDS, "topics/arms.yaml": ODD, "topics/chips.yaml": OFF})


def test_the_list_has_those_that_are_off_and_says_so(desk: Path) -> None:
    done = CliRunner().invoke(cli, ["topic", "list", "-c", str(desk)])
    heads = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert heads == ["arms  Arms", "chips  Chips  (off: not enabled)"]
    rows = json.loads(CliRunner().invoke(cli, ["topic", "list", "-c", str(desk), "--json"]).stdout)
    assert [(row["topic"], row["enabled"]) for row in rows] == [("arms", True), ("chips", False)]


def test_the_list_warns_with_file_and_line(desk: Path) -> None:
    done = CliRunner().invoke(cli, ["topic", "list", "-c", str(desk)])
    warnings = [line.strip() for line in done.stdout.splitlines() if "warning: topics/arms.yaml:" in line]
    assert len(warnings) == len(WARNED)
    for warning, (key, wanted) in zip(warnings, WARNED, strict=True):
        assert f": {key}: " in warning
        assert wanted in warning
    assert warnings[0].startswith("warning: topics/arms.yaml:7: ")


def test_explain_warns_beside_its_answer_and_tries_a_topic_that_is_off(desk: Path) -> None:
    done = CliRunner().invoke(cli, ["topic", "explain", "-c", str(desk), "--title", "North Korea", "--json"])
    assert json.loads(done.stdout)["matched"]
    assert done.stderr.count("warning: topics/arms.yaml:") == len(WARNED)
    tried = topics.explain(load(desk, {}), "chips", "DPRK", "")
    assert tried["matched"]


def test_a_topic_that_is_off_is_only_meant_when_named(desk: Path) -> None:
    config = load(desk, {})
    assert topics.chosen(config, None).file.topic == "arms"
    with pytest.raises(UserError, match="no topic 'nothing'"):
        topics.chosen(config, "nothing")


def test_check_warns_and_finds_nothing_failed(desk: Path) -> None:
    found = [finding for finding in check(load(desk, {"HOME": str(desk)})) if finding.what == "topic arms"]
    assert [finding.outcome for finding in found] == ["ok", *["warning"] * len(WARNED)]
    (head,) = [finding for finding in check(load(desk, {"HOME": str(desk)})) if finding.what == "configuration"]
    assert "1 topics (1 more are off)" in head.says
