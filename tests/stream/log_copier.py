"""A program that copies a log file to a broker until it is killed: FILE PREFIX SERVER. Prints a line for each step."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from stream.copying import copy
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.sqlite import SqliteLog
from tests.stream.copied import SMALL, SPECS
from tests.stream.harness import Clock

if __name__ == "__main__":
    settings = KafkaSettings(
        bootstrap_servers=(sys.argv[3],),
        topic_prefix=sys.argv[2],
        session_timeout=timedelta(seconds=6),
        transaction_timeout=timedelta(seconds=4),
    )
    with SqliteLog(Path(sys.argv[1]), clock=Clock()) as source, KafkaLog(settings, clock=Clock()) as target:
        copy(source, target, SPECS, tell=lambda step: print(step.what, flush=True), limits=SMALL)
