"""A site and a log for the tests of the stage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stream.sqlite import SqliteLog
from tests.ingest.running import START, create_topics
from tests.ingest.site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    log = SqliteLog(None, clock=lambda: START)
    create_topics(log)
    yield log
    log.close()
