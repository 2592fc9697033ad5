"""The example clients print the alerts that were emitted: each once, and nothing that isn't one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import warnings
from pathlib import Path

import pytest

from stream.kafka import KafkaLog
from stream.log import NewRecord, TopicSpec
from tests.clients.acl_page import granted
from tests.clients.authorised_broker import ADMIN, Grant, client, grant, librdkafka, properties, settings
from tests.clients.duties import now
from tests.clients.emitted import ALERTS, Emitted
from tests.clients.examples import CLIENTS, HOWTO, JAVA, PYTHON, SHELL, Example, run
from tests.stream.kafka_broker import Broker

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient, KafkaProducer

EXAMPLES = "examples."  # a topic prefix


def odd(value: bytes) -> bytes:
    """Make an alert with a field to come and a headline that would break lines."""
    alert = json.loads(value)
    alert["id"], alert["later"] = "0" * 32, {"new": [1]}
    alert["data"]["headline"] = "Two\nlines,\ta \x1b[31mcolour\x1b[0m and 한국어  "
    alert["data"]["more"] = None
    return json.dumps(alert).encode()


@pytest.fixture(scope="module")
def topic(broker: Broker, emitted: list[Emitted]) -> str:
    """The emitted alerts once more, some again, and between them what is none, or not for these readers."""
    first = json.loads(emitted[0].value)
    values: list[bytes | None] = [each.value for each in emitted]
    values += [
        b"no JSON",
        None,
        b"[]",
        b'{"id": "x"}',
        json.dumps({**first, "id": "1", "dataschema": "urn:x:2"}).encode(),
    ]
    values += [odd(emitted[0].value), emitted[1].value, emitted[0].value]
    with KafkaLog(settings(broker, ADMIN, EXAMPLES), clock=now) as log:
        log.create([TopicSpec(ALERTS, 2)])
        log.append([NewRecord(ALERTS, f"{number}".encode(), value) for number, value in enumerate(values)])
    _abort(broker, EXAMPLES + ALERTS, json.dumps({**first, "id": "2"}).encode())
    return EXAMPLES + ALERTS


def _abort(broker: Broker, topic: str, value: bytes) -> None:
    """Write an alert that is never raised."""
    producer = KafkaProducer(bootstrap_servers=list(broker.servers), transactional_id="taken-back", **client(ADMIN))
    try:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, value=value, partition=0)
        producer.flush()
        producer.abort_transaction()
    finally:
        producer.close(timeout=5)


@pytest.fixture(scope="module")
def wanted(emitted: list[Emitted]) -> list[str]:
    """The lines that a client must print, sorted, since partitions come in any order."""
    alerts = [json.loads(each.value) for each in emitted]
    lines = ["\t".join(alert["data"][key] for key in ("level", "headline", "link")) for alert in alerts]
    strange = json.loads(odd(emitted[0].value))["data"]
    lines.append("\t".join((strange["level"], "Two lines, a [31mcolour [0m and 한국어", strange["link"])))
    return sorted(lines)


@pytest.fixture
def member(broker: Broker, user: str) -> str:
    """Somebody with the grants of the page for a subscriber, and a group that has no place yet."""
    grant(broker, user, [_own(each, user) for each in granted("A subscriber", EXAMPLES)])
    return user


def _own(each: Grant, user: str) -> Grant:
    return each._replace(name=user) if each.resource == "group" else each


@pytest.fixture
def login(example: Example, member: str, tmp_path: Path) -> Path:
    """The member's settings for a client."""
    written = {"python.conf": python_settings, "client.properties": properties, "kcat.conf": librdkafka}
    file = tmp_path / example.login
    file.write_text(written[example.login](member))
    return file


def python_settings(user: str) -> str:
    """What the example in Python takes to come as this user."""
    return "".join(f"{key}={value}\n" for key, value in client(user).items())


@CLIENTS
def test_it_prints_each_alert_once_and_keeps_its_place(
    example: Example, broker: Broker, topic: str, wanted: list[str], member: str, login: Path
) -> None:
    command = example.command(broker.servers[0], topic, member, login, until_end=True)
    assert run(command) == wanted
    assert run(command) == []


@CLIENTS
def test_it_leaves_its_group_when_told_to_end(
    example: Example, broker: Broker, topic: str, wanted: list[str], member: str, login: Path
) -> None:
    command = example.command(broker.servers[0], topic, member, login, until_end=False)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        patience = threading.Timer(
            40, os.killpg, (process.pid, signal.SIGKILL)
        )  # else waiting for a line might not end
        patience.start()
        try:
            assert process.stdout
            lines = [process.stdout.readline().decode().rstrip("\n") for _ in wanted]
            assert sorted(lines) == wanted
            os.killpg(process.pid, signal.SIGTERM)
            _, said = process.communicate(timeout=20)
        finally:
            patience.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode in {0, 128 + signal.SIGTERM, -signal.SIGTERM}, said
    assert b"Traceback" not in said
    assert b"Exception" not in said
    assert members(broker, member) == 0


def members(broker: Broker, group: str) -> int:
    """How many members a group has."""
    admin = KafkaAdminClient(bootstrap_servers=list(broker.servers), **client(ADMIN))
    try:
        deadline = time.monotonic() + 2  # far less than it takes to miss a member that just died
        while (count := len(admin.describe_groups([group])[group]["members"])) and time.monotonic() < deadline:
            time.sleep(0.05)
        return count
    finally:
        admin.close()


@CLIENTS
def test_a_topic_that_may_not_be_read_is_told_of(
    example: Example, broker: Broker, topic: str, member: str, login: Path
) -> None:
    other = topic.replace(EXAMPLES, "others.")
    command = example.command(broker.servers[0], other, member, login, until_end=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 1, done.stderr
    assert not done.stdout
    assert other in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(
    ("program", "example"),
    [("python ", PYTHON), ("java -cp 'libs/*' ", JAVA), ("", SHELL)],
    ids=["python", "java", "shell"],
)
def test_the_how_to_calls_each_example_as_it_is_called_here(program: str, example: Example) -> None:
    assert f"```sh\n{program}{example.file} broker:9092 {ALERTS} desk\n```" in HOWTO
