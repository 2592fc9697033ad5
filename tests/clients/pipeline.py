"""The real stages over a Kafka cluster, from feeds on loopback to alerts."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.fold import ArchiveStep
from armswatch import wiring
from config.loader import Config, load
from ingest.service import Ingest
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.worker import Worker

PATIENCE_S = 30


def now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def configuration(directory: Path, feeds: str) -> Config:
    """Read a configuration with these entries of `feeds.yaml` and the shipped topic."""
    directory.mkdir(parents=True, exist_ok=True)
    settings = "data_dir: data\nlog: {partitions: 2}\nnetwork: {allow_private: [127.0.0.0/8]}\n"
    (directory / "armswatch.yaml").write_text(settings, "utf-8")
    (directory / "feeds.yaml").write_text(f"feeds:\n{feeds}", "utf-8")
    return load(directory, {"HOME": str(directory)})


class Pipeline:
    """Every stage at work."""

    def __init__(self, config: Config, settings: KafkaSettings) -> None:
        self._log = KafkaLog(settings, clock=now)
        try:
            wiring.create_topics(self._log, config)
        except BaseException:
            self._log.close()
            raise
        self._steps = wiring.stages(config, self._log, wiring.compiled(config), now)
        self._workers = {name: Worker(self._log, step, clock=now) for name, step in self._steps.items()}
        self._threads = [threading.Thread(target=worker.run) for worker in self._workers.values()]
        self._ingest = Ingest(
            self._log, feeds=config.enabled_feeds, settings=config.settings, clock=now, monotonic=time.monotonic,
            random=random.random,
        )  # fmt: skip

    def start(self) -> None:
        """Start every stage."""
        for thread in self._threads:
            thread.start()
        self._ingest.start()

    def poll(self) -> int:
        """Poll every feed once; return how many items and revisions that brought."""
        polls = self._ingest.poll_all()
        assert all(poll.reached for poll in polls), polls
        return sum(poll.new + poll.updated + poll.backlog for poll in polls)

    def wait_for(self, stage: str, handled: int) -> None:
        """Wait until a stage has handled so many records."""
        deadline = time.monotonic() + PATIENCE_S
        while self._workers[stage].status().handled < handled:
            assert time.monotonic() < deadline, self.troubles()
            time.sleep(0.05)

    def troubles(self) -> dict[str, str]:
        """The last thing that went wrong in each stage."""
        return {name: found for name, worker in self._workers.items() if (found := worker.status().last_error)}

    def stop(self) -> None:
        """Drain and close."""
        self._ingest.stop(timedelta(seconds=5))
        for worker in self._workers.values():
            worker.stop()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        for step in self._steps.values():
            if isinstance(step, ArchiveStep):
                step.close()
        self._log.close()


@contextmanager
def pipeline(config: Config, settings: KafkaSettings) -> Iterator[Pipeline]:
    """Have the stages at work, and stopped in the end."""
    made = Pipeline(config, settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()
