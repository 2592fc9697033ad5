"""The program itself works on a cluster under exactly the grants of the reference page, from its first start on."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.acl_page import granted
from tests.clients.authorised_broker import ADMIN, grant, password
from tests.clients.emitted import ALERTS, consumed
from tests.clients.schema import strict
from tests.e2e.program import armswatch, running
from tests.e2e.sample import rss, shells, weather
from tests.feedserver import FeedServer, Reply
from tests.stream.kafka_broker import Broker


@pytest.fixture
def desk(broker: Broker, user: str, prefix: str, tmp_path: Path) -> Iterator[Path]:
    """A configuration for a user with the grants of the page, and a feed with an item that alerts."""
    grant(broker, user, granted("The service", prefix))
    (tmp_path / "password").write_text(password(user))
    with FeedServer() as server:
        server.route("/a.xml", Reply(rss([shells(1), weather(1)])))
        (tmp_path / "feeds.yaml").write_text(f"feeds:\n  - url: {server.url('/a.xml')}\n")
        (tmp_path / "armswatch.yaml").write_text(f"""\
data_dir: data
network: {{allow_private: [127.0.0.0/8]}}
log:
  kind: kafka
  bootstrap_servers: ['{broker.servers[0]}']
  topic_prefix: {prefix}
  partitions: 2
  replication_factor: 1
  min_insync_replicas: 1
  sasl: {{mechanism: PLAIN, user: {user}, password_file: password}}
""")
        yield tmp_path


def test_it_runs_and_is_looked_at(desk: Path, broker: Broker, prefix: str) -> None:
    with running(desk) as program:
        assert program.wait_for("alert")["headline"] == shells(1).title
        commands = (("check", "--online"), ("log", "topics"), ("log", "groups"), ("status",))
        looks = [armswatch(*words, "-c", str(desk)) for words in commands]
        program.signal(signal.SIGTERM)
        assert program.wait() == 0
        assert [line for line in program.lines if line["level"] in {"warning", "error"}] == []
    assert [look.stderr for look in looks if look.returncode] == []
    assert "grants on topics" in looks[0].stdout
    assert {line.split()[0] for line in looks[0].stdout.splitlines()} == {"ok", "warning"}
    assert "armswatch.alerts.russia" in looks[1].stdout  # the rest may be cut, where the screen is narrow
    emitted = [json.loads(each.value) for each in consumed(broker, ADMIN, prefix + ALERTS, 1)]
    assert [alert["data"]["headline"] for alert in emitted] == [shells(1).title]
    assert [error.message for error in strict().iter_errors(emitted[0])] == []
