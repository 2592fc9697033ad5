"""CPU milliseconds a poll, everything included: a 304, an unchanged 200, one new entry of fifty, the first fifty.

The feeds come from a server in a process of its own, whose CPU is not counted; parse workers' is. Where the package
`reader` is installed, it polls the same feeds in the same run (`pip install reader`).

    python -m benchmarks.poll [feeds] [rounds]
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from multiprocessing.connection import Connection
from pathlib import Path

from armswatch import logs
from config.settings import Feed, Network, Polling, Settings
from core.catalogue import FEEDS, ITEMS
from ingest.service import Ingest
from stream.log import TopicSpec
from stream.sqlite import SqliteLog

ENTRIES = 50
_BEGAN = datetime.now(UTC)
_WORDS = ("minister", "talks", "harbour", "export", "vessel", "report", "border", "treaty", "station", "market", "vote")
PHASES = ("first 50", "304", "unchanged 200", "1 new of 50")
Poll = Callable[[], None]


def entry(feed: str, number: int) -> str:
    """Write one entry, about 750 bytes."""
    words = random.Random(f"{feed} {number}")
    text = " ".join(words.choices(_WORDS, k=66))
    date = format_datetime(_BEGAN + timedelta(seconds=number - 1000))
    return (
        f"<item><title>{text[:70]}</title><link>http://outlet{feed}.example/{number}?utm_source=rss</link>"
        f"<guid isPermaLink='false'>{feed}-{number}</guid><pubDate>{date}</pubDate>"
        f"<description><![CDATA[<p>{text}</p>]]></description></item>\n"
    )


class Source:
    """What the server serves: fifty entries a feed, one further at each step; with or without validators."""

    def __init__(self) -> None:
        self.step = 0
        self.validators = True
        self.documents: dict[str, bytes] = {}

    def answer(self, path: str, etag: str) -> bytes:
        if path.startswith("/set/"):
            _, _, step, validators = path.split("/")
            if int(step) != self.step:
                self.documents.clear()
            self.step, self.validators = int(step), validators == "1"
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        tag = f'"{self.step}"'
        if self.validators and etag == tag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        body = self.documents.get(path) or self.documents.setdefault(path, self.write(path[1:]))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def write(self, feed: str) -> bytes:
        entries = "".join(entry(feed, self.step + ENTRIES - n) for n in range(ENTRIES))
        return f"<rss version='2.0'><channel><title>Feed {feed}</title>\n{entries}</channel></rss>".encode()


def serve(told: Connection) -> None:
    """Serve until killed."""
    source = Source()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                writer.write(source.answer(first.split(" ")[1], headers.get("if-none-match", "")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1000)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Run the server in a process of its own; give its address and process id."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that a server that does not come up is noticed
    try:
        yield f"http://127.0.0.1:{ours.recv()}", process.pid or 0
    finally:
        process.terminate()
        process.join()


def cpu_s(but: int) -> float:
    """Sum the CPU time of this process and of all below it, that one excepted. Linux only."""
    tick = os.sysconf("SC_CLK_TCK")
    children: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(stat.parent.name)
        children.setdefault(int(fields[1]), []).append(pid)
        spent[pid] = sum(map(int, fields[11:15])) / tick  # its own, and of its children that have ended
    total, todo = time.process_time(), [*children.get(os.getpid(), [])]
    while todo:
        pid = todo.pop()
        if pid != but:
            total += spent[pid]
            todo += children.get(pid, [])
    return total


def measure(url: str, pid: int, feeds: int, rounds: int, poll: Poll) -> dict[str, float]:
    """Put the server through the phases and poll in each; give milliseconds of CPU a poll."""
    step = 0

    def run(*, validators: bool, advance: int, times: int) -> float:
        nonlocal step
        spent = 0.0
        for _ in range(times):
            step += advance
            urllib.request.urlopen(f"{url}/set/{step}/{int(validators)}").close()
            before = cpu_s(pid)
            poll()
            spent += cpu_s(pid) - before
        return 1000 * spent / (times * feeds)

    return dict(
        zip(
            PHASES,
            (
                run(validators=True, advance=0, times=1),
                run(validators=True, advance=0, times=rounds),
                run(validators=False, advance=0, times=rounds),
                run(validators=False, advance=1, times=rounds),
            ),
            strict=True,
        )
    )


def ours(url: str, pid: int, feeds: int, rounds: int, folder: Path) -> dict[str, float]:
    """Measure the ingest stage over the embedded log on disk."""
    log = SqliteLog(folder / "log.db", clock=lambda: datetime.now(UTC))
    log.create([TopicSpec(ITEMS, 4), TopicSpec(FEEDS, 4, compacted=True)])
    settings = Settings(polling=Polling(per_host=50), network=Network(allow_private=["127.0.0.1"]))
    ingest = Ingest(
        log,
        feeds=[Feed(url=f"{url}/{number}") for number in range(feeds)],
        settings=settings,
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        random=random.random,
    )
    expected = iter(["ok"] + ["not_modified"] * rounds + ["unchanged"] * rounds + ["ok"] * rounds)

    def poll() -> None:
        outcomes = {done.outcome for done in ingest.poll_all()}
        assert outcomes == {next(expected)}, outcomes

    ingest.start()
    try:
        return measure(url, pid, feeds, rounds, poll)
    finally:
        ingest.stop(timedelta(seconds=5))
        log.close()


def theirs(url: str, pid: int, feeds: int, rounds: int, folder: Path) -> dict[str, float] | None:
    """Measure the package `reader`; None where it is not installed."""
    if importlib.util.find_spec("reader") is None:
        return None
    reader = importlib.import_module("reader").make_reader(str(folder / "reader.db"), search_enabled=None)
    for number in range(feeds):
        reader.add_feed(f"{url}/{number}")

    def poll() -> None:
        results = list(reader.update_feeds_iter(scheduled=False, workers=10))
        assert len(results) == feeds
        assert not any(isinstance(result.value, Exception) for result in results)

    try:
        return measure(url, pid, feeds, rounds, poll)
    finally:
        reader.close()


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    logs.configure("json", verbose=False, write=lambda _line: None)
    feeds, rounds = (int(text) for text in (sys.argv[1:] + ["200", "3"][len(sys.argv) - 1 :])[:2])
    results: dict[str, Mapping[str, float]] = {}
    for name, run in (("armswatch", ours), ("reader", theirs)):
        with tempfile.TemporaryDirectory() as folder, server() as (url, pid):
            found = run(url, pid, feeds, rounds, Path(folder))
        if found is None:
            print(f"{name} is not installed: left out (pip install {name})", file=sys.stderr)
        else:
            results[name] = found
    size = len(Source().write("0"))
    print(f"CPU ms a poll, {feeds} feeds of {ENTRIES} entries ({size / 1000:.0f} kB), {rounds} rounds")
    for name, row in results.items():
        print(f"{name:12}" + "".join(f"  {phase}: {row[phase]:.2f}" for phase in PHASES))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
