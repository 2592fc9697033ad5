"""Makes the AsyncAPI document of the alert topics: the one thing on a Kafka cluster that others may build on.

Whatever it says of an alert, a topic or a default comes from where the program has it from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from config.log_settings import KafkaLog
from core import catalogue, codec
from core.types import Alert, AlertData, AlertId, AlertSource, Evidence, ItemId, Span, StoryId, Times, TopicId
from processors.alerts import HEADERS

SCHEMA_FILE = "alert.schema.json"
CONTENT_TYPE = "application/cloudevents+json"
_BINDING = "0.5.0"
_DAY = timedelta(days=1)
_SEEN = datetime(2026, 11, 24, 10, 31, 57, 239629, tzinfo=UTC)
_TITLE = "North Korea ships 40 containers of artillery shells to Russia"
_LINK = "https://outlet.example/shells"

_PUBLISHED = """\
Armswatch publishes its alerts on one Kafka topic for each topic model. These topics are its public product, and keep
the promises below. Whatever else begins with `armswatch.` on a cluster is its state and its work in progress: it may
change with any release, so build nothing on it.

Start with the how-to page "Subscribe with Kafka"; "What Armswatch and its subscribers may do on a Kafka cluster" lists
the grants that a subscriber needs."""
_CHANNEL = """\
Ordering: the key of a record is its story, so all alerts of a story stand in one partition, in the order in which they
were raised. Between stories nothing is promised; `time` tells. The partition is the CRC-32 of the key modulo the number
of partitions, which is the same for all topics, set by `log.partitions` ({partitions} by default), and fixed once the
topic is made.

Delivery: each alert is written once, in a transaction together with the story it belongs to. Read with
`isolation.level=read_committed`, or alerts may be seen that were never raised. Offsets have gaps, where transactions
ended. A replay may bring an alert again, with the same `id`: keep the ids that were handled, and leave those out.

Retention: alerts stay for `log.keep_alerts`, {days} days by default, by the time of the record; then they are
deleted, oldest first. The topic is never compacted, and there are no tombstones: all alerts of a story stay.

Groups: a subscriber reads as a group of its own, and gets every alert. Several members of one group share
the partitions. The name of the group must not begin with `armswatch.`, after the prefix too: that is the service's own.

A topic is made when the service starts with its topic model, with `log.replication_factor` replicas, {replicas} by
default. When the topic model is taken away, its alerts stay."""
_MESSAGE = """\
The value is a CloudEvents 1.0 event in structured mode, as JSON in UTF-8: everything is in the
value, as the one header says. The time of the record is when it was written, `time` when the alert was raised.

Fields may be added: ignore those you don't know. A change that breaks readers raises the number in `dataschema`; check
it, and set aside what has another. Text is plain text, as published: escape it before it goes into HTML or a shell."""


def asyncapi() -> str:
    """Make the document, as JSON, which is YAML too. It refers to the alert's schema beside it."""
    return json.dumps(_document(), indent=2, ensure_ascii=False) + "\n"


def example() -> Alert:
    """Give an alert as one might come."""
    span = Span("title", 0, 11, "North Korea", "dprk")
    source = AlertSource("Outlet", _LINK, _TITLE, "en", "KR", "newspaper", "", _SEEN)
    data = AlertData(
        level="new",
        topic=TopicId("russia-dprk-arms"),
        story=StoryId("17540bc7faaf360341cc5a796a2f0851"),
        item=ItemId("13dbfebdbbf25f4a250a3989a45a6017"),
        revision=0,
        headline=_TITLE,
        summary="A train with 40 containers left the border town of Tumangang, an official said.",
        link=_LINK,
        language="en",
        score=0.97,
        threshold=0.5,
        facets=("munitions",),
        evidence=(Evidence("link_in_title", "the title links the two", 1.5, "munitions", (span,)),),
        sources=(source,),
        origins=1,
        times=_times(),
        topic_hash="73d36d37a5d8fc8f",
    )
    return Alert(
        id=AlertId("594617b760466af4d2791bf2c8367ebe"),
        source=f"armswatch/{data.topic}",
        type=f"org.armswatch.alert.{data.level}",
        subject=data.story,
        time=data.times.alerted,
        data=data,
    )


def _times() -> Times:
    published, alerted = _SEEN - timedelta(seconds=11), _SEEN + timedelta(milliseconds=22)
    return Times(published, "", _SEEN, _SEEN + timedelta(milliseconds=14), alerted, 11.0, 0.022)


def _document() -> Mapping[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Armswatch alerts",
            "version": f"{_schema_number()}.0.0",
            "description": _PUBLISHED,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"plain": _server("kafka", ()), "secure": _server("kafka-secure", tuple(_SECURITY))},
        "channels": {"alerts": _channel()},
        "operations": {
            "publishAlert": {
                "action": "send",
                "summary": "An alert is raised.",
                "channel": {"$ref": "#/channels/alerts"},
                "messages": [{"$ref": "#/channels/alerts/messages/alert"}],
            }
        },
        "components": {"messages": {"alert": _message()}, "securitySchemes": _SECURITY},
    }


def _server(protocol: str, security: tuple[str, ...]) -> Mapping[str, Any]:
    secured = {"security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in security]} if security else {}
    return {
        "host": "{host}:{port}",
        "protocol": protocol,
        "description": "A broker of the cluster that `log.bootstrap_servers` names"
        + (", over TLS, with one of these logins." if security else ", where it asks for neither TLS nor a login."),
        "variables": {
            "host": {"default": "broker.example", "description": "Name or address of a broker."},
            "port": {"default": "9093" if security else "9092", "description": "The port of its listener."},
        },
        **secured,
    }


_SECURITY: Mapping[str, Any] = {
    "saslPlain": {"type": "plain", "description": "SASL PLAIN: user and password."},
    "saslScram256": {"type": "scramSha256", "description": "SASL SCRAM-SHA-256: user and password."},
    "saslScram512": {"type": "scramSha512", "description": "SASL SCRAM-SHA-512: user and password."},
    "saslOauthbearer": {
        "type": "oauth2",
        "description": "SASL OAUTHBEARER: a token from the operator's identity provider.",
        "flows": {"clientCredentials": {"tokenUrl": "https://identity.example/token", "availableScopes": {}}},
    },
    "clientCertificate": {"type": "X509", "description": "TLS with a client certificate."},
}


def _channel() -> Mapping[str, Any]:
    settings = KafkaLog(kind="kafka", bootstrap_servers=["broker.example:9092"])
    name = catalogue.alerts("{topic}")
    [kind] = [
        each
        for each in catalogue.catalogue(("{topic}",), settings.keep_items, settings.keep_alerts)
        if each.name == name
    ]
    kept = cast("timedelta", kind.retention)
    return {
        "address": "{prefix}" + name,
        "title": "Alerts of one topic model",
        "description": _CHANNEL.format(
            partitions=settings.partitions, days=kept // _DAY, replicas=settings.replication_factor
        ),
        "parameters": {
            "prefix": {
                "default": "",
                "description": "The operator's `log.topic_prefix`; empty by default.",
                "examples": ["newsroom."],
            },
            "topic": {"description": "The id of the topic model.", "examples": ["russia-dprk-arms"]},
        },
        "messages": {"alert": {"$ref": "#/components/messages/alert"}},
        "bindings": {
            "kafka": {
                "partitions": settings.partitions,
                "replicas": settings.replication_factor,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if kind.compacted else "delete"],
                    "retention.ms": kept // timedelta(milliseconds=1),
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _message() -> Mapping[str, Any]:
    return {
        "name": "alert",
        "title": "An alert",
        "description": _MESSAGE,
        "contentType": CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {name: {"type": "string", "const": value.decode()} for name, value in HEADERS},
        },
        "payload": {"$ref": f"./{SCHEMA_FILE}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The story's id, as in `subject`: 32 hex digits in UTF-8."},
                "bindingVersion": _BINDING,
            }
        },
        "examples": [{"name": "new", "summary": "A first report.", "payload": json.loads(codec.encode(example()))}],
    }


def _schema_number() -> str:
    return example().dataschema.rpartition(":")[2]
