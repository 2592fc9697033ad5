"""The demo as a whole, over a log that already holds what the service would write."""

from __future__ import annotations

import io
import shutil
import signal
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from armswatch.demo import show
from armswatch.demo.feeds import load
from armswatch.demo.viewer import Tally
from config.loader import load as load_config
from core import catalogue
from core.errors import LogUnavailable
from core.types import Alert
from stream.log import Batch, NewRecord, Reader, Start, TopicSpec
from stream.sqlite import SqliteLog
from tests.armswatch.demo_records import START, TOPIC, alert, match, member, record, story


class Recorded:
    """A service that has done its work: everything is on its log."""

    topic_ids = (TOPIC,)

    def __init__(self, log: SqliteLog, records: Sequence[NewRecord]) -> None:
        self.log = log
        self.stopped = False
        kinds = catalogue.catalogue(self.topic_ids, timedelta(days=1), timedelta(days=1))
        log.create([TopicSpec(kind.name, 2, kind.compacted, kind.retention) for kind in kinds])
        log.append(records)

    def stop(self) -> None:
        self.log.close()
        self.stopped = True


class AwayOnce(SqliteLog):
    """A log that can't be reached at the first read."""

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        reader = super().reader(group, topics, start)
        read, tries = reader.read, iter([True])

        def away_once(max_records: int, timeout: timedelta) -> Batch:
            if next(tries, False):
                raise LogUnavailable("locked")
            return read(max_records, timeout)

        reader.read = away_once  # type: ignore[method-assign]
        return reader


RECORDS = [
    record(match()),
    record(alert("https://demo-wire.example/news/shells", START)),
    record(match(verdict="near_miss")),
    record(story(member(silent="copy"))),
]


class Demo:
    """Runs the demo and keeps what it was given and what it printed."""

    def __init__(self, log: SqliteLog | None = None) -> None:
        self.service = Recorded(log or SqliteLog(None, clock=lambda: START), RECORDS)
        self.out = io.StringIO()
        self.directory = Path()
        self.feeds: list[dict[str, str]] = []
        self.files: set[str] = set()

    def make_service(self, directory: Path) -> Recorded:
        self.directory = directory
        self.files = {str(path.relative_to(directory)) for path in directory.rglob("*")}
        self.feeds = yaml.safe_load((directory / "feeds.yaml").read_text(encoding="utf-8"))["feeds"]
        return self.service

    def run(self, *, keep: bool = False, interrupt: bool = False) -> Tally:
        def render(shown: Alert) -> str:
            if interrupt:
                signal.raise_signal(signal.SIGINT)
            return shown.data.headline

        return show.run(seconds=0.5, out=self.out, make_service=self.make_service, render=render, keep=keep)


def test_it_prints_what_is_published_and_what_comes_of_it_and_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    demo = Demo()

    tally = demo.run()

    printed = demo.out.getvalue()
    assert (tally.alerts, tally.near_misses, tally.silent) == (1, 1, {"copy": 1})
    for wanted in ("== ALERT 1", "== NEAR MISS", "== SILENT", "Demo Wire publishes", "armswatch init"):
        assert wanted in printed
    assert printed.count(" publishes: ") == sum(cue.purpose != "edit" for cue in load().cues)
    assert demo.service.stopped
    assert not demo.directory.exists()
    assert set(threading.enumerate()) == before


def test_the_service_gets_a_configuration_as_a_user_would_write_it() -> None:
    demo = Demo()

    demo.run()

    assert {"armswatch.yaml", "feeds.yaml", "topics"} <= demo.files
    assert len(demo.feeds) == 14
    assert all(feed["url"].startswith("http://127.0.0.1:") for feed in demo.feeds)
    assert demo.feeds[0] | {"url": ""} == {
        "url": "",
        "name": "Le Courrier de l'Exemple",
        "language": "fr",
        "country": "FR",
        "kind": "newspaper",
    }


def test_the_directory_is_kept_when_asked_for() -> None:
    demo = Demo()

    demo.run(keep=True)

    config = load_config(demo.directory, {})
    shutil.rmtree(demo.directory)
    assert config.data_dir == (demo.directory / "data").resolve()
    assert config.settings.network.allow_private == ["127.0.0.1"]
    assert [feed.name for feed in config.feeds] == [outlet.name for outlet in load().outlets]
    assert config.own_topics
    assert f"Kept: {demo.directory}" in demo.out.getvalue()


def test_ctrl_c_ends_it_early_with_a_summary_and_cleans_up() -> None:
    demo = Demo()

    tally = demo.run(interrupt=True)

    assert tally.alerts == 1
    assert "polls  items  feed" in demo.out.getvalue()
    assert demo.service.stopped
    assert not demo.directory.exists()


def test_a_log_that_is_away_for_a_moment_is_read_again() -> None:
    assert Demo(AwayOnce(None, clock=lambda: START)).run().alerts == 1


def test_a_service_that_cannot_start_leaves_nothing_behind() -> None:
    seen: list[Path] = []

    def refuse(directory: Path) -> Recorded:
        seen.append(directory)
        raise LogUnavailable("full disk")

    with pytest.raises(LogUnavailable):
        show.run(seconds=1, out=io.StringIO(), make_service=refuse, render=str)

    assert not seen[0].exists()
