"""The settings that the how-to shows for logins bring each example client in."""

from __future__ import annotations

import json
import re
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from armswatch.asyncapi import example as an_alert
from core import codec
from stream.kafka import KafkaLog
from stream.kafka_security import Security
from stream.log import NewRecord, TopicSpec
from tests.clients.acl_page import granted
from tests.clients.authorised_broker import Grant, acl
from tests.clients.duties import now
from tests.clients.emitted import ALERTS
from tests.clients.examples import CLIENTS, SHELL, Example, run
from tests.stream.kafka_secured import PASSWORD, Secured, secured_broker

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient

_ANY_GROUP = Grant("group", "literal", "*", "Read")  # so that each client has a place of its own


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A broker with an alert, which anybody who is let in may read by the grants of the page."""
    with secured_broker(tmp_path_factory.mktemp("secured")) as running:
        with KafkaLog(running.settings("PLAINTEXT", Security()), clock=now) as log:
            log.create([TopicSpec(ALERTS, 1)])
            log.append([NewRecord(ALERTS, b"story", codec.encode(an_alert()))])
        admin = KafkaAdminClient(bootstrap_servers=[running.server("PLAINTEXT")])
        try:
            admin.create_acls([acl("*", each) for each in [*granted("A subscriber", ""), _ANY_GROUP]])
        finally:
            admin.close()
        yield running


@pytest.mark.parametrize("by", ["password", "certificate"])
@CLIENTS
def test_the_settings_of_the_how_to_let_it_in(example: Example, by: str, secured: Secured, tmp_path: Path) -> None:
    login = tmp_path / example.login
    listener = {"password": "TLSLOGIN", "certificate": "MUTUAL"}[by]
    command = example.command(secured.server(listener), ALERTS, f"desk.{example.login}.{by}", login, until_end=True)
    text = filled_in(example.shown_settings(), secured, by)
    login.write_text(text.replace("SCRAM-SHA-256", "PLAIN") if example is SHELL and too_old_for_scram() else text)
    printed = json.loads(codec.encode(an_alert()))["data"]
    assert run(command) == ["\t".join((printed["level"], printed["headline"], printed["link"]))]


def too_old_for_scram() -> bool:
    """Whether kcat's library repeats a nonce in SCRAM that brokers from Kafka 4 on don't take, as the how-to says."""
    told = subprocess.run(["kcat", "-V"], capture_output=True, text=True, check=True, timeout=10).stdout
    version = re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", told)
    assert version
    return tuple(map(int, version.groups())) < (2, 6, 1)


def filled_in(shown: str, secured: Secured, by: str) -> str:
    """Put what the broker wants into the settings, as the how-to says."""
    lines = shown.replace("\\\n", "").splitlines()
    if by == "certificate":
        lines = [line.removeprefix("# ").replace("SASL_SSL", "SSL") for line in lines if not line.startswith("sasl")]
    text = "\n".join(line for line in lines if not line.startswith("#")) + "\n"
    for name, real in {
        "ca.pem": secured.ca, "desk.pem": secured.client, "desk.key": secured.client, "...": PASSWORD,
        '"desk"': '"alice"', "=desk\n": "=alice\n",
    }.items():  # fmt: skip
        text = text.replace(name, str(real))
    return text
