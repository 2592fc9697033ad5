"""The jobs that `benchmarks.kafka` times, one process each: ours, the bare client, and Quix Streams.

Each takes `count` records of the items topic, and prints one JSON line. The clock starts at the first records and stops
when the last of them is committed, exactly once; Quix Streams commits its last batch as it stops, which counts.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from armswatch import logs
from config.topic import TopicFile
from core import catalogue
from processors.match import MatchStep
from processors.topic import CompiledTopic, CompiledTopics
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.log import NewRecord, Record
from stream.worker import Worker

ROOT = Path(__file__).resolve().parent.parent
TOPIC = ROOT / "config" / "topics" / "russia-dprk-arms.yaml"
OUT = "armswatch.copies"
BATCH = 2000


class Watch:
    """Counts records, and takes time and CPU from the first to the last."""

    def __init__(self, count: int, begin_at: float = 0.0) -> None:
        self.left = count
        self._begin_at = begin_at  # wall clock; by then others have joined too
        self.count, self.start, self._cpu = 0, 0.0, 0.0

    def saw(self, records: int) -> None:
        """Note that records came."""
        if not self.count:
            time.sleep(max(0.0, self._begin_at - time.time()))
            self.start, self._cpu = time.time(), time.process_time()
        self.count += records

    def result(self, **more: Any) -> str:
        """Stop, and tell."""
        end, cpu = time.time(), time.process_time() - self._cpu
        figures = {"records": self.count, "start": self.start, "end": end, "cpu": cpu, "rss_mb": most_memory()}
        return json.dumps(figures | more)


def most_memory() -> float:
    """Tell the most memory that this process had, in MB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def matcher() -> MatchStep:
    """Make the match stage with the shipped topic."""
    own = CompiledTopic(TopicFile.model_validate(yaml.safe_load(TOPIC.read_bytes())), "0" * 16)
    return MatchStep(CompiledTopics([own]), clock=lambda: datetime.now(UTC))


def settings(servers: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=tuple(servers.split(",")))


class _Counted:
    """The match stage, with a watch on it."""

    def __init__(self, step: MatchStep, watch: Watch, group: str) -> None:
        self._step, self._watch, self.name, self.inputs = step, watch, group, step.inputs
        self.gained, self.lost = step.gained, step.lost
        self.made = 0

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        """Count, and match."""
        self._watch.saw(len(records))
        made = self._step(records)
        self.made += len(made)
        return made


def match_armswatch(servers: str, count: int, group: str, begin_at: float) -> str:
    """The match stage as the service runs it; ends when all of the group's members together have seen `count`."""
    watch = Watch(count, begin_at)
    step = _Counted(matcher(), watch, group)
    with KafkaLog(settings(servers), clock=lambda: datetime.now(UTC)) as log:
        worker = Worker(log, step, clock=lambda: datetime.now(UTC), max_records=BATCH)
        thread = threading.Thread(target=worker.run)
        thread.start()
        asked = time.monotonic()
        while worker.status().handled < count:
            time.sleep(0.02)
            if time.monotonic() - asked > 0.5:  # others may have done the rest; asking costs time
                asked = time.monotonic()
                if sum(log.positions(group).values()) >= count:  # offsets: a few more than records
                    break
        result = watch.result(made=step.made)
        worker.stop()
        thread.join()
        return result


def copy_armswatch(servers: str, count: int, group: str, begin_at: float) -> str:
    """Every item written again, by the log's own reader."""
    watch = Watch(count, begin_at)
    with KafkaLog(settings(servers), clock=lambda: datetime.now(UTC)) as log:
        reader = log.reader(group, [catalogue.ITEMS])
        while watch.count < count:
            records = reader.read(BATCH, timedelta(seconds=1)).records
            if records:
                watch.saw(len(records))
                reader.commit([NewRecord(OUT, record.key, record.value) for record in records])
        return watch.result(made=watch.count)


def copy_bare(servers: str, count: int, group: str, begin_at: float) -> str:
    """The same by the bare client: flush, look at every future, offsets, commit."""
    from kafka import KafkaConsumer, KafkaProducer  # noqa: PLC0415 - only here
    from kafka.structs import OffsetAndMetadata  # noqa: PLC0415

    consumer = KafkaConsumer(
        catalogue.ITEMS, bootstrap_servers=servers, group_id=group, isolation_level="read_committed",
        enable_auto_commit=False, auto_offset_reset="earliest", metrics_enabled=False,
    )  # fmt: skip
    producer = KafkaProducer(
        bootstrap_servers=servers, transactional_id=group, retry_backoff_ms=5, batch_size=262_144, linger_ms=5,
        metrics_enabled=False,
    )  # fmt: skip
    producer.init_transactions()
    watch = Watch(count, begin_at)
    while watch.count < count:
        found = consumer.poll(timeout_ms=1000, max_records=BATCH)
        if not found:
            continue
        watch.saw(sum(map(len, found.values())))
        producer.begin_transaction()
        sent = [producer.send(OUT, key=each.key, value=each.value) for records in found.values() for each in records]
        producer.flush()
        if not all(each.succeeded() for each in sent):
            raise RuntimeError("a record was not taken")
        ends = {source: OffsetAndMetadata(records[-1].offset + 1, "", -1) for source, records in found.items()}
        producer.send_offsets_to_transaction(ends, consumer.group_metadata())
        producer.commit_transaction()
    result = watch.result(made=watch.count)
    consumer.close()
    producer.close()
    return result


def _quix(servers: str, group: str) -> Any:
    from quixstreams import Application  # noqa: PLC0415 - only where it is installed

    return Application(
        broker_address=servers, consumer_group=group, auto_offset_reset="earliest", commit_every=BATCH,
        processing_guarantee="exactly-once", loglevel="WARNING", auto_create_topics=False, use_changelog_topics=False,
        state_dir=tempfile.mkdtemp(),
    )  # fmt: skip


def match_quix(servers: str, count: int, group: str, begin_at: float) -> str:
    """The same job and matcher in Quix Streams, which hands over one record at a time."""
    app = _quix(servers, group)
    step, watch = matcher(), Watch(count, begin_at)
    now = datetime.now(UTC)
    made = 0

    def match(value: bytes, key: bytes, _timestamp: int, _headers: Any) -> list[bytes]:
        nonlocal made
        watch.saw(1)
        if watch.count == count:
            app.stop()
        found = step([Record(catalogue.ITEMS, 0, 0, now, key, value)])
        made += len(found)
        return [each.value or b"" for each in found]

    items = app.topic(catalogue.ITEMS, value_deserializer="bytes", key_deserializer="bytes")
    matches = app.topic(catalogue.MATCHES, value_serializer="bytes", key_serializer="bytes")
    app.dataframe(items).apply(match, expand=True, metadata=True).to_topic(matches)
    app.run()
    return watch.result(made=made)


def copy_quix(servers: str, count: int, group: str, begin_at: float) -> str:
    """Every item written again, by Quix Streams."""
    app = _quix(servers, group)
    watch = Watch(count, begin_at)

    def see(value: bytes) -> bytes:
        watch.saw(1)
        if watch.count == count:
            app.stop()
        return value

    items = app.topic(catalogue.ITEMS, value_deserializer="bytes", key_deserializer="bytes")
    copies = app.topic(OUT, value_serializer="bytes", key_serializer="bytes")
    app.dataframe(items).apply(see).to_topic(copies)
    app.run()
    return watch.result(made=watch.count)


JOBS = {
    "match-armswatch": match_armswatch,
    "match-quix": match_quix,
    "copy-armswatch": copy_armswatch,
    "copy-bare": copy_bare,
    "copy-quix": copy_quix,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("job", choices=JOBS)
    arguments.add_argument("servers")
    arguments.add_argument("count", type=int)
    arguments.add_argument("--group", default=f"bench-{uuid.uuid4().hex[:8]}")
    arguments.add_argument("--core", type=int)
    arguments.add_argument("--begin-at", type=float, default=0.0)
    options = arguments.parse_args()
    logs.configure("json", verbose=False)
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    print(JOBS[options.job](options.servers, options.count, options.group, options.begin_at), flush=True)


if __name__ == "__main__":
    main()
