"""What goes wrong is told: what, where, and what to do; the service stays up where it can, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.program import Program, armswatch, environ, write_config
from tests.e2e.sample import rss, shells, weather
from tests.feedserver import Asked, Drip, FeedServer, Hang, Reply, Reset


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as site:
        yield site


def break_feeds(config: Path) -> None:
    (config / "feeds.yaml").write_text(
        "feeds:\n  - url: ftp://outlet.example/feed\n  - name: No address\n    interval: soon\n", encoding="utf-8"
    )


def break_settings(config: Path) -> None:
    (config / "armswatch.yaml").write_text("polling:\n  intervall: 5m\nlog: {kind: paper}\n", encoding="utf-8")


def break_yaml(config: Path) -> None:
    (config / "feeds.yaml").write_text("feeds:\n  - url: [\n", encoding="utf-8")


def remove_feeds(config: Path) -> None:
    (config / "feeds.yaml").unlink()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (break_feeds, ["feeds.yaml:2: feeds[0].url", "feeds.yaml:3: feeds[1]", "feeds.yaml:4: feeds[1].interval"]),
        (break_settings, ["armswatch.yaml:2: polling.intervall", "interval", "armswatch.yaml:3: log.kind"]),
        (break_yaml, ["feeds.yaml:"]),
        (remove_feeds, ["feeds.yaml"]),
    ],
)
@pytest.mark.parametrize("command", ["check", "run", "once"])
def test_every_mistake_in_the_configuration_is_told_at_once(
    tmp_path: Path, spoil: Callable[[Path], None], told: list[str], command: str
) -> None:
    config = write_config(tmp_path, ["http://127.0.0.1:9/feed"])
    spoil(config)
    done = armswatch(command, "-c", str(config))
    assert done.returncode == 3
    assert [words for words in told if words not in done.stderr] == [], done.stderr
    assert "Traceback" not in done.stderr


def test_a_topic_that_fails_its_own_examples_is_refused_by_name(tmp_path: Path) -> None:
    topic = """\
topic: tea
name: Tea
concepts:
  tea: {says: tea, terms: {en: [tea]}}
evidence:
  named: {says: tea is named, when: {all: [tea]}, weight: 3}
bias: -1
must_match:
  - {title: Coffee from the hills}
"""
    config = write_config(tmp_path, ["http://127.0.0.1:9/feed"], topic=topic)
    done = armswatch("run", "-c", str(config))
    assert done.returncode == 3
    assert "Coffee from the hills" in done.stderr
    assert "test.yaml:9" in done.stderr


def test_a_configuration_directory_that_is_not_there(tmp_path: Path) -> None:
    done = armswatch("run", "-c", str(tmp_path / "nowhere"))
    assert done.returncode == 3
    assert "nowhere" in done.stderr


def test_a_data_directory_that_cannot_be_made(tmp_path: Path) -> None:
    config = write_config(tmp_path / "config", ["http://127.0.0.1:9/feed"])
    (config / "data").write_text("a file, not a directory", encoding="utf-8")
    done = armswatch("run", "-c", str(config))
    assert done.returncode == 4, done.stderr
    assert str(config / "data") in done.stderr
    assert "data_dir" in done.stderr


def test_a_damaged_log_is_told_with_the_remedy_and_left_alone(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([weather(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    assert armswatch("once", "-c", str(config)).returncode == 0
    log = config / "data" / "log.sqlite"
    damaged = b"no database" * 1000
    log.write_bytes(damaged)
    done = armswatch("run", "-c", str(config))
    assert done.returncode == 4, done.stderr
    assert str(log) in done.stderr
    assert log.read_bytes() == damaged
    assert armswatch("check", "-c", str(config)).returncode == 7


def test_a_damaged_archive_is_set_aside_and_built_anew(server: FeedServer, tmp_path: Path) -> None:
    server.route("/a.xml", Reply(rss([shells(1)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    assert armswatch("once", "-c", str(config)).returncode == 0
    (config / "data" / "archive.sqlite").write_bytes(b"no database" * 1000)
    assert armswatch("once", "-c", str(config)).returncode == 0
    assert shells(1).title in armswatch("alerts", "-c", str(config)).stdout


@pytest.mark.parametrize("limit", [400_000])
def test_a_full_disk_is_told_and_nothing_accepted_is_lost(server: FeedServer, tmp_path: Path, limit: int) -> None:
    """The file-size limit of the process stands in for a full disk: the log cannot grow past it."""

    def page(asked: Asked) -> Reply:
        return Reply(rss([weather(number) for number in range(max(0, asked.number * 40 - 80), asked.number * 40)]))

    server.route("/a.xml", page)
    config = write_config(tmp_path, [server.url("/a.xml")])
    program = Program("run", "-c", str(config), "--log-format", "json", wrapper=["prlimit", f"--fsize={limit}"])
    try:
        program.wait_for(lambda line: "disk" in str(line), timeout_s=40)
        time.sleep(1)
        assert program.process.poll() is None, "it stays up"
        program.signal(signal.SIGTERM)
        program.wait()
    finally:
        program.close()
    after = armswatch("once", "-c", str(config))  # with room again
    assert after.returncode == 0, after.stderr
    why = armswatch("why", "-c", str(config), weather(1).title)
    assert weather(1).title in why.stdout


def test_troubled_feeds_are_told_and_harm_no_other(server: FeedServer, tmp_path: Path) -> None:
    nested = b"<rss><channel>" + b"<a>" * 50_000
    troubles: dict[str, tuple[object, set[str]]] = {
        "html": (Reply(b"<!doctype html><html><body>Sign in</body></html>", content_type="text/html"), {"html"}),
        "empty": (Reply(b""), {"empty"}),
        "cut": (Reply(rss([weather(50), weather(51)])[:-120]), {""}),
        "huge": (Reply(b"<rss>" + b"x" * 11_000_000), {"too_large"}),
        "endless": (Reply(b"<rss>", content_length=10_000_000), {"protocol", "deadline"}),
        "drip": (Drip(b"<rss>" + b" " * 10_000, every_s=0.5), {"deadline"}),
        "hang": (Hang(), {"deadline"}),
        "reset": (Reset(b"HTTP/1.1 200 OK\r\n"), {"protocol", "connect"}),
        "nested": (Reply(nested), {"", "parse_cpu", "parse_error", "parse_memory", "not_a_feed"}),
        "gone": (Reply(status=410), {"gone"}),
    }
    for name, (answer, _) in troubles.items():
        server.route(f"/{name}.xml", answer)  # type: ignore[arg-type]
    server.route("/good.xml", Reply(rss([shells(1)])))
    names = [*troubles, "good"]
    config = write_config(tmp_path, [server.url(f"/{name}.xml") for name in names], deadline="2s", per_host="20")
    began = time.monotonic()
    done = armswatch("once", "-c", str(config))
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 30
    assert shells(1).title in done.stdout
    report = json.loads(armswatch("status", "-c", str(config), "--json").stdout)
    reasons = {feed["url"].rsplit("/", 1)[1].removesuffix(".xml"): feed["reason"] for feed in report["feeds"]}
    assert reasons["good"] == ""
    wrong = {name: reasons[name] for name, (_, wanted) in troubles.items() if reasons[name] not in wanted}
    assert wrong == {}


def test_a_feed_in_a_charset_it_does_not_declare_is_read_right(server: FeedServer, tmp_path: Path) -> None:
    title = "Россия получила снаряды из КНДР"
    body = rss([weather(1)._replace(title=title, text="Об этом сообщили в разведке.")]).decode()
    server.route("/a.xml", Reply(body.replace(" encoding='utf-8'", "").encode("cp1251")))
    config = write_config(tmp_path, [server.url("/a.xml")])
    done = armswatch("once", "-c", str(config))
    assert title in done.stdout


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_the_clock_may_jump_both_ways(server: FeedServer, tmp_path: Path) -> None:
    """libfaketime reads the offset from a file, so the running service's wall clock can be set; its monotonic cannot."""
    server.route("/a.xml", lambda asked: Reply(rss([weather(asked.number)])))
    config = write_config(tmp_path, [server.url("/a.xml")])
    offset = tmp_path / "offset"
    offset.write_text("+0", encoding="ascii")
    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
    settings = {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    program = Program(
        "run", "-c", str(config), "--log-format", "json", wrapper=["env", *(f"{k}={v}" for k, v in settings.items())]
    )
    try:
        program.wait_for("started")
        for jump in ("+1d", "-1d", "+0"):
            before = server.count("/a.xml")
            offset.write_text(jump, encoding="ascii")
            _wait_until(lambda before=before: server.count("/a.xml") > before + 1)  # type: ignore[misc]
        program.wait_for("clock_was_set")
        program.signal(signal.SIGTERM)
        assert program.wait() == 0
    finally:
        program.close()


def _wait_until(holds: Callable[[], bool], timeout_s: float = 15) -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def test_a_service_that_reads_nothing_but_its_environment(tmp_path: Path) -> None:
    """The data directory of the environment wins over the file."""
    config = write_config(tmp_path / "config", ["http://127.0.0.1:9/feed"])
    env = {**environ(), "ARMSWATCH_DATA_DIR": str(tmp_path / "elsewhere"), "ARMSWATCH_CONFIG": str(config)}
    done = subprocess.run(
        [sys.executable, "-m", "armswatch", "once"],
        capture_output=True, text=True, check=False, timeout=60, env=env, stdin=subprocess.DEVNULL, cwd=os.sep,
    )  # fmt: skip
    assert done.returncode == 6, done.stderr
    assert (tmp_path / "elsewhere" / "log.sqlite").exists()


def test_running_without_any_feed_says_what_to_do(tmp_path: Path) -> None:
    config = write_config(tmp_path, [])
    done = armswatch("run", "-c", str(config))
    assert done.returncode == 3
    assert "feeds.yaml" in done.stderr
