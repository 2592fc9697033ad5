"""Kafka, side by side in one run on one broker: the match job and copying, Armswatch against Quix Streams and the bare client.

Run `python -m benchmarks.kafka`, with quixstreams installed beside (`pip install quixstreams==3.28.1`; it wants an older
pydantic, so in an environment of its own). Starts a broker, or uses that of KAFKA_BOOTSTRAP_SERVERS, which must be empty.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.kafka_jobs import OUT
from benchmarks.tag import made_up_texts, real_texts, records
from core import catalogue
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.log import NewRecord, TopicSpec
from tests.stream.kafka_broker import any_broker

PARTITIONS = 4
CHUNK = 2000
JOIN_S = 12.0  # until all members of a group are there
TOPICS = (catalogue.ITEMS, catalogue.MATCHES, catalogue.DEAD_LETTERS, OUT)
NAMES = {
    "match-armswatch": "match 1 %, exactly once: Armswatch",
    "match-quix": "match 1 %, exactly once: Quix Streams",
    "copy-armswatch": "copy all, exactly once: Armswatch",
    "copy-bare": "copy all, exactly once: kafka-python",
    "copy-quix": "copy all, exactly once: Quix Streams",
}


def fill(log: KafkaLog, count: int) -> None:
    """Write so many items, of real entries where they lie beside the project."""
    log.create([TopicSpec(name, PARTITIONS) for name in TOPICS])
    texts = real_texts()
    print(
        f"items: {'real feed entries' if texts else 'generated texts'}, {count:,} in {PARTITIONS} partitions",
        flush=True,
    )
    made = records(texts or made_up_texts(15_000))
    for start in range(0, count, CHUNK):
        chunk = (made[number % len(made)] for number in range(start, min(start + CHUNK, count)))
        log.append([NewRecord(catalogue.ITEMS, each.key, each.value) for each in chunk])


def begin(job: str, servers: Sequence[str], count: int, *more: str) -> subprocess.Popen[str]:
    """Start a job as a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.kafka_jobs", job, ",".join(servers), str(count), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a job; give its figures."""
    out, _ = process.communicate(timeout=600)
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    return figures


def rate(figures: dict[str, Any]) -> float:
    """Items a second."""
    return float(figures["records"] / (figures["end"] - figures["start"]))


def side_by_side(servers: Sequence[str], count: int, rounds: int) -> None:
    """Run every job in turn, several times; the clients on one core, the broker on what it takes."""
    jobs = [job for job in NAMES if not job.endswith("quix") or importlib.util.find_spec("quixstreams")]
    core = str(max(os.sched_getaffinity(0)))
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _ in range(rounds):
        for job in jobs:
            found[job].append(ended(begin(job, servers, count, "--core", core)))
    medians = {job: statistics.median(map(rate, figures)) for job, figures in found.items()}
    for job, figures in found.items():
        cpu = statistics.median(each["cpu"] / each["records"] * 1e6 for each in figures)
        rss = max(each["rss_mb"] for each in figures)
        beside = medians.get(f"{job.split('-')[0]}-quix")
        ratio = f", {medians[job] / beside:.2f} of Quix Streams'" if beside else ""
        print(
            f"{NAMES[job]}: {medians[job]:8,.0f} items/s ({min(map(rate, figures)):,.0f} to {max(map(rate, figures)):,.0f}),"
            f" {cpu:.1f} us CPU an item, {rss:.0f} MB, {figures[0]['made']:,} written{ratio}",
            flush=True,
        )


def together(servers: Sequence[str], count: int, members: int) -> None:
    """Run the match job in several processes of one group."""
    group = f"bench-{uuid.uuid4().hex[:8]}"
    begin_at = str(time.time() + JOIN_S)
    started = [
        begin("match-armswatch", servers, count, "--group", group, "--begin-at", begin_at) for _ in range(members)
    ]
    figures = [ended(process) for process in started]
    seconds = max(each["end"] for each in figures) - min(each["start"] for each in figures)
    shares = ", ".join(f"{each['records']:,}" for each in figures)
    print(f"the match job, {members} processes: {count / seconds:8,.0f} items/s ({shares} each)", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--items", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--backlog", type=int, default=0, help="items to catch up with, at the end; 0: not")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place, any_broker(Path(place)) as broker:
        settings = KafkaSettings(bootstrap_servers=broker.servers)
        with KafkaLog(settings, clock=lambda: datetime.now(UTC)) as log:
            fill(log, options.items)
            side_by_side(broker.servers, options.items, options.rounds)
            together(broker.servers, options.items, 2)
            if options.backlog > options.items:
                fill(log, options.backlog - options.items)
                figures = ended(begin("match-armswatch", broker.servers, options.backlog))
                print(
                    f"catching up with {options.backlog:,} items: {figures['end'] - figures['start']:.1f} s, "
                    f"{rate(figures):,.0f} items/s, {figures['rss_mb']:.0f} MB"
                )


if __name__ == "__main__":
    main()
