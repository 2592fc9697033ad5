"""The AsyncAPI document is one, and says what the program does."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from armswatch.asyncapi import example
from armswatch.reference import alert_schema
from config.log_settings import KafkaLog
from core import catalogue
from core.types import Alert
from tests.clients.acl_page import granted
from tests.clients.schema import REFERENCE, document, lenient, official, published, strict


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON document."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def test_it_is_an_asyncapi_document() -> None:
    assert [error.message for error in official().iter_errors(document())] == []


def unnamed(made: Any) -> None:
    del made["info"]["title"]


def doing_otherwise(made: Any) -> None:
    made["operations"]["publishAlert"]["action"] = "publish"


def with_a_key_of_nothing(made: Any) -> None:
    made["components"]["messages"]["alert"]["bindings"]["kafka"]["key"] = 7


def with_no_such_policy(made: Any) -> None:
    made["channels"]["alerts"]["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] = ["keep"]


def with_no_such_login(made: Any) -> None:
    made["components"]["securitySchemes"]["saslPlain"]["type"] = "password"


@pytest.mark.parametrize(
    "spoil", [unnamed, doing_otherwise, with_a_key_of_nothing, with_no_such_policy, with_no_such_login]
)
def test_the_official_schema_would_notice(spoil: Callable[[Any], None]) -> None:
    made = copy.deepcopy(document())
    spoil(made)
    assert not official().is_valid(made)


def test_what_it_refers_to_is_there() -> None:
    made = document()
    references = [node["$ref"] for node in nodes(made) if "$ref" in node]
    for reference in references:
        file, _, pointer = reference.partition("#")
        value = made if not file else json.loads((REFERENCE / file).read_text("utf-8"))
        for step in pointer.split("/")[1:]:
            value = value[step]
    assert "./alert.schema.json" in references


def test_its_payload_is_the_schema_made_from_the_types() -> None:
    assert document()["components"]["messages"]["alert"]["payload"] == {"$ref": "./alert.schema.json"}
    assert published() == json.loads(alert_schema())
    Draft202012Validator.check_schema(published())


def test_its_example_is_an_alert_to_the_last_field() -> None:
    [shown] = document()["components"]["messages"]["alert"]["examples"]
    assert [error.message for error in strict().iter_errors(shown["payload"])] == []
    assert re.fullmatch(r"[0-9a-f]{32}", example().subject)


def test_its_topics_are_those_that_the_program_makes() -> None:
    channel = document()["channels"]["alerts"]
    for prefix, topic in (("", "arms"), ("newsroom.", "russia-dprk-arms")):
        named = channel["address"].replace("{prefix}", prefix).replace("{topic}", topic)
        assert named == prefix + catalogue.alerts(topic)
    assert set(re.findall(r"{(\w+)}", channel["address"])) == channel["parameters"].keys()
    settings = KafkaLog(kind="kafka", bootstrap_servers=["broker.example:9092"])
    bound = channel["bindings"]["kafka"]
    assert (bound["partitions"], bound["replicas"]) == (settings.partitions, settings.replication_factor)
    assert bound["topicConfiguration"]["retention.ms"] == settings.keep_alerts.total_seconds() * 1000


def test_only_the_alerts_are_public() -> None:
    assert list(document()["channels"]) == ["alerts"]
    topics = {each.name for each in granted("A subscriber", "") if each.resource == "topic"}
    assert topics == {catalogue.alerts("russia-dprk-arms")}


def test_its_words_name_keys_of_the_configuration() -> None:
    text = (REFERENCE / "asyncapi.json").read_text("utf-8")
    named = set(re.findall(r"`log\.(\w+)`", text))
    assert {"partitions", "keep_alerts"} <= named <= KafkaLog.model_fields.keys()


def test_readers_may_be_sent_fields_that_they_do_not_know_and_we_send_none() -> None:
    [shown] = document()["components"]["messages"]["alert"]["examples"]
    for place in ((), ("data",), ("data", "times"), ("data", "sources", 0), ("data", "evidence", 0, "spans", 0)):
        alert = copy.deepcopy(shown["payload"])
        node = alert
        for step in place:
            node = node[step]
        node["new_field"] = 1
        assert lenient().is_valid(alert)
        assert not strict().is_valid(alert)


@pytest.mark.parametrize("field", ["id", "source", "type", "subject", "data"])
def test_readers_may_rely_on_the_fields_of_the_envelope(field: str) -> None:
    assert field in published()["$defs"][Alert.__name__]["required"]


def test_every_field_is_explained_and_every_time_is_told_as_one() -> None:
    for part in published()["$defs"].values():
        assert all(field["description"] for field in part["properties"].values())
    times = published()["$defs"]["Times"]["properties"]
    assert {name for name, field in times.items() if field.get("format") == "date-time"} == {
        "published", "first_seen", "matched", "alerted"
    }  # fmt: skip
