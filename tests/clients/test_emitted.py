"""What the service really emits, under exactly the grants of the page, is what the documents say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from armswatch.asyncapi import CONTENT_TYPE
from stream.log import partition_of
from tests.clients.authorised_broker import ADMIN, Grant, grant
from tests.clients.emitted import ALERTS, EMITTED, TOPIC, Emitted, consumed
from tests.clients.schema import document, lenient, strict
from tests.stream.kafka_broker import Broker


@pytest.fixture(scope="module")
def alerts(emitted: list[Emitted]) -> list[Any]:
    return [json.loads(record.value) for record in emitted]


def test_each_alert_is_what_readers_are_promised_with_every_field_and_no_other(alerts: list[Any]) -> None:
    for alert in alerts:
        assert [error.message for error in strict().iter_errors(alert)] == []
        assert lenient().is_valid(alert)


def test_each_alert_is_a_cloudevent_in_structured_mode(emitted: list[Emitted], alerts: list[Any]) -> None:
    assert document()["components"]["messages"]["alert"]["contentType"] == CONTENT_TYPE
    for record, alert in zip(emitted, alerts, strict=True):
        record.value.decode("utf-8")
        assert alert["specversion"] == "1.0"
        assert dict(record.headers)["content-type"].startswith(CONTENT_TYPE.encode())
        assert alert["source"] == f"armswatch/{TOPIC}"
        assert alert["type"] == f"org.armswatch.alert.{alert['data']['level']}"
        assert datetime.fromisoformat(alert["time"]).utcoffset() == timedelta(0)
    assert len({alert["id"] for alert in alerts}) == len(alerts)


def test_key_partition_and_time_of_each_record_are_as_promised(emitted: list[Emitted], alerts: list[Any]) -> None:
    message = document()["components"]["messages"]["alert"]
    assert message["bindings"]["kafka"]["key"]["type"] == "string"
    for record, alert in zip(emitted, alerts, strict=True):
        assert record.key.decode() == alert["subject"] == alert["data"]["story"]
        assert record.partition == partition_of(record.key, 2)
        written = record.timestamp_ms / 1000 - datetime.fromisoformat(alert["time"]).timestamp()
        assert -0.01 <= written < 20


def test_records_carry_the_headers_that_are_documented(emitted: list[Emitted]) -> None:
    documented = document()["components"]["messages"]["alert"]["headers"]["properties"]
    for record in emitted:
        assert {name: value.decode() for name, value in record.headers} == {
            name: field["const"] for name, field in documented.items()
        }


def test_the_alerts_of_a_story_come_in_order(alerts: list[Any]) -> None:
    first, again = (alert for alert in alerts if alert["data"]["sources"][0]["name"] == "First")
    assert first["subject"] == again["subject"]
    assert (first["data"]["level"], again["data"]["level"]) == ("new", "update")
    assert first["time"] < again["time"]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of an alert, by its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list):
        yield path, value
        for each in value:
            yield from leaves(each, f"{path}[]")
    else:
        yield path, value


def test_every_field_was_seen_with_something_in_it_and_where_it_may_be_empty_without(alerts: list[Any]) -> None:
    seen: dict[str, list[Any]] = {}
    for alert in alerts:
        for path, value in leaves(alert):
            seen.setdefault(path, []).append(value)
    assert [path for path, values in seen.items() if not any(values)] == []
    for path in (
        "data.link", "data.language", "data.times.published", "data.times.published_doubt",
        "data.sources[].country", "data.sources[].origin", "data.sources[].url",
        "data.times.lag_published_to_seen_s",
    ):  # fmt: skip
        assert any(not value for value in seen[path]), path
    assert {len(alert["data"]["sources"]) for alert in alerts} == {1, 2}
    assert set(seen["data.level"]) == {"new", "update"}
    assert {"date_future", "date_missing", ""} <= set(seen["data.times.published_doubt"])


def test_nobody_else_is_let_in(broker: Broker, emitted: list[Emitted], user: str) -> None:
    grant(broker, user, [Grant("group", "literal", "x", "Read")])
    assert len(consumed(broker, ADMIN, EMITTED + ALERTS, len(emitted))) == len(emitted)
    assert consumed(broker, user, EMITTED + ALERTS, 1, patience_s=1) == []
