"""The service and those who look at it, with the log on a real Kafka broker."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from armswatch import cluster, inquiry, letters, opening, wiring
from armswatch.checkup import check
from armswatch.clock import utc_now
from armswatch.notify import Notifier
from armswatch.round import once
from armswatch.service import Service
from armswatch.tap import Tap
from config.loader import Config, load
from core.errors import AlreadyRunning, LogRefused, LogUnavailable, PartitionMismatch
from core.types import Alert
from tests.e2e.program import write_config
from tests.e2e.sample import rss, shells, weather
from tests.feedserver import FeedServer, Reply
from tests.stream.kafka_broker import Broker, Given
from tests.stream.kafka_secured import PASSWORD, Secured

_NUMBERS = itertools.count()


def desk(
    directory: Path,
    servers: str,
    *,
    urls: tuple[str, ...] = ("http://127.0.0.1:9/x",),
    environ: dict[str, str] | None = None,
) -> Config:
    """A configuration whose log is on Kafka, under a prefix that no other test has."""
    write_config(directory, urls)
    prefix = f"t{next(_NUMBERS)}."
    settings = {
        "KIND": "kafka", "BOOTSTRAP_SERVERS": servers, "TOPIC_PREFIX": prefix, "PARTITIONS": "2",
        "REPLICATION_FACTOR": "1", "MIN_INSYNC_REPLICAS": "1", "SESSION_TIMEOUT": "6s", "REQUEST_TIMEOUT": "5s",
        **(environ or {}),
    }  # fmt: skip
    return load(
        directory, {"HOME": str(directory), **{f"ARMSWATCH_LOG_{key}": value for key, value in settings.items()}}
    )


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as site:
        site.route("/a.xml", Reply(rss([shells(1), shells(2), weather(1)])))
        yield site


@pytest.fixture
def config(broker: Broker | Given, server: FeedServer, tmp_path: Path) -> Config:
    return desk(tmp_path, ",".join(broker.servers), urls=(server.url("/a.xml"),))


def test_a_round_on_kafka_prints_its_alerts_and_can_be_asked_about(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not letters.waiting(config), "nothing has run yet"

    assert once(config, style="jsonl", verbose=False) == 0

    assert capsys.readouterr().out.count('"org.armswatch.alert.new"') >= 1
    report = inquiry.status(config, timedelta(days=1))
    assert {group.group: group.lag for group in report.groups} == {"match": 0, "alert": 0, "archive": 0}
    assert report.running is False
    assert not letters.waiting(config)
    with closing(wiring.read_log(config)) as log:
        assert "match" in log.groups()
        assert any(group.startswith("archive.") for group in log.groups())
        assert not any(group.startswith(("tap", "once")) for group in log.groups())


def test_processes_on_one_data_directory_have_places_of_their_own_and_one_archive(config: Config) -> None:
    first = Service(config, watch=False)
    try:
        second = Service(config, only=["match"], watch=False)
        try:
            assert isinstance(first.log, cluster.ClusterLog)
            assert isinstance(second.log, cluster.ClusterLog)
            assert first.log.settings.slot != second.log.settings.slot
            assert first.log.slot.instance == second.log.slot.instance
            assert wiring.service_pid(config) is not None
            with pytest.raises(AlreadyRunning, match=r"archive\.sqlite"):
                Service(config, only=["archive"], watch=False)
        finally:
            second.stop()
        kept = first.log.settings.slot
    finally:
        first.stop()
    assert wiring.service_pid(config) is None
    again = Service(config, only=["archive"], watch=False)
    try:
        assert isinstance(again.log, cluster.ClusterLog)
        assert again.log.settings.slot == kept, "whoever comes next takes the place over"
    finally:
        again.stop()


def test_who_only_looks_takes_no_place(config: Config) -> None:
    wiring.open_log(config, utc_now).close()
    with closing(wiring.read_log(config)), closing(wiring.operate_log(config, utc_now)):
        log = wiring.open_log(config, utc_now)
        assert isinstance(log, cluster.ClusterLog)
        assert log.slot.name.endswith(".0")
        log.close()


def test_every_screen_sees_every_alert(config: Config) -> None:
    service = Service(config, watch=False)
    seen: list[list[Alert]] = [[], []]
    taps = [
        Tap(service.log, lambda: wiring.topic_ids(config), on_alert=found.append, on_match=lambda _: None)
        for found in seen
    ]
    try:
        for tap in taps:
            tap.start()
        service.once()
        deadline = time.monotonic() + 20
        while not all(seen) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        for tap in taps:
            tap.stop()
        service.stop()
    assert {alert.id for alert in seen[0]} == {alert.id for alert in seen[1]} != set()


def test_another_number_of_partitions_is_refused(config: Config, broker: Broker | Given, tmp_path: Path) -> None:
    wiring.open_log(config, utc_now).close()
    prefix = config.settings.log.model_dump()["topic_prefix"]
    other = desk(tmp_path, ",".join(broker.servers), environ={"PARTITIONS": "3", "TOPIC_PREFIX": prefix})

    with pytest.raises(PartitionMismatch, match="has 2 partitions, not 3"):
        wiring.open_log(other, utc_now)
    found = {finding.what: finding.says for finding in check(other, online=True) if finding.outcome == "failed"}
    assert any("log.partitions is 3" in says for says in found.values())
    assert check(other) == [found for found in check(other) if found.outcome != "failed"]


def test_a_log_that_is_away_is_told_in_words_and_waited_for_until_it_is_to_stop(tmp_path: Path) -> None:
    config = desk(tmp_path, "127.0.0.1:1")
    with pytest.raises(LogUnavailable, match=r"Kafka, 127\.0\.0\.1:1: the connection is refused"):
        wiring.open_log(config, utc_now)

    stopping = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "manager"))
        manager.settimeout(10)
        told = Notifier({"NOTIFY_SOCKET": str(tmp_path / "manager")})
        threading.Timer(0.5, stopping.set).start()
        with pytest.raises(opening.Stopped):
            opening.wait_for_log(config, utc_now, stopping, told)
        assert manager.recv(4096).startswith(b"STATUS=Kafka, 127.0.0.1:1: the connection is refused")
        assert manager.recv(4096) == b"EXTEND_TIMEOUT_USEC=120000000"


def test_what_waiting_does_not_help_is_not_waited_for(secured: Secured, tmp_path: Path) -> None:
    login = {"SASL_MECHANISM": "PLAIN", "SASL_USER": "alice", "SASL_PASSWORD": "hunter2"}
    wrong = desk(tmp_path, secured.server("LOGIN"), environ=login)

    with pytest.raises(LogRefused, match="or the password is wrong") as refused:
        opening.wait_for_log(wrong, utc_now, threading.Event())

    assert "hunter2" not in f"{refused.value}{wrong}{cluster.security_of(wrong)}{cluster.settings_of(wrong)}"


def test_missing_grants_are_told_with_where_to_learn_more(secured: Secured, tmp_path: Path) -> None:
    login = {"SASL_MECHANISM": "SCRAM-SHA-256", "SASL_USER": "alice", "SASL_PASSWORD": PASSWORD}
    config = desk(tmp_path, secured.server("LOGIN"), environ=login)

    with pytest.raises(LogRefused, match="check --online"):
        wiring.open_log(config, utc_now)
    found = {finding.what for finding in check(config, online=True) if finding.outcome == "failed"}
    assert found == {"grants on topics", "groups", "transactions"}


def test_the_check_goes_to_no_broker_unasked(tmp_path: Path) -> None:
    config = desk(tmp_path, "127.0.0.1:1", environ={"SASL_MECHANISM": "PLAIN", "SASL_USER": "a", "SASL_PASSWORD": "b"})

    offline = {finding.what: finding for finding in check(config)}
    online = {finding.what: finding for finding in check(config, online=True)}

    assert offline["cluster"].says.startswith("not asked")
    assert offline["log"].says == "Kafka at 127.0.0.1:1, without TLS, by PLAIN as a"
    assert offline["login"].outcome == "warning"
    assert online["broker 127.0.0.1:1"].outcome == "failed"


def test_secrets_that_cannot_be_read_are_told_without_going_anywhere(tmp_path: Path) -> None:
    login = {"SASL_MECHANISM": "PLAIN", "SASL_USER": "a", "SASL_PASSWORD_FILE": "gone"}
    found = [each for each in check(desk(tmp_path, "127.0.0.1:1", environ=login)) if each.outcome == "failed"]

    assert [each.what for each in found] == ["log"]
    assert f"{tmp_path}/gone cannot be read" in found[0].says
