"""The logs that the contract must hold for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.log import EventLog
from stream.sqlite import SqliteLog
from tests.stream.harness import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite-memory", "sqlite-file"])
def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[EventLog]:
    path = tmp_path / "log.sqlite" if request.param == "sqlite-file" else None
    opened = SqliteLog(path, clock=clock)
    yield opened
    opened.close()
