"""Alerts as the service really emits them, and as any consumer reads them."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from core import catalogue
from tests.clients.authorised_broker import client, settings
from tests.clients.pipeline import configuration, pipeline
from tests.e2e.sample import Piece, rss, shells, weather
from tests.feedserver import FeedServer, Reply
from tests.stream.kafka_broker import Broker

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaConsumer

TOPIC = "russia-dprk-arms"
EMITTED = "emitted."  # the topic prefix under which the service emits
ALERTS = catalogue.alerts(TOPIC)
_TAKEN_BACK = " Officials denied it later: 77 containers, not 10."


class Emitted(NamedTuple):
    """A record as a consumer sees it."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


def consumed(broker: Broker, user: str, topic: str, count: int, patience_s: float = 20) -> list[Emitted]:
    """Read a topic from its beginning with a plain client, until so many records are there."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=list(broker.servers), isolation_level="read_committed", auto_offset_reset="earliest",
        **client(user),
    )  # fmt: skip
    found: list[Emitted] = []
    deadline = time.monotonic() + patience_s
    try:
        while len(found) < count and time.monotonic() < deadline:
            for records in consumer.poll(timeout_ms=200).values():
                found += [_emitted(record) for record in records]
        for records in consumer.poll(timeout_ms=300).values():  # nothing may come beyond
            found += [_emitted(record) for record in records]
    finally:
        consumer.close()
    return found


def _emitted(record: Any) -> Emitted:
    return Emitted(
        record.partition, record.offset, record.timestamp, record.key, record.value, list(record.headers or ())
    )


def emit(broker: Broker, user: str, prefix: str, directory: Path) -> int:
    """Run every stage over feeds that bring, one after another: first reports, one of them without date and link and one
    with a date to come; a reprint; an edit of the first report that claims something else.

    Returns: how many alerts that must make.
    """
    bare = re.sub(rb"<(link|pubDate)>[^<]*</\1>", b"", rss([shells(2)]))
    ahead = shells(3)._replace(published=datetime.now(UTC) + timedelta(days=3))
    reprint = shells(1)._replace(guid="reprint", text="(Agency) " + shells(1).text)
    edited = shells(1)._replace(text=shells(1).text + _TAKEN_BACK)
    with FeedServer() as server:
        server.route("/a.xml", *_replies([weather(1)], [shells(1)], [shells(1)], [edited]))
        server.route("/b.xml", *_replies([weather(2)], [weather(2)], [reprint]))
        server.route("/c.xml", *_replies([weather(3)]), Reply(bare))
        server.route("/d.xml", *_replies([weather(4)], [ahead]))
        feeds = (
            f"  - {{url: {server.url('/a.xml')}, name: First, language: en, country: KR, kind: wire, origin: agency}}\n"
            f"  - {{url: {server.url('/b.xml')}, name: Second, language: en, country: US, kind: newspaper}}\n"
            f"  - {{url: {server.url('/c.xml')}}}\n  - {{url: {server.url('/d.xml')}}}\n"
        )
        with pipeline(configuration(directory, feeds), settings(broker, user, prefix)) as stages:
            polled = 0
            for _ in range(4):
                polled += stages.poll()
                stages.wait_for("match", polled)
            stages.wait_for("alert", 5)
            assert stages.troubles() == {}
    return 4


def _replies(*documents: Sequence[Piece]) -> list[Reply]:
    return [Reply(rss(pieces)) for pieces in documents]
