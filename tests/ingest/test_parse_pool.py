"""Parsing in processes: whatever a document does, the next one is parsed, and no process is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from ingest.entries import Limits
from ingest.model import Document, Failed, Reason
from ingest.parse_pool import ParserPool

T = TypeVar("T")
HEAD = "<?xml version='1.0'?><rss version='2.0'><channel>"
TAIL = "</channel></rss>"
URL = "https://example.org/feed"


def rss(item: str) -> bytes:
    return f"{HEAD}<item><title>t</title>{item}</item>{TAIL}".encode()


GOOD = rss("<link>/1</link>")
# The parser takes quadratic time for names of ever new namespaces.
SLOW = rss("".join(f"<p{n}:x xmlns:p{n}='http://u/{n}'>v</p{n}:x>" for n in range(60_000)))
GREEDY = rss("<description>" + "<a>x</a>" * 1_500_000 + "</description>")


def children() -> set[int]:
    """List the worker processes of this process."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"ingest.parse_worker" in (process / "cmdline").read_bytes():
                found.add(int(process.name))
    return found


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() == before


def run(
    use: Callable[[ParserPool], Awaitable[T]],
    *,
    processes: int = 1,
    cpu_s: float = 10.0,
    memory_bytes: int = 1_000_000_000,
    limits: Limits | None = None,
) -> T:
    async def main() -> T:
        pool = ParserPool(
            processes=processes,
            cpu=timedelta(seconds=cpu_s),
            memory_bytes=memory_bytes,
            limits=limits or Limits(),
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )
        try:
            return await use(pool)
        finally:
            await pool.close()
            await pool.close()

    return asyncio.run(main())


def titles(result: Document | Failed) -> list[str]:
    assert isinstance(result, Document), result
    return [entry.title for entry in result.entries]


def test_a_document_is_parsed_with_the_pools_limits_and_clock() -> None:
    body = rss("<pubDate>Thu, 01 Jan 2026 03:00:00 GMT</pubDate><description>long text here</description>")
    result = run(lambda pool: pool.parse(body, "text/xml", URL), limits=Limits(max_summary_chars=5))
    assert isinstance(result, Document)
    (entry,) = result.entries
    assert (entry.title, entry.summary, entry.published_doubt) == ("t", "long…", "date_future")


def test_a_refused_document_is_a_value() -> None:
    result = run(lambda pool: pool.parse(b"<html>", "text/html", URL))
    assert result == Failed(Reason.HTML, "<html>")


def test_workers_are_reused_and_at_most_so_many_run() -> None:
    async def use(pool: ParserPool) -> tuple[int, set[int], set[int]]:
        results = await asyncio.gather(*(pool.parse(GOOD, "", URL) for _ in range(20)))
        first = children()
        await pool.parse(GOOD, "", URL)
        return sum(titles(result) == ["t"] for result in results), first, children()

    parsed, first, second = run(use, processes=2)
    assert parsed == 20
    assert len(first) <= 2
    assert second == first


def test_no_process_runs_before_it_is_needed() -> None:
    async def use(_: ParserPool) -> set[int]:
        return children()

    assert run(use) == set()


def test_a_document_past_the_cpu_limit_costs_only_itself() -> None:
    async def use(pool: ParserPool) -> tuple[Document | Failed, list[str], list[str]]:
        slow = asyncio.create_task(pool.parse(SLOW, "", URL))
        beside = await pool.parse(GOOD, "", URL)
        result = await slow
        return result, titles(beside), titles(await pool.parse(GOOD, "", URL))

    started = time.monotonic()
    result, beside, after = run(use, processes=2, cpu_s=0.7)
    assert result == Failed(Reason.PARSE_CPU, "past the CPU limit")
    assert beside == after == ["t"]
    assert time.monotonic() - started < 10


def test_a_document_past_the_memory_limit_costs_only_itself() -> None:
    async def use(pool: ParserPool) -> tuple[Document | Failed, list[str]]:
        return await pool.parse(GREEDY, "", URL), titles(await pool.parse(GOOD, "", URL))

    result, after = run(use, memory_bytes=100_000_000)
    assert isinstance(result, Failed)
    assert result.reason == Reason.PARSE_MEMORY
    assert after == ["t"]


def test_a_worker_that_died_while_idle_costs_nothing() -> None:
    async def use(pool: ParserPool) -> tuple[list[str], list[str]]:
        await pool.parse(GOOD, "", URL)
        (pid,) = children()
        os.kill(pid, signal.SIGKILL)
        at_once = titles(await pool.parse(GOOD, "", URL))
        (pid,) = children()
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.2)
        return at_once, titles(await pool.parse(GOOD, "", URL))

    assert run(use) == (["t"], ["t"])


async def worker_runs(for_s: float) -> None:
    """Wait until a worker runs, and then so long that it is at its document."""
    async with asyncio.timeout(20):
        while not children():  # noqa: ASYNC110 - processes set no event
            await asyncio.sleep(0.01)
    await asyncio.sleep(for_s)


async def kill_worker_when_it_runs() -> None:
    await worker_runs(0.3)
    for pid in children():
        os.kill(pid, signal.SIGSEGV)


def test_a_worker_that_crashes_over_a_document_is_told() -> None:
    async def use(pool: ParserPool) -> tuple[Document | Failed, list[str]]:
        slow = asyncio.create_task(pool.parse(SLOW, "", URL))
        await kill_worker_when_it_runs()
        return await slow, titles(await pool.parse(GOOD, "", URL))

    result, after = run(use)
    assert result == Failed(Reason.PARSE_CRASH, f"signal {signal.SIGSEGV.value}")
    assert after == ["t"]


def test_a_document_that_crashes_two_workers_is_given_up() -> None:
    async def use(pool: ParserPool) -> Document | Failed:
        await pool.parse(GOOD, "", URL)
        slow = asyncio.create_task(pool.parse(SLOW, "", URL))
        await kill_worker_when_it_runs()
        await asyncio.sleep(0.2)
        await kill_worker_when_it_runs()
        return await slow

    result = run(use)
    assert isinstance(result, Failed)
    assert result.reason == Reason.PARSE_CRASH


def test_a_stopped_worker_is_killed_by_the_wall_clock() -> None:
    async def use(pool: ParserPool) -> tuple[Document | Failed, list[str]]:
        await pool.parse(GOOD, "", URL)
        (pid,) = children()
        os.kill(pid, signal.SIGSTOP)
        return await pool.parse(GOOD, "", URL), titles(await pool.parse(GOOD, "", URL))

    result, after = run(use, cpu_s=0.1)
    assert result == Failed(Reason.PARSE_CPU, "no answer within 5 s")
    assert after == ["t"]


def test_a_cancelled_parse_leaves_no_answer_for_the_next() -> None:
    async def use(pool: ParserPool) -> list[str]:
        task = asyncio.create_task(pool.parse(SLOW, "", URL))
        await worker_runs(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return titles(await pool.parse(rss("<title>next</title>"), "", URL))

    assert run(use) == ["t"]


def test_closing_ends_a_busy_worker_and_refuses_more() -> None:
    async def use(pool: ParserPool) -> tuple[Document | Failed, float]:
        task = asyncio.create_task(pool.parse(SLOW, "", URL))
        await worker_runs(0.2)
        started = time.monotonic()
        await pool.close()
        took = time.monotonic() - started
        with pytest.raises(RuntimeError, match="closed"):
            await pool.parse(GOOD, "", URL)
        return await task, took

    result, took = run(use)
    assert isinstance(result, Failed)
    assert took < 2


SERVICE = """
import asyncio
from datetime import timedelta
from ingest.entries import Limits
from ingest.parse_pool import ParserPool

async def main():
    pool = ParserPool(processes=2, cpu=timedelta(seconds=2), memory_bytes=1_000_000_000, limits=Limits())
    body = b"<rss>" + b"".join(b"<p%d:x xmlns:p%d='http://u/%d'>v</p%d:x>" % (n, n, n, n) for n in range(60_000)) + b"</rss>"
    busy = asyncio.create_task(pool.parse(body, "", "http://example.org/"))
    await pool.parse(b"<rss/>", "", "http://example.org/")
    print("ready", *(worker._process.pid for worker in pool._all), flush=True)
    await busy

asyncio.run(main())
"""


def test_a_killed_service_leaves_no_worker() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as service:
        assert service.stdout is not None
        ready, *pids = service.stdout.readline().split()
        assert (ready, len(pids)) == ("ready", 2)
        service.kill()
    deadline = time.monotonic() + 15
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "an orphan is left"
        time.sleep(0.05)
