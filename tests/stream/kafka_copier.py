"""Stages on Kafka in processes of their own, for tests that kill them.

Each is forked from a process that has everything imported, so that a hundred can be started in little time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.retry import RetryPolicy
from stream.worker import Worker
from tests.stream.copier import Copy

ROOT = Path(__file__).resolve().parents[2]
PROMPT = RetryPolicy(first=timedelta(milliseconds=50), longest=timedelta(seconds=1))


def now() -> datetime:
    return datetime.now(UTC)


def settings(servers: list[str], prefix: str, slot: str) -> KafkaSettings:
    """Quick to notice that a member or its transaction is gone. The broker must allow such short sessions."""
    return KafkaSettings(
        bootstrap_servers=tuple(servers),
        topic_prefix=prefix,
        slot=slot,
        session_timeout=timedelta(milliseconds=1500),
        heartbeat=timedelta(milliseconds=200),
        transaction_timeout=timedelta(seconds=4),
        request_timeout=timedelta(seconds=5),
    )


class Copiers:
    """Starts copiers."""

    def __init__(self, servers: tuple[str, ...], prefix: str) -> None:
        self._order = {"servers": servers, "prefix": prefix}
        self._nursery = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.stream.kafka_copier"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(self, slot: str, max_records: int = 5) -> int:
        """Start one in this slot; return the id of its process."""
        pipe, answer = self._nursery.stdin, self._nursery.stdout
        assert pipe
        assert answer
        pipe.write(json.dumps({**self._order, "slot": slot, "max_records": max_records}) + "\n")
        pipe.flush()
        return int(answer.readline())

    def close(self) -> None:
        """Kill all that are left."""
        self._nursery.communicate()


def copy(servers: list[str], prefix: str, slot: str, max_records: int) -> None:
    log = KafkaLog(settings(servers, prefix, slot), clock=now)
    Worker(log, Copy(log), clock=now, retry=PROMPT, max_records=max_records).run()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that none stays behind as a zombie
    started = []
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        pid = os.fork()
        if not pid:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for theirs in (0, 1, 2):
                os.dup2(nowhere, theirs)
            copy(**order)
            os._exit(0)
        started.append(pid)
        print(pid, flush=True)
    for pid in started:  # whoever wanted them has gone
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
