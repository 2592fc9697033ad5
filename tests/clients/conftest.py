"""The broker that the tests of clients share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.clients.acl_page import granted
from tests.clients.authorised_broker import SETTINGS, USERS, grant
from tests.clients.emitted import ALERTS, EMITTED, Emitted, consumed, emit
from tests.stream.kafka_broker import Broker, own_broker

_USERS = (name for name in USERS if name.startswith("user"))
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


@pytest.fixture(scope="session")
def emitted(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> list[Emitted]:
    """Every alert of a first start, made and read under the grants of the reference page."""
    grant(broker, "emitter", granted("The service", EMITTED))
    grant(broker, "desk", granted("A subscriber", EMITTED))
    count = emit(broker, "emitter", EMITTED, tmp_path_factory.mktemp("service"))
    found = consumed(broker, "desk", EMITTED + ALERTS, count)
    assert len(found) == count
    return found
