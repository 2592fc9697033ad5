"""The logs that the contract must hold for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict

from stream.kafka import KafkaLog
from stream.log import EventLog
from stream.sqlite import SqliteLog
from tests.stream.bench import Bench
from tests.stream.harness import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


def embedded(kind: str, directory: Path, clock: Clock) -> SqliteLog:
    """Open an embedded log of the kind, `sqlite-memory` or `sqlite-file`."""
    return SqliteLog(directory / "log.sqlite" if kind == "sqlite-file" else None, clock=clock)


@pytest.fixture(params=["sqlite-memory", "sqlite-file", "kafka"])
def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[EventLog]:
    """Every kind of log."""
    if request.param == "kafka":
        with KafkaLog(request.getfixturevalue("kafka_settings"), clock=clock) as cluster:
            yield cluster
        return
    with embedded(request.param, tmp_path, clock) as opened:
        yield opened


@pytest.fixture(params=["sqlite-memory", "sqlite-file"])
def embedded_log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[EventLog]:
    """Only the embedded ones: members are told of each other at once, without reading."""
    with embedded(request.param, tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def bench(embedded_log: EventLog, clock: Clock) -> Bench:
    """Topics of one partition to run a worker between."""
    return Bench(embedded_log, clock)


@pytest.fixture
def told() -> Iterator[list[EventDict]]:
    """Collects what is logged."""
    with structlog.testing.capture_logs() as events:
        yield events
