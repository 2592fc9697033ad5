"""The broker that the tests of clients share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.clients.authorised_broker import SETTINGS, USERS
from tests.stream.kafka_broker import Broker, own_broker

_USERS = iter(USERS)
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker where nobody but the administrator may do anything yet."""
    with own_broker(tmp_path_factory.mktemp("kafka"), SETTINGS) as running:
        yield running


@pytest.fixture
def user() -> str:
    """Somebody to whom nothing was granted yet."""
    return next(_USERS)


@pytest.fixture
def prefix() -> str:
    """A topic prefix that no other test uses."""
    return f"practice{next(_NUMBERS)}."
