"""An embedded log is copied to the log of a configuration, which then goes on where it stood."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from armswatch import logtools, wiring
from armswatch.clock import utc_now
from armswatch.inquiry import alerts as archived
from armswatch.logcopy import copy, limits
from config.loader import Config
from core import catalogue
from core.errors import AlreadyRunning, StorageUnusable, UserError
from stream.log import NewRecord, TopicPartition, TopicSpec
from stream.sqlite import SqliteLog
from tests.armswatch.desk import TOPIC, a_round, alerts, configured, opened


@pytest.fixture
def other(desk: Config, tmp_path: Path) -> Config:
    """A configuration whose data directory has only the archive of the one to copy."""
    config = configured(tmp_path / "other")
    config.data_dir.mkdir()
    shutil.copy(wiring.archive_path(desk), wiring.archive_path(config))
    return config


def test_everything_is_there_and_the_stages_go_on(desk: Config, other: Config) -> None:
    with opened(desk) as log:
        log.rewind(
            "alert", {info.source: info.start for info in log.describe() if info.source.topic == catalogue.MATCHES}
        )
    lags = {group.group: group.lag for group in logtools.groups(desk)}
    said: list[str] = []

    report = copy(other, desk.data_dir, said.append, lambda: 0.0)

    assert (report.copied, report.resumed) == (sum(topic.records for topic in report.topics), False)
    assert {topic.topic: topic.records for topic in report.topics}[catalogue.ITEMS] == 7
    assert {group.group: group.lag for group in logtools.groups(other)} == {"match": 0, "alert": 5}
    assert lags == {"match": 0, "alert": 5, "archive": 0}
    assert [line.split()[0] for line in said if "records copied; at" not in line] == ["The", "Comparing", "Setting"]
    assert len(said) == 4
    assert not wiring.archive_path(other).exists()
    a_round(other, "match", "alert", "archive")
    with closing(wiring.read_log(desk)) as before, closing(wiring.read_log(other)) as after:
        assert sorted(alerts(after)) == sorted(alerts(before)) != []
    window = timedelta(days=1)
    assert archived(other, since=window, topic=None, text="", limit=99) == archived(
        desk, since=window, topic=None, text="", limit=99
    )


def test_progress_is_told_again_and_again(desk: Config, other: Config) -> None:
    said: list[str] = []
    with opened(desk) as log:
        log.append([NewRecord(catalogue.ITEMS, b"%d" % at, b"x" * 1_000, 0) for at in range(4_100)])
    moments = iter(range(0, 10_000, 3))

    copy(other, wiring.log_path(desk), said.append, lambda: float(next(moments)))

    items = [line for line in said if line.endswith("at armswatch.items/0.")]
    assert len(items) == 3
    assert "of 4,123 records copied" in items[-1]


def test_alert_topics_of_topics_that_are_gone_are_kept_as_alerts_are(desk: Config, other: Config) -> None:
    gone, strange = catalogue.alerts("gone"), "armswatch.strange"
    with opened(desk) as log:
        log.create([TopicSpec(gone, 4), TopicSpec(strange, 4)])
        log.append([NewRecord(gone, b"k", b"v", 1), NewRecord(strange, b"k", b"v", 1)])

    copy(other, desk.data_dir, lambda _: None, lambda: 0.0)

    with opened(other) as log:
        for name in (gone, strange):
            assert [record.value for record in log.scan(TopicPartition(name, 1))] == [b"v"]
        log.expire(utc_now() + other.settings.log.keep_alerts + timedelta(days=1))
        assert list(log.scan(TopicPartition(gone, 1))) == []
        assert len(list(log.scan(TopicPartition(strange, 1)))) == 1


def test_it_waits_for_a_killed_one_as_long_as_a_session_may_last(desk: Config, tmp_path: Path) -> None:
    patient = configured(
        tmp_path / "kafka",
        "{kind: kafka, bootstrap_servers: [127.0.0.1:9], session_timeout: 5m}",
    )

    assert limits(patient).joining > timedelta(minutes=5) > limits(desk).joining


class TestRefused:
    def test_while_a_service_runs_on_the_source(self, desk: Config, other: Config) -> None:
        with opened(desk), pytest.raises(AlreadyRunning):
            copy(other, desk.data_dir, lambda _: None, lambda: 0.0)

    def test_no_service_can_start_on_the_source_meanwhile(self, desk: Config, other: Config) -> None:
        def meddle(_: str) -> None:
            with pytest.raises(AlreadyRunning):
                wiring.open_log(desk, utc_now)

        copy(other, desk.data_dir, meddle, lambda: 0.0)

    def test_while_a_service_runs_on_the_target(self, desk: Config, other: Config) -> None:
        with opened(other), pytest.raises(AlreadyRunning):
            copy(other, desk.data_dir, lambda _: None, lambda: 0.0)

    @pytest.mark.parametrize("named", [True, False])
    def test_to_itself(self, desk: Config, named: bool) -> None:
        with pytest.raises(UserError, match="itself"):
            copy(desk, wiring.log_path(desk) if named else None, lambda _: None, lambda: 0.0)

    def test_without_a_source(self, other: Config, tmp_path: Path) -> None:
        with pytest.raises(StorageUnusable, match="no event log"):
            copy(other, tmp_path / "none", lambda _: None, lambda: 0.0)

    def test_another_number_of_partitions_before_anything_is_made(self, desk: Config, tmp_path: Path) -> None:
        eight = configured(tmp_path / "eight", "{partitions: 8}")

        with pytest.raises(UserError, match=r"Set `log\.partitions: 4`"):
            copy(eight, desk.data_dir, lambda _: None, lambda: 0.0)

        assert not wiring.log_path(eight).exists()

    def test_a_target_in_use_keeps_its_archive(self, desk: Config, other: Config) -> None:
        with SqliteLog(wiring.log_path(other), clock=utc_now) as log:
            wiring.create_topics(log, other)
            log.append([NewRecord(TOPIC, b"k", b"v")])

        with pytest.raises(UserError, match="holds records already"):
            copy(other, desk.data_dir, lambda _: None, lambda: 0.0)

        assert wiring.archive_path(other).exists()
