"""The service as a process: from feeds over real sockets to alerts that another process reads."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.program import armswatch, environ, running, write_config
from tests.e2e.sample import Piece, rss, shells, weather
from tests.feedserver import Asked, FeedServer, Reply


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as site:
        yield site


def alerts(config: Path) -> list[dict[str, object]]:
    done = armswatch("alerts", "-c", str(config), "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_new_entry_becomes_an_explained_alert_that_another_process_reads(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([weather(1)])), Reply(rss([shells(1), weather(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    with running(config) as program:
        line = program.wait_for("alert")
        assert line["headline"] == shells(1).title
        program.signal(signal.SIGTERM)
        began = time.monotonic()
        assert program.wait() == 0
        assert time.monotonic() - began < 10
    [alert] = alerts(config)
    assert alert["specversion"] == "1.0"
    data = alert["data"]
    assert isinstance(data, dict)
    assert data["score"] >= data["threshold"]
    assert data["evidence"]
    assert data["times"]["first_seen"] <= data["times"]["matched"] <= data["times"]["alerted"]


def test_what_was_there_before_we_watched_alerts_no_one_unless_it_is_fresh(server: FeedServer, tmp_path: Path) -> None:
    old = shells(1)._replace(published=datetime.now(UTC) - timedelta(days=9))
    server.route("/a.xml", Reply(rss([old, shells(2)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    assert armswatch("once", "-c", str(config)).returncode == 0
    assert [alert["data"]["headline"] for alert in alerts(config)] == [shells(2).title]  # type: ignore[index]
    assert armswatch("once", "-c", str(config)).returncode == 0
    assert len(alerts(config)) == 1, "the same document again alerts nothing"


def test_a_reprint_is_kept_silent_and_said_so(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([shells(1)], "First")))
    copy = shells(1)._replace(guid="another", text="(Agency) - " + shells(1).text)
    server.route("/b.xml", Reply(rss([weather(1)], "Second")), Reply(rss([copy, weather(1)], "Second")))
    config = write_config(tmp_path, [server.url("/a.xml"), server.url("/b.xml")])
    for _ in range(2):
        assert armswatch("once", "-c", str(config)).returncode == 0
    assert len(alerts(config)) == 1
    silent = armswatch("alerts", "-c", str(config), "--silent")
    assert "copies a report that has alerted already" in silent.stdout


def test_a_second_service_on_the_same_data_is_refused(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([weather(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    with running(config) as program:
        program.wait_for("started")
        second = armswatch("once", "-c", str(config))
        assert second.returncode == 5
        assert str(program.process.pid) in second.stderr
        assert program.process.poll() is None


def test_sighup_takes_up_a_new_feed(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([weather(1)])))
    server.route("/b.xml", Reply(rss([weather(2)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    with running(config) as program:
        program.wait_for("started")
        write_config(tmp_path, [server.url("/a.xml"), server.url("/b.xml")])
        program.signal(signal.SIGHUP)
        program.wait_for("reloaded")
        _wait_until(lambda: server.count("/b.xml") > 0)


def drink(name: str) -> str:
    """Write a topic that watches for one word."""
    return (
        f"topic: {name}\nname: {name}\nconcepts:\n  drink: {{says: the drink, terms: {{en: [{name}]}}}}\n"
        "evidence:\n  named: {says: the drink is named, when: {all: [drink]}, weight: 3}\nbias: -1\n"
    )


def test_a_topic_added_while_it_runs_alerts_and_can_be_read(server: FeedServer, tmp_path: Path) -> None:
    def page(asked: Asked) -> Reply:
        return Reply(
            rss([Piece(f"n{asked.number}", f"Coffee harvest number {asked.number}", f"Report {asked.number}.")])
        )

    server.route("/a.xml", page)
    config = write_config(tmp_path, [server.url("/a.xml")], topic=drink("tea"))
    with running(config) as program:
        program.wait_for("started")
        (config / "topics" / "coffee.yaml").write_text(drink("coffee"), encoding="utf-8")
        program.wait_for("reloaded")
        line = program.wait_for("alert")
        assert line["topic"] == "coffee"
        _wait_until(lambda: len(alerts(config)) > 0)


def test_a_wrong_configuration_is_told_and_the_running_one_stays(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([weather(1)])), Reply(rss([shells(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    with running(config) as program:
        program.wait_for("started")
        (config / "feeds.yaml").write_text("feeds:\n  - url: nonsense\n    colour: red\n", encoding="utf-8")
        refused = program.wait_for("reload_refused")
        assert "feeds.yaml:2" in refused["why"]
        assert "feeds.yaml:3" in refused["why"]
        before = server.count("/a.xml")
        _wait_until(lambda: server.count("/a.xml") > before + 1)


def test_without_network_it_says_so_once_names_the_demo_and_stays_up(tmp_path: Path) -> None:
    urls = [f"http://127.0.0.{n}:9/feed.xml" for n in range(2, 12)]
    config = write_config(tmp_path, urls)
    with running(config) as program:
        line = program.wait_for(lambda line: "make demo" in str(line))
        assert line["level"] == "warning"
        time.sleep(3)
        assert program.process.poll() is None
        loud = [each for each in program.lines if each.get("level") in ("warning", "error")]
        assert len(loud) == 1, loud


def test_once_with_no_feed_reached_exits_with_its_own_code(tmp_path: Path) -> None:
    done = armswatch("once", "-c", str(write_config(tmp_path, ["http://127.0.0.1:9/feed.xml"])))
    assert done.returncode == 6
    assert "0 of 1 feeds reached" in done.stderr


def test_an_archive_deleted_while_the_service_is_down_is_built_anew(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([shells(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    assert armswatch("once", "-c", str(config)).returncode == 0
    before = alerts(config)
    for file in (config / "data").glob("archive.sqlite*"):
        file.unlink()
    assert armswatch("once", "-c", str(config)).returncode == 0
    assert alerts(config) == before != []


def test_follow_prints_an_alert_as_it_comes(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([weather(1)])), Reply(rss([weather(1)])), Reply(rss([shells(1), weather(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    assert armswatch("once", "-c", str(config)).returncode == 0
    follower = subprocess.Popen(
        [sys.executable, "-u", "-m", "armswatch", "alerts", "-c", str(config), "--follow", "--format", "jsonl"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ(),
    )  # fmt: skip
    try:
        assert follower.stderr
        assert "No alerts" in follower.stderr.readline()
        with running(config) as program:
            program.wait_for("alert")
            assert follower.stdout
            assert json.loads(follower.stdout.readline())["data"]["headline"] == shells(1).title
    finally:
        follower.kill()
        follower.communicate()


def _wait_until(holds: Callable[[], bool], timeout_s: float = 15) -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)
