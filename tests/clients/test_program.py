"""The program itself works on a cluster under exactly the grants of the reference page, from its first start on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.acl_page import granted
from tests.clients.authorised_broker import grant, password
from tests.clients.emitted import ALERTS, consumed
from tests.clients.schema import strict
from tests.e2e.program import environ
from tests.e2e.sample import rss, shells, weather
from tests.feedserver import FeedServer, Reply
from tests.stream.kafka_broker import Broker

Armswatch = Callable[..., str]


@pytest.fixture
def armswatch(broker: Broker, user: str, prefix: str, tmp_path: Path) -> Iterator[Armswatch]:
    """Runs a command of the program as a user with the grants of the page; gives its output."""
    grant(broker, user, granted("The service", prefix))
    with FeedServer() as server:
        server.route("/a.xml", Reply(rss([shells(1), weather(1)])))
        (tmp_path / "armswatch.yaml").write_text(
            "data_dir: data\nnetwork: {allow_private: [127.0.0.0/8]}\n"
            f"log: {{kind: kafka, bootstrap_servers: ['{broker.servers[0]}'], topic_prefix: {prefix}, partitions: 2,"
            f" replication_factor: 1, min_insync_replicas: 1, sasl: {{mechanism: PLAIN, user: {user}}}}}\n"
        )
        (tmp_path / "feeds.yaml").write_text(f"feeds:\n  - url: {server.url('/a.xml')}\n")

        def run(*args: str) -> str:
            done = subprocess.run(
                [sys.executable, "-m", "armswatch", *args, "-c", str(tmp_path)],
                capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
                env={**environ(), "ARMSWATCH_LOG_SASL_PASSWORD": password(user)},
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert "Authorization" not in done.stderr
            return done.stdout

        yield run


def test_one_round_and_a_look_at_it(armswatch: Armswatch, broker: Broker, prefix: str) -> None:
    printed = [json.loads(line) for line in armswatch("once", "--format", "jsonl").splitlines()]
    emitted = [json.loads(each.value) for each in consumed(broker, "admin", prefix + ALERTS, 1)]
    assert emitted == printed
    assert [error.message for alert in emitted for error in strict().iter_errors(alert)] == []
    assert [alert["data"]["headline"] for alert in emitted] == [shells(1).title]
    assert armswatch("once", "--format", "jsonl") == "", "nothing new"
    assert "armswatch.alerts.russia-dprk-arms" in armswatch("log", "topics")
    assert "match" in armswatch("log", "groups")
    armswatch("status")
