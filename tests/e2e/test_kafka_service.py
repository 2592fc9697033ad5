"""The program with its log on Kafka: started before its broker, and with a login that is wrong."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import armswatch, running, write_config
from tests.e2e.sample import rss, shells
from tests.feedserver import FeedServer, Reply
from tests.stream.kafka_broker import GIVEN, Broker, free_ports, skipping
from tests.stream.kafka_secured import Secured

LOG = """
log:
  kind: kafka
  bootstrap_servers: [{server}]
  replication_factor: 1
  min_insync_replicas: 1
  session_timeout: 6s
  request_timeout: 5s
"""


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as site:
        site.route("/a.xml", Reply(rss([shells(1)])))
        yield site


def desk(directory: Path, server: str, url: str = "http://127.0.0.1:9/x", more: str = "") -> Path:
    config = write_config(directory, [url])
    with (config / "armswatch.yaml").open("a") as file:
        file.write(LOG.format(server=server) + more)
    return config


@pytest.mark.slow
def test_a_service_started_before_its_broker_says_so_and_begins_when_it_is_there(
    server: FeedServer, tmp_path: Path
) -> None:
    if GIVEN:
        pytest.skip("KAFKA_BOOTSTRAP_SERVERS names brokers that are up already")
    port, controller = free_ports(2)
    with skipping():
        broker = Broker(tmp_path / "broker", ports=(port, controller))
    try:
        with running(desk(tmp_path / "desk", f"127.0.0.1:{port}", server.url("/a.xml"))) as program:
            line = program.wait_for("log_unavailable")
            assert line["why"].startswith(f"Kafka, 127.0.0.1:{port}: the connection is refused: nothing listens")
            broker.start()
            program.wait_for("log_back", 30)
            program.wait_for("started", 30)
            program.wait_for("alert", 40)
            program.signal(signal.SIGTERM)
            assert program.wait() == 0
            assert len(program.events("log_unavailable")) == 1
            assert not [line for line in program.lines if line.get("event") == "not_json" or "exception" in line]
    finally:
        broker.stop()


def test_a_service_that_waits_for_its_broker_ends_when_asked(tmp_path: Path) -> None:
    with running(desk(tmp_path, "127.0.0.1:1")) as program:
        program.wait_for("log_unavailable")
        program.signal(signal.SIGTERM)
        assert program.wait(5) == 0


def test_a_wrong_password_ends_the_service_in_words(secured: Secured, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    sasl = "  sasl: {mechanism: PLAIN, user: alice, password_file: password}\n"
    config = desk(tmp_path, secured.server("LOGIN"), more=sasl)

    for command in (["run"], ["dead-letters", "list"]):
        done = armswatch(*command, "-c", str(config))
        assert done.returncode == 9, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert "alice is not known to the broker by PLAIN, or the password is wrong" in done.stderr
        assert "hunter2" not in done.stderr + done.stdout


def test_a_log_that_is_away_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    done = armswatch("dead-letters", "list", "-c", str(desk(tmp_path, "127.0.0.1:1")))

    assert done.returncode == 10
    assert done.stderr == (
        "armswatch: Kafka, 127.0.0.1:1: the connection is refused: nothing listens on that port. Is the broker up, and "
        "is it the right port?\n"
    )


def test_the_check_tells_online_what_is_wrong(secured: Secured, tmp_path: Path) -> None:
    config = desk(tmp_path, secured.server("TLS"))

    assert armswatch("check", "-c", str(config)).returncode == 0
    done = armswatch("check", "--online", "-c", str(config), "--json")
    assert done.returncode == 7
    failed = [each for each in json.loads(done.stdout)["findings"] if each["outcome"] == "failed"]
    assert [each["what"] for each in failed] == [f"broker {secured.server('TLS')}"]
    assert failed[0]["says"].startswith("the broker wants TLS on that port: set `log.tls`")
    assert done.stderr == ""
