"""The commands' output that others rely on, and what operators do."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import catalogue
from stream.log import NewRecord
from stream.sqlite import SqliteLog
from tests.e2e.program import armswatch, write_config
from tests.e2e.sample import rss, shells, weather
from tests.feedserver import FeedServer, Reply

TOPIC = "russia-dprk-arms"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as site:
        yield site


@pytest.fixture
def desk(server: FeedServer, tmp_path: Path) -> Path:
    """A configuration whose feed has been polled once: one item on topic, one off."""
    server.route("/a.xml", Reply(rss([shells(1), weather(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    assert armswatch("once", "-c", str(config)).returncode == 0
    return config


def test_topic_test_prints_what_is_agreed(tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.jsonl"
    rows = [
        {"id": "a", "title": shells(1).title, "summary": shells(1).text, "lang": "en", "label": "on"},
        {"title": "A quiet day", "summary": "Nothing was said.", "lang": "en", "label": "on"},
        {"title": "Regen", "summary": "Es regnet.", "lang": "de", "label": "off"},
        {"title": "Unclear", "summary": "", "lang": "en", "label": "borderline"},
    ]
    labelled.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = armswatch("topic", "test", str(labelled), "--topic", TOPIC, "--json")
    report = json.loads(done.stdout)
    assert (report["precision"], report["recall"], report["n"]) == (1.0, 0.5, 3)
    assert set(report) >= {"precision", "recall", "f1", "n", "by_lang", "false_positives", "false_negatives"}
    assert set(report["intervals"]) == {"precision", "recall", "f1"}
    assert report["calibration"]["bins"]
    assert set(report["by_lang"]) == {"de", "en"}
    assert [(each["id"], each["score"]) for each in report["false_negatives"]] == [("2", 0.0)]
    assert armswatch("topic", "test", str(labelled), "--at-least", "0.9").returncode == 7


def test_a_labelled_line_that_is_none_is_named(tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text('{"title": "x", "label": "on"}\n{"title": "y", "label": "maybe"}\n', encoding="utf-8")
    done = armswatch("topic", "test", str(labelled))
    assert done.returncode == 2
    assert f"{labelled}:2" in done.stderr


def test_topic_explain_prints_what_is_agreed() -> None:
    done = armswatch(
        "topic", "explain", "--topic", TOPIC, "--title", shells(1).title, "--summary", shells(1).text, "--json"
    )
    found = json.loads(done.stdout)
    assert {"score", "threshold", "matched", "facets", "evidence"} <= set(found)
    assert found["matched"]
    assert "munitions" in found["facets"]
    for evidence in found["evidence"]:
        for span in evidence["spans"]:
            text = {"title": shells(1).title, "summary": shells(1).text}[span["field"]]
            assert text[span["start"] : span["end"]] == span["text"]


def test_status_tells_feeds_groups_and_what_a_silence_is_worth(desk: Path) -> None:
    report = json.loads(armswatch("status", "-c", str(desk), "--json").stdout)
    [feed] = report["feeds"]
    assert (feed["health"], feed["items"], feed["failures"]) == ("ok", 2, 0)
    assert {"last_poll", "overlap", "gaps", "lag_s", "next_due"} <= set(feed)
    assert {group["group"] for group in report["groups"]} == {"match", "alert", "archive"}
    assert all(group["lag"] == 0 for group in report["groups"])
    assert report["silence"]["proof"] == "nothing", "for the service is not running"
    assert report["running"] is False
    assert report["counts"]["alerts"] == 1


def test_why_tells_every_stage_of_an_item(desk: Path) -> None:
    known = armswatch("why", "-c", str(desk), "http://outlet.example/shells-1", "--json")
    stages = {stage["stage"]: stage["outcome"] for stage in json.loads(known.stdout)["stages"]}
    assert stages == {"fetched": "ok", "new": "ok", "matched": "ok", "story": "ok", "alert": "ok"}
    off = json.loads(armswatch("why", "-c", str(desk), "http://outlet.example/weather-1", "--json").stdout)
    assert {stage["stage"]: stage["outcome"] for stage in off["stages"]}["matched"] == "no"
    assert armswatch("why", "-c", str(desk), "https://nowhere.example/x").returncode == 8
    words = armswatch("why", "-c", str(desk), "Pyongyang sends howitzers to Moscow's army")
    assert (words.returncode, "would match" in words.stdout) == (8, True)


def test_replay_alerts_nothing_twice(desk: Path) -> None:
    before = armswatch("alerts", "-c", str(desk), "--format", "jsonl").stdout
    for stage in ("match", "alert"):
        done = armswatch("replay", stage, "-c", str(desk))
        assert done.returncode == 0, done.stderr
    assert armswatch("once", "-c", str(desk)).returncode == 0
    assert armswatch("alerts", "-c", str(desk), "--format", "jsonl").stdout == before != ""


def test_a_record_that_no_stage_can_read_is_set_aside_and_can_be_retried_or_dropped(desk: Path) -> None:
    log = SqliteLog(desk / "data" / "log.sqlite", clock=lambda: datetime.now(UTC))
    log.append([NewRecord(catalogue.ITEMS, b"bad", b"no item at all")])
    log.close()
    assert armswatch("once", "-c", str(desk)).returncode == 0
    letters = json.loads(armswatch("dead-letters", "list", "-c", str(desk), "--json").stdout)
    assert {letter["stage"] for letter in letters} == {"match", "archive"}
    match = next(letter["id"] for letter in letters if letter["stage"] == "match")
    assert armswatch("dead-letters", "retry", match, "-c", str(desk)).returncode == 0
    dropped = armswatch("dead-letters", "drop", "--all", "-c", str(desk))
    assert "1 dropped" in dropped.stdout
    assert armswatch("dead-letters", "drop", match, "-c", str(desk)).returncode == 2


def test_feeds_test_shows_what_would_be_ingested_and_stores_nothing(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([shells(1), weather(1)])))
    server.route("/page", Reply(b"<html><body>hello</body></html>", content_type="text/html"))
    config = write_config(tmp_path, [server.url("/a.xml")])
    report = json.loads(armswatch("feeds", "test", server.url("/a.xml"), "-c", str(config), "--json").stdout)
    assert [entry["title"] for entry in report["entries"]] == [shells(1).title, weather(1).title]
    assert not (tmp_path / "data").exists()
    page = armswatch("feeds", "test", server.url("/page"), "-c", str(config))
    assert (page.returncode, "html" in page.stdout) == (7, True)
    refused = armswatch("feeds", "test", "http://10.0.0.1/feed", "-c", str(config))
    assert (refused.returncode, "refused_address" in refused.stdout) == (6, True)


def test_init_writes_a_configuration_that_passes_the_check_and_overwrites_nothing(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    assert armswatch("init", str(desk)).returncode == 0
    (desk / "armswatch.yaml").write_text("data_dir: data\n", encoding="utf-8")
    assert armswatch("check", "-c", str(desk)).returncode == 0
    again = armswatch("init", str(desk))
    assert (again.returncode, "feeds.yaml" in again.stderr) == (2, True)


def test_the_demo_shows_alerts_a_near_miss_and_a_silence_in_time_and_leaves_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    os.environ["TMPDIR"] = str(tmp_path)
    try:
        done = armswatch("demo", "--seconds", "15", timeout_s=60)
    finally:
        del os.environ["TMPDIR"]
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 40
    assert done.stdout.count("== ALERT") >= 9
    assert "== NEAR MISS" in done.stdout
    assert "another outlet of the same origin has reported this already" in done.stdout
    assert list(tmp_path.iterdir()) == []
