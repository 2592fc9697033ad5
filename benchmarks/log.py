"""How fast the embedded log is: appends, transactions, reads, and how long a commit takes.

Run with `python -m benchmarks.log [DIRECTORY]`; the directory decides which disk is measured. Besides figures it
gives ratios to what the disk itself can do (one small synchronous write), which carry over to other machines.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stream.log import EventLog, NewRecord, TopicSpec
from stream.sqlite import SqliteLog

SECONDS = 2.0  # each measurement
SMALL, PARTITIONS = 200, 4  # bytes of a value; partitions of a topic
AT_ONCE = timedelta(0)


def now() -> datetime:
    return datetime.now(UTC)


def timed(act: Callable[[], object], seconds: float = SECONDS) -> list[float]:
    """Repeat for so long; return how long each took, in seconds."""
    durations: list[float] = []
    ends = time.perf_counter() + seconds
    while (began := time.perf_counter()) < ends:
        act()
        durations.append(time.perf_counter() - began)
    return durations


def sync_writes(directory: Path) -> float:
    """Return how many synchronous 4 kB writes the disk does a second."""
    descriptor = os.open(directory / "probe", os.O_CREAT | os.O_WRONLY)

    def write() -> None:
        os.write(descriptor, bytes(4096))
        os.fdatasync(descriptor)

    durations = timed(write, 1.0)
    os.close(descriptor)
    return len(durations) / sum(durations)


def percentile(durations: list[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    return statistics.quantiles(durations, n=100)[percent - 1] * 1000


def appends(log: EventLog, topic: str, size: int, value_bytes: int = SMALL) -> list[float]:
    records = [NewRecord(topic, b"key-%d" % n, bytes(value_bytes)) for n in range(size)]
    return timed(lambda: log.append(records))


def copies(log: EventLog, source: str, target: str) -> float:
    """Return how many records a second are read and, with their positions, written again in batches of 500."""
    reader = log.reader("copy", [source])
    reader.read(0, AT_ONCE)
    done, began = 0, time.perf_counter()
    while (records := reader.read(500, AT_ONCE).records) and time.perf_counter() - began < SECONDS:
        reader.commit([NewRecord(target, record.key, record.value, record.partition) for record in records])
        done += len(records)
    reader.close()
    return done / (time.perf_counter() - began)


def reads(log: EventLog, source: str) -> float:
    reader = log.reader("read", [source])
    reader.read(0, AT_ONCE)
    done, began = 0, time.perf_counter()
    while (records := reader.read(500, AT_ONCE).records) and time.perf_counter() - began < SECONDS:
        done += len(records)
    reader.close()
    return done / (time.perf_counter() - began)


def measure(directory: Path) -> None:
    disk = sync_writes(directory)
    print(f"disk: {disk:,.0f} synchronous 4 kB writes/s")
    with SqliteLog(directory / "log.sqlite", clock=now) as log:
        log.create([TopicSpec("in", PARTITIONS), TopicSpec("out", PARTITIONS), TopicSpec("state", PARTITIONS, True)])
        head = ("records/s", 12), ("transactions/s", 16), ("of disk", 9), ("p50 ms", 9), ("p99 ms", 9)
        print("records/transaction".ljust(30) + "".join(word.rjust(width) for word, width in head))
        for size in (1, 10, 100, 1000):
            show(f"{size}, {SMALL} B", size, appends(log, "in", size), disk)
        show("1000, compacted", 1000, appends(log, "state", 1000), disk)
        show("100, 4 kB", 100, appends(log, "out", 100, 4096), disk)
        print(f"read:                  {reads(log, 'in'):>12,.0f} records/s")
        print(f"read, copy and commit: {copies(log, 'in', 'out'):>12,.0f} records/s")
        began = time.perf_counter()
        described = sum(info.records for info in log.describe())
        print(f"describe {described:,} records: {(time.perf_counter() - began) * 1000:.1f} ms")


def show(name: str, size: int, durations: list[float], disk: float) -> None:
    rate = len(durations) / sum(durations)
    print(
        f"{name:<30}{rate * size:>12,.0f}{rate:>16,.0f}{rate / disk:>9.2f}"
        f"{percentile(durations, 50):>9.2f}{percentile(durations, 99):>9.2f}"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        measure(Path(made))
