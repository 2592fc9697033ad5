"""The commands that tune topics, on a configuration of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from armswatch.cli import cli
from config.loader import load_topic
from core.errors import ConfigError, UserError
from tests.e2e.program import environ, write_config

TOPIC = """\
topic: arms  # own
name: Arms
facets: {munitions: arms that change hands}
concepts:
  north: {says: North Korea, terms: {en: [north korea*]}}
  russia: {says: Russia, terms: {en: [russia*]}}
  shells: {says: shells, terms: {en: [shell*]}}
  convoy: {says: a convoy, terms: {en: [convoy]}}
evidence:
  link: {says: both are named, when: {all: [north, russia]}, weight: 2}
  arms:
    says: shells are named
    when: {all: [link, shells]}
    weight: 0.5  # too little
    facet: munitions
  on_the_move: {says: a convoy, when: {all: [link, convoy]}, weight: 2}
bias: -3
requires: [link]
"""
ON = [f"North Korea ships shells to Russia, day {number}" for number in range(30)]
OFF = [f"North Korea and Russia talk, day {number}" for number in range(30)]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    directory = write_config(tmp_path / "desk", ("http://127.0.0.1:9/a.xml",), topic=TOPIC)
    rows = [{"title": title, "label": "on", "lang": "en", "facet": "munitions"} for title in ON]
    rows += [{"title": title, "label": "off", "lang": "en", "facet": "hard"} for title in OFF]
    rows += [{"title": "Shells", "label": "borderline"}]
    (tmp_path / "labelled.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return directory


def run(*args: object) -> Result:
    return CliRunner(catch_exceptions=False).invoke(cli, ["topic", *map(str, args)])


def run_json(*args: object) -> Any:
    done = run(*args, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_test_measures_with_the_plan_that_was_asked_for(desk: Path) -> None:
    report = run_json(
        "test", desk.parent / "labelled.jsonl", "-c", desk, "--resamples", 50, "--confidence", 0.8, "--seed", 4
    )
    assert report["bootstrap"] == {"resamples": 50, "groups": 60, "confidence": 0.8, "seed": 4}
    assert report["recall"] == 0
    assert (report["by_facet"]["on"]["munitions"]["right"], report["by_facet"]["off"]["hard"]["right"]) == (0, 30)
    assert report["false_negatives"][0]["line"] == 1
    assert report["near_misses"]["on"] == 30
    text = run("test", desk.parent / "labelled.jsonl", "-c", desk)
    assert "+0.5 shells are named: “North Korea”, “shells”, “Russia”" in text.stdout
    assert run("test", desk.parent / "labelled.jsonl", "-c", desk, "--at-least", 0.5).exit_code == 7


def test_fit_proposes_a_patch_and_applies_nothing(desk: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    file, patch, whole = desk / "topics" / "test.yaml", desk.parent / "fit.patch", desk.parent / "new.yaml"
    labelled = desk.parent / "labelled.jsonl"
    before = file.read_bytes()
    report = run_json("fit", labelled, "-c", desk, "--output", patch)
    assert file.read_bytes() == before
    assert report["after"]["figures"]["f1"] > report["before"]["figures"]["f1"] == 0
    assert patch.read_text("utf-8") == report["diff"]
    shown = run("fit", labelled, "-c", desk, "--output", whole)
    assert "F1 gains by more than chance" in " ".join(shown.stdout.split())
    subprocess.run(["git", "apply", str(patch)], cwd=desk, check=True)
    assert file.read_bytes() == whole.read_bytes() != before
    assert b"  # too little" in whole.read_bytes()
    assert load_topic(file).file.evidence["arms"].weight > 1
    assert run_json("test", labelled, "-c", desk)["f1"] == 1


def test_fit_tells_which_examples_the_proposal_would_fail(desk: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    file = desk / "topics" / "test.yaml"
    file.write_text(f"{TOPIC}must_not_match:\n  - title: {ON[0]}\n", "utf-8")
    (failing,) = run_json("fit", desk.parent / "labelled.jsonl", "-c", desk)["failing"]
    assert failing.startswith(f"must_not_match[0]: {ON[0]}: a score below 0.5")


def test_fit_takes_more_items_and_refuses_too_few(desk: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    labelled, few = desk.parent / "labelled.jsonl", desk.parent / "few.jsonl"
    assert run_json("fit", labelled, "--extra", labelled, "-c", desk)["extra"] == 60
    few.write_text(json.dumps({"title": ON[0], "label": "on"}), "utf-8")
    with pytest.raises(UserError, match="Too few items"):
        run("fit", few, "-c", desk)


def test_fit_does_not_write_over_the_topic_in_force_nor_where_it_cannot(desk: Path) -> None:
    pytest.importorskip("sklearn", reason="the extra `fit` is not installed")
    labelled, file = desk.parent / "labelled.jsonl", desk / "topics" / "test.yaml"
    with pytest.raises(UserError, match="is the topic in force"):
        run("fit", labelled, "-c", desk, "--output", desk / "topics" / ".." / "topics" / "test.yaml")
    assert file.read_text("utf-8") == TOPIC
    with pytest.raises(UserError, match="cannot be written"):
        run("fit", labelled, "-c", desk, "--output", desk / "none" / "fit.patch")


def test_without_scikit_learn_fit_says_what_to_install(desk: Path) -> None:
    code = "import sys; sys.modules['sklearn'] = None; from armswatch.cli import main; main()"
    args = ["topic", "fit", str(desk.parent / "labelled.jsonl"), "-c", str(desk)]
    done = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=False, timeout=60, env=environ()
    )
    assert done.returncode == 2
    assert "Fitting needs scikit-learn" in done.stderr
    assert "extra `fit`" in done.stderr


def test_diff_on_labelled_items_needs_no_configuration(desk: Path) -> None:
    before, after = desk / "topics" / "test.yaml", desk.parent / "b.yaml"
    after.write_text(TOPIC.replace("weight: 0.5", "weight: 4"), "utf-8")
    report = run_json("diff", before, after, "--on", desk.parent / "labelled.jsonl")
    assert (report["changes"]["items"], report["changes"]["right"], len(report["changes"]["begin"])) == (61, 30, 30)
    text = run("diff", before, after, "--on", desk.parent / "labelled.jsonl", "--limit", 2).stdout
    assert "and 28 more" in text
    assert "+0.5 → +4  shells are named: “North Korea”, “shells”, “Russia”" in text


def test_diff_wants_items_and_two_topics_that_hold_their_examples(desk: Path) -> None:
    file, bad = desk / "topics" / "test.yaml", desk.parent / "bad.yaml"
    assert run("diff", file, file).exit_code == 2
    assert run("diff", file, file, "--on", file, "--stored", "1d").exit_code == 2
    bad.write_text(f"{TOPIC}must_match:\n  - title: Rain\n", "utf-8")
    with pytest.raises(ConfigError, match=r"must_match\[0\]"):
        run("diff", file, bad, "--on", desk.parent / "labelled.jsonl")


def test_diff_and_backtest_judge_what_is_stored(one_round: Path, tmp_path: Path) -> None:
    shutil.copytree(one_round, tmp_path / "desk")
    own, other = tmp_path / "own.yaml", tmp_path / "b.yaml"
    own.write_text(TOPIC, "utf-8")
    other.write_text(TOPIC.replace("weight: 0.5", "weight: 4"), "utf-8")
    report = run_json("diff", own, other, "--stored", "1d", "-c", tmp_path / "desk")
    assert (report["on"], report["changes"]["items"], len(report["changes"]["begin"])) == ("archive", 7, 5)
    backtest = run_json("backtest", "russia-dprk-arms", "-c", tmp_path / "desk")["backtest"]
    assert (backtest["items"], backtest["matched"], backtest["then"]) == (7, 5, 5)
    text = run("backtest", "russia-dprk-arms", "--since", "1d", "--limit", 1, "-c", tmp_path / "desk").stdout
    assert "5 match, 0 nearly; 5 matched when they came" in " ".join(text.split())
    with pytest.raises(UserError, match="There is no topic"):
        run("backtest", "none", "-c", tmp_path / "desk")
