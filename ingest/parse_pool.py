"""Parsing in processes that can be killed: a hostile document costs its own result, never the service."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.entries import Limits
from ingest.model import Document, Failed, Reason
from ingest.parse_worker import LENGTH, Config, Job, Reply

_BUFFER_BYTES = 1 << 20
_WALL_GRACE = timedelta(seconds=5)
_WALL_FACTOR = 4  # the machine may be busy: only the CPU time is the document's own doing

_jobs = msgspec.msgpack.Encoder()
_replies = msgspec.msgpack.Decoder(Reply)


class ParserPool:
    """Worker processes, started as they are needed. For one event loop.

    A worker that runs past its limits, crashes, or has served long enough is replaced.
    """

    def __init__(
        self,
        *,
        processes: int,
        cpu: timedelta,
        memory_bytes: int,
        limits: Limits,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the limits for one document: CPU time, address space of the whole worker, entries and lengths."""
        config = Config(
            cpu_s=cpu.total_seconds(),
            memory_bytes=memory_bytes,
            max_entries=limits.max_entries,
            max_title_chars=limits.max_title_chars,
            max_summary_chars=limits.max_summary_chars,
        )
        self._config = msgspec.json.encode(config).decode()
        self._wall_s = (cpu * _WALL_FACTOR + _WALL_GRACE).total_seconds()
        self._clock = clock
        self._turns = asyncio.Semaphore(processes)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._closed = False

    async def parse(self, body: bytes, content_type: str, url: str, memory: bytes = b"") -> Document | Failed:
        """Parse a document, waiting for a free worker.

        Args:
            body: as fetched, decompressed.
            content_type: the HTTP header, '' when there was none.
            url: the address that answered; relative links are resolved against it.
            memory: that of the feed's last document, by the same pool; with it, the entries known aren't parsed.

        Raises:
            RuntimeError: the pool is closed.
        """
        job = Job(body, content_type, url, self._clock(), memory)
        async with self._turns:
            worker = await self._worker()
            was_used = worker.served > 0
            result = await self._run(worker, job)
            # A used worker may have been dying before this document came (killed from outside, or out of memory).
            if was_used and isinstance(result, Failed) and result.reason == Reason.PARSE_CRASH and not self._closed:
                result = await self._run(await self._worker(fresh=True), job)
            return result

    async def close(self) -> None:
        """End every worker, busy or not. Idempotent."""
        self._closed = True
        self._idle.clear()
        await asyncio.gather(*(self._end(worker) for worker in list(self._all)))

    async def _worker(self, *, fresh: bool = False) -> _Worker:
        while self._idle and not fresh:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await self._end(worker)
        if self._closed:
            raise RuntimeError("the parser pool is closed")
        worker = await _Worker.start(self._config)
        self._all.add(worker)
        return worker

    async def _run(self, worker: _Worker, job: Job) -> Document | Failed:
        reply = None
        try:
            async with asyncio.timeout(self._wall_s):
                reply = await worker.ask(job)
        except TimeoutError:
            return Failed(Reason.PARSE_CPU, f"no answer within {self._wall_s:.0f} s")
        except (OSError, asyncio.IncompleteReadError):
            return await worker.autopsy()
        finally:
            if reply is None or reply.leaving or self._closed:
                await self._end(worker)
            else:
                self._idle.append(worker)
        return reply.document or reply.failed or Failed(Reason.PARSE_CRASH, "an empty answer")

    async def _end(self, worker: _Worker) -> None:
        self._all.discard(worker)
        await worker.kill()


class _Worker:
    """One worker process and its pipes."""

    def __init__(self, process: Process) -> None:
        self.served = 0
        self._process = process

    @classmethod
    async def start(cls, config: str) -> _Worker:
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ingest.parse_worker", config),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                limit=_BUFFER_BYTES,
            )
        )

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, job: Job) -> Reply:
        sink, source = self._process.stdin, self._process.stdout
        assert sink is not None
        assert source is not None
        frame = _jobs.encode(job)
        sink.write(LENGTH.pack(len(frame)) + frame)  # at once, so that the worker wakes once
        await sink.drain()
        (length,) = LENGTH.unpack(await source.readexactly(LENGTH.size))
        reply = _replies.decode(await source.readexactly(length))
        self.served += 1
        return reply

    async def autopsy(self) -> Failed:
        """Say why the process died."""
        code = await self._process.wait()
        if code == -signal.SIGPROF:
            return Failed(Reason.PARSE_CPU, "past the CPU limit")
        return Failed(Reason.PARSE_CRASH, f"signal {-code}" if code < 0 else f"exit status {code}")

    async def kill(self) -> None:
        """Kill the process and wait for its end, even when cancelled."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.shield(self._process.wait())
        assert self._process.stdin is not None
        self._process.stdin.close()
