"""From fetch to alert, with durable commits: items a second, and the latency of one item, idle and while others come.

Run `python -m benchmarks.latency` for the embedded log, `python -m benchmarks.latency --kafka HOST:PORT` for a cluster.
"""

from __future__ import annotations

import argparse
import http.server
import random
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from armswatch import logs, wiring
from armswatch.clock import utc_now
from benchmarks.tag import records
from config.loader import Config, load
from core import catalogue
from core.codec import decode
from core.types import Alert, TopicId
from ingest.service import Ingest
from stream.log import EventLog, NewRecord
from stream.worker import Worker

TOPIC = TopicId("russia-dprk-arms")
SINGLES = 300
FEEDS, ENTRIES, ON_TOPIC_EVERY = 100, 50, 50
ROUNDS = 3
FIRST = 10
OTHERS, OTHERS_EVERY_S = 200, 0.1  # items that come meanwhile, when it is busy


def entry(number: int, *, on_topic: bool) -> str:
    """Write one entry; those on topic differ in their numbers, so each is news."""
    title = f"Talks on harbour fees, day {number}"
    text = f"The port authority met for the {number}th time. " + "Delegates spoke of berths, cranes and pilots. " * 5
    if on_topic:
        title = f"North Korea ships {number} containers of artillery shells to Russia"
        text = f"Ship number {number} left Rajin with {number * 3} tons of 152 mm shells for the Russian army, officials said."
    date = format_datetime(datetime.now(UTC))
    return (
        f"<item><guid>n{number}</guid><title>{title}</title><description>{text}</description>"
        f"<link>http://outlet.example/{number}</link><pubDate>{date}</pubDate></item>"
    )


def document(entries: list[str]) -> bytes:
    """Write a feed."""
    return f"<rss version='2.0'><channel><title>Bench</title>{''.join(entries)}</channel></rss>".encode()


class Handler(http.server.BaseHTTPRequestHandler):
    """`/one`: one new entry on topic at every request. `/<n>`: fifty entries of feed n in round r."""

    singles = 0
    round = 0

    def do_GET(self) -> None:
        if self.path == "/one":
            Handler.singles += 1
            body = document([entry(Handler.singles, on_topic=True)])
        else:
            base = (int(self.path[1:]) + 1) * 100_000 + Handler.round * 1000
            body = document([entry(base + n, on_topic=n % ON_TOPIC_EVERY == 0) for n in range(ENTRIES)])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        del format, args


@contextmanager
def site() -> Iterator[str]:
    """Serve on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def kafka(servers: str) -> str:
    """Write the settings of a log on a cluster, under a prefix of its own."""
    if not servers:
        return ""
    return f"log: {{kind: kafka, bootstrap_servers: [{servers}], topic_prefix: bench-{uuid.uuid4().hex[:6]}.,\n  replication_factor: 1, min_insync_replicas: 1}}\n"


@contextmanager
def pipeline(directory: Path, urls: list[str], servers: str) -> Iterator[tuple[EventLog, Ingest]]:
    """Run ingest, match, alert and archive over these feeds, on a log in this directory."""
    directory.mkdir()
    (directory / "armswatch.yaml").write_text(
        "data_dir: data\nnetwork: {allow_private: [127.0.0.1]}\npolling: {per_host: 50}\n" + kafka(servers),
        encoding="utf-8",
    )
    (directory / "feeds.yaml").write_text("feeds:\n" + "".join(f"  - url: {url}\n" for url in urls), encoding="utf-8")
    config: Config = load(directory, {})
    log = wiring.open_log(config, utc_now)
    steps = wiring.stages(config, log, wiring.compiled(config), utc_now)
    workers = [Worker(log, step, clock=utc_now) for step in steps.values()]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    ingest = Ingest(
        log, feeds=config.enabled_feeds, settings=config.settings, clock=utc_now, monotonic=time.monotonic,
        random=random.random, observe=lambda _poll: None,
    )  # fmt: skip
    for thread in threads:
        thread.start()
    ingest.start()
    try:
        yield log, ingest
    finally:
        ingest.stop(timedelta(seconds=5))
        for worker, thread in zip(workers, threads, strict=True):
            worker.stop()
            thread.join()
        log.close()


def next_alerts(log: EventLog, wanted: int, start: threading.Event) -> list[float]:
    """Read alerts until there are so many; return each one's ms from response received to read."""
    reader = log.reader(f"bench-{wanted}", [catalogue.alerts(TOPIC)], start="latest")
    while not reader.read(0, timedelta(seconds=1)).gained:
        pass
    start.set()
    lags: list[float] = []
    end = time.monotonic() + 120
    while len(lags) < wanted and time.monotonic() < end:
        for record in reader.read(500, timedelta(seconds=1)).records:
            alert = decode(Alert, record.value or b"")
            lags.append((utc_now() - alert.data.times.first_seen) / timedelta(milliseconds=1))
    reader.close()
    return lags


def watch(log: EventLog, wanted: int) -> tuple[threading.Thread, list[float]]:
    """Begin to read alerts in a thread."""
    lags: list[float] = []
    ready = threading.Event()
    thread = threading.Thread(target=lambda: lags.extend(next_alerts(log, wanted, ready)))
    thread.start()
    ready.wait()
    return thread, lags


@contextmanager
def others(log: EventLog) -> Iterator[None]:
    """Have items come that match nothing, some thousands a second."""
    over = threading.Event()

    def append() -> None:
        made = records([(f"Rain in valley {n}", "Showers are due by the evening. " * 8) for n in range(OTHERS)])
        new = [NewRecord(catalogue.ITEMS, record.key, record.value) for record in made]
        while not over.wait(OTHERS_EVERY_S):
            log.append(new)

    thread = threading.Thread(target=append)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def latency(log: EventLog, ingest: Ingest, how: str, goal: str) -> None:
    """Poll a feed with one new entry on topic each time; print how long until its alert was read."""
    thread, lags = watch(log, SINGLES)
    for _ in range(SINGLES):
        ingest.poll_all()
        time.sleep(0.02)
    thread.join()
    first, steady = lags[:FIRST], lags[FIRST:]
    cuts = statistics.quantiles(steady, n=100)
    print(
        f"response received -> alert readable, {how}, {len(steady)} items: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms{goal}"
        f"; the slowest {max(steady):.1f} ms; the {FIRST} before, while clients learn of their topics, up to {max(first):.1f} ms",
        flush=True,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kafka", metavar="HOST:PORT", default="", help="on a cluster, not the embedded log")
    servers = arguments.parse_args().kafka
    logs.configure("json", verbose=False, write=lambda _line: None)
    with tempfile.TemporaryDirectory() as place, site() as base:
        with pipeline(Path(place) / "one", [f"{base}/one"], servers) as (log, ingest):
            latency(log, ingest, "idle", f" (goal p99 <= {250 if servers else 50} ms)")
            with others(log):
                latency(log, ingest, f"with {OTHERS / OTHERS_EVERY_S:,.0f} other items a second", "")
        with pipeline(Path(place) / "many", [f"{base}/{n}" for n in range(FEEDS)], servers) as (log, ingest):
            rates = []
            for Handler.round in range(ROUNDS):
                thread, lags = watch(log, FEEDS * ENTRIES // ON_TOPIC_EVERY)
                began = time.perf_counter()
                ingest.poll_all()
                thread.join()
                rates.append(FEEDS * ENTRIES / (time.perf_counter() - began))
                if len(lags) != FEEDS:
                    raise SystemExit(f"{len(lags)} alerts, not {FEEDS}: every item on topic alerts")
            print(
                f"fetch -> alert, {FEEDS} feeds of {ENTRIES} new entries: median {statistics.median(rates):,.0f} items/s"
                f" of {ROUNDS} rounds ({', '.join(f'{rate:,.0f}' for rate in rates)})"
            )


if __name__ == "__main__":
    main()
