"""The how-to "Make your own topic" does what it says: the draft, its false alarms, and each edit that it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from armswatch.cli import cli

pytest.importorskip("wordfreq", reason="general language comes from wordfreq, an extra")

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "how-to" / "make-your-own-topic.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SEEDS = [str(DOCS / "seeds" / f"chip-export-controls-{number}.txt") for number in (1, 2)]


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def block(start: str) -> str:
    (found,) = [each for each in BLOCKS if each.startswith(start)]
    return str(found)


def test_it_leads_from_two_articles_to_a_topic_that_holds(tmp_path: Path) -> None:
    desk, labelled = str(tmp_path / "mydesk"), tmp_path / "labelled.jsonl"
    labelled.write_text(PAGE.partition("labelled.jsonl <<EOF\n")[2].partition("EOF\n")[0], "utf-8")
    file = tmp_path / "mydesk" / "topics" / "my-chips.yaml"

    def wrong() -> dict[str, list[str]]:
        report: dict[str, Any] = json.loads(
            run("topic", "test", "-c", desk, "--topic", "my-chips", str(labelled), "--json", "--resamples", "10")
        )
        rows = [json.loads(line) for line in labelled.read_text("utf-8").splitlines()]
        titles = {str(number): row["title"] for number, row in enumerate(rows, 1)}
        return {kind: [titles[item["id"]] for item in report[kind]] for kind in ("false_positives", "false_negatives")}

    def edit(after: str, new: str) -> None:
        before = file.read_text("utf-8")
        assert before.count(after) == 1, after
        file.write_text(before.replace(after, after + new), "utf-8")

    run("init", desk)
    run("topic", "seed", *SEEDS, "--name", "my-chips", "--output", str(file))
    drafted = wrong()
    assert drafted["false_negatives"] == []
    assert [title.split()[0] for title in drafted["false_positives"]] == ["Chinese", "Washington"]

    edit("\ntopic: my-chips\n", block("enabled: false"))
    assert "my-chips" in [line.split()[0] for line in run("topic", "list", "-c", desk).splitlines() if "(off:" in line]

    edit("\nconcepts:\n", block("concepts:").removeprefix("concepts:\n"))
    edit("\nevidence:\n", block("evidence:").removeprefix("evidence:\n"))
    edited = wrong()
    assert [title.split()[0] for title in edited["false_positives"]] == ["Chinese"]
    assert edited["false_negatives"] == []

    file.write_text(file.read_text("utf-8").replace("enabled: false\n", "") + block("must_match:"), "utf-8")
    assert "topic my-chips: topics/my-chips.yaml: 2 examples pass" in run("check", "-c", desk)
