"""The example clients print the alerts that were emitted: each once, and nothing that isn't one."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from stream.kafka import KafkaLog
from stream.log import NewRecord, TopicSpec
from tests.clients.acl_page import granted
from tests.clients.authorised_broker import ADMIN, Grant, client, grant, librdkafka, properties, settings
from tests.clients.duties import now
from tests.clients.emitted import ALERTS, Emitted
from tests.stream.kafka_broker import REQUIRED, Broker, class_path

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PREFIX = "examples."
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m")


def needed(*programs: str) -> None:
    """Skip where a program lacks, or fail where all must be there."""
    for program in programs:
        if not shutil.which(program):
            assert not REQUIRED, f"{program} is not installed"
            pytest.skip(f"{program} is not installed")


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
    with KafkaLog(settings(broker, ADMIN, PREFIX), clock=now) as log:
        log.create([TopicSpec(ALERTS, 2)])
        log.append([NewRecord(ALERTS, f"{number}".encode(), value) for number, value in enumerate(values)])
    _abort(broker, PREFIX + ALERTS, json.dumps({**first, "id": "2"}).encode())
    return PREFIX + ALERTS


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
    grant(broker, user, [_own(each, user) for each in granted("A subscriber", PREFIX)])
    return user


def _own(each: Grant, user: str) -> Grant:
    return each._replace(name=user) if each.resource == "group" else each


def python(broker: Broker, topic: str, user: str, directory: Path, *, until_end: bool) -> Sequence[str]:
    login = directory / "client.conf"
    login.write_text("".join(f"{key}={value}\n" for key, value in client(user).items()))
    script = str(EXAMPLES / "python" / "alert_reader.py")
    return [sys.executable, script, *_end(until_end), broker.servers[0], topic, user, str(login)]


def java(broker: Broker, topic: str, user: str, directory: Path, *, until_end: bool) -> Sequence[str]:
    needed("java", "javac")
    login = directory / "client.properties"
    login.write_text(properties(user))
    script = str(EXAMPLES / "java" / "AlertReader.java")
    command = ["java", *_JVM, "-cp", class_path(), script, *_end(until_end)]
    return [*command, broker.servers[0], topic, user, str(login)]


def shell(broker: Broker, topic: str, user: str, directory: Path, *, until_end: bool) -> Sequence[str]:
    needed("kcat", "jq")
    login = directory / "client.conf"
    login.write_text(librdkafka(user))
    script = str(EXAMPLES / "shell" / "alert_reader.sh")
    return [script, broker.servers[0], topic, user, "-F", str(login), *(["-e"] if until_end else [])]


def _end(until_end: bool) -> list[str]:
    return ["--until-end"] if until_end else []


Client = Callable[..., Sequence[str]]
clients = pytest.mark.parametrize("example", [python, java, shell], ids=lambda each: each.__name__)


def run(command: Sequence[str]) -> list[str]:
    """Run a client to its end; return the lines it printed, sorted."""
    done = subprocess.run(command, capture_output=True, check=False, timeout=90, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr.decode()
    assert b"Exception" not in done.stderr
    return sorted(done.stdout.decode("utf-8").splitlines())


@clients
def test_it_prints_each_alert_once_and_keeps_its_place(
    example: Client, broker: Broker, topic: str, wanted: list[str], member: str, tmp_path: Path
) -> None:
    command = example(broker, topic, member, tmp_path, until_end=True)
    assert run(command) == wanted
    assert run(command) == []


@clients
def test_it_leaves_its_group_when_told_to_end(
    example: Client, broker: Broker, topic: str, wanted: list[str], member: str, tmp_path: Path
) -> None:
    command = example(broker, topic, member, tmp_path, until_end=False)
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


@clients
def test_a_topic_that_may_not_be_read_is_told_of(
    example: Client, broker: Broker, topic: str, user: str, tmp_path: Path
) -> None:
    grant(broker, user, [Grant("group", "literal", user, "Read")])
    command = example(broker, topic, user, tmp_path, until_end=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 1, done.stderr
    assert not done.stdout
    assert topic in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


HOWTO = (EXAMPLES.parent / "docs" / "how-to" / "subscribe-with-kafka.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("program", "file"),
    [
        ("python", "examples/python/alert_reader.py"),
        ("java -cp 'libs/*'", "examples/java/AlertReader.java"),
        ("", "examples/shell/alert_reader.sh"),
    ],
)
def test_the_how_to_calls_each_example_as_it_is_called_here(program: str, file: str) -> None:
    assert f"```sh\n{program} {file} broker:9092 {ALERTS} desk\n```".replace("\n ", "\n") in HOWTO
    assert (EXAMPLES.parent / file).is_file()


def settings_in_the_how_to(file: str) -> set[str]:
    """The settings that the how-to shows for a client."""
    [block] = re.findall(rf"^```properties\n# {file}\b.*\n((?:.+\n)+?)```$", HOWTO, re.MULTILINE)
    return {line.partition("=")[0].lstrip("# ") for line in block.splitlines()}


def test_the_how_to_names_settings_that_the_clients_have() -> None:
    assert len(settings_in_the_how_to("python.conf")) == 7
    assert settings_in_the_how_to("python.conf") <= KafkaConsumer.DEFAULT_CONFIG.keys()
    needed("kcat")
    listed = subprocess.run(["kcat", "-X", "list"], capture_output=True, text=True, check=True, timeout=20).stdout
    assert len(settings_in_the_how_to("kcat.conf")) == 7
    assert settings_in_the_how_to("kcat.conf") <= set(re.findall(r"^([a-z.]+) ", listed, re.MULTILINE))
