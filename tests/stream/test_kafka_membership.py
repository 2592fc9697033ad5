from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from tests.stream.harness import Clock, put, settle, take, topic, unique, values
from tests.stream.kafka_faults import SOCKETS_LEFT

pytestmark = SOCKETS_LEFT
WAIT = timedelta(milliseconds=200)


def test_who_is_kept_from_joining_for_long_tries_anew_and_gets_its_share_in_the_end(
    kafka_settings: KafkaSettings, clock: Clock
) -> None:
    """Another member, which lives but takes no part, holds up the group."""
    settings = replace(kafka_settings, request_timeout=timedelta(seconds=1), transaction_timeout=timedelta(seconds=6))
    with KafkaLog(settings, clock=clock) as log:
        name, group = topic(log, 2), unique("g")
        put(log, name, b"a")
        idle = settings.consumer(settings.named(group))
        idle.subscribe([name])
        while not idle.assignment():
            idle.poll(timeout_ms=100)
        reader = log.reader(group, [name])
        until = time.monotonic() + (settings.session_timeout + 3 * settings.request_timeout).total_seconds() + 3
        while time.monotonic() < until:
            assert reader.read(10, WAIT).gained == frozenset()

        idle.close(autocommit=False)

        settle({reader: set()}, 2)
        assert values(take(reader, 1)) == [b"a"]
        reader.commit()
        assert sum(log.positions(group).values()) == 1
