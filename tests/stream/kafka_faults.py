"""What the tests of faults share: settings of little patience, transactions with something in their midst."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stream.kafka_client import KafkaSettings
from stream.kafka_transactions import Outgoing
from stream.log import TopicPartition

# The client leaves sockets to the garbage collector where a connection is refused.
SOCKETS_LEFT = pytest.mark.filterwarnings("ignore:.*socket:pytest.PytestUnraisableExceptionWarning")
WRITTEN_MS = 1_700_000_000_000


def now() -> datetime:
    return datetime.now(UTC)


def hasty(servers: Sequence[str], **more: Any) -> KafkaSettings:
    """Settings that lose patience quickly."""
    return KafkaSettings(
        **{
            "bootstrap_servers": tuple(servers),
            "security": {"bootstrap_timeout_ms": 2000},
            "request_timeout": timedelta(seconds=2),
            "transaction_timeout": timedelta(seconds=8),
            "session_timeout": timedelta(seconds=6),
            "heartbeat": timedelta(milliseconds=300),
            **more,
        }
    )


class Interrupted(list[Outgoing]):
    """Records between the first and the second of which something happens, once."""

    def __init__(self, target: TopicPartition, values: Sequence[bytes], happens: Callable[[], object]) -> None:
        super().__init__(Outgoing(target, b"k", value, (), WRITTEN_MS) for value in values)
        self._happens = happens
        self._happened = False

    def __iter__(self) -> Iterator[Outgoing]:
        for number, record in enumerate(super().__iter__()):
            if number == 1 and not self._happened:
                self._happened = True
                time.sleep(0.1)  # for the first to be sent
                self._happens()
            yield record


class Call(threading.Thread):
    """A call that may never come back."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._call()
        except Exception as error:
            self.error = error

    def hangs(self, seconds: float) -> bool:
        """Tell whether it is still under way after so long."""
        self.join(seconds)
        return self.is_alive()
