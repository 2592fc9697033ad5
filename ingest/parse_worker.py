"""A process that parses documents for `ParserPool`, one at a time, under limits of time and memory.

    python -m ingest.parse_worker CONFIG

It reads framed jobs from its standard input and writes framed replies to its standard output, until its input ends:
it cannot outlive the service. It knows no network and opens no file.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from ingest.model import Document, Failed, Reason

LENGTH = struct.Struct("!I")  # of a frame, in bytes
_MAX_DOCUMENTS = 5000  # then a fresh process: whatever leaks, leaks no further
_MAX_RSS_BYTES = 300_000_000  # one large document must not keep its memory for ever


class Config(Struct, frozen=True):
    """What a worker is told at its start, as JSON."""

    cpu_s: float
    memory_bytes: int
    max_entries: int
    max_title_chars: int
    max_summary_chars: int


class Job(Struct, frozen=True, array_like=True):
    """A document to parse."""

    body: bytes
    content_type: str
    url: str
    now: datetime
    memory: bytes = b""


class Reply(Struct, frozen=True, array_like=True):
    """What came of it: one of the two."""

    document: Document | None = None
    failed: Failed | None = None
    leaving: bool = False  # the worker ends after this reply


Parse = Callable[[Job], Document | Failed]


def rss_bytes() -> int:
    """Read this process's resident memory. Its peak won't do: that begins at the size of the process that forked it."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def serve(
    source: IO[bytes],
    sink: IO[bytes],
    parse: Parse,
    cpu_s: float,
    *,
    max_documents: int = _MAX_DOCUMENTS,
    memory: Callable[[], int] = rss_bytes,
) -> None:
    """Answer jobs until the input ends, or until it is time for a fresh process."""
    jobs = msgspec.msgpack.Decoder(Job)
    replies = msgspec.msgpack.Encoder()
    count = 0
    while True:
        head = source.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return
        count += 1
        job = jobs.decode(source.read(LENGTH.unpack(head)[0]))
        # Counts CPU time of this process; its signal ends the process, wherever in C code it may be.
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        reply = _answer(parse, job)
        signal.setitimer(signal.ITIMER_PROF, 0)
        leaving = reply.leaving or count == max_documents or memory() > _MAX_RSS_BYTES
        reply = msgspec.structs.replace(reply, leaving=leaving)
        frame = replies.encode(reply)
        sink.write(LENGTH.pack(len(frame)))
        sink.write(frame)
        sink.flush()
        if leaving:
            return


def _answer(parse: Parse, job: Job) -> Reply:
    try:
        result = parse(job)
    except MemoryError:
        return Reply(failed=Failed(Reason.PARSE_MEMORY, "past the memory limit"), leaving=True)
    except BaseException as error:  # noqa: BLE001 - a panic in a library of native code is no Exception
        return Reply(failed=Failed(Reason.PARSE_CRASH, type(error).__name__), leaving=True)
    if isinstance(result, Failed):
        return Reply(failed=result)
    return Reply(document=result)


def main() -> None:
    """Set the limits and serve."""
    config = msgspec.json.decode(sys.argv[1], type=Config)
    # Loaded here, so that the pool can import the frames without the parser.
    from ingest.entries import Limits  # noqa: PLC0415
    from ingest.parse import parse_document  # noqa: PLC0415

    gc.freeze()  # what is loaded by now stays: the collector need not look at it again and again
    limits = Limits(config.max_entries, config.max_title_chars, config.max_summary_chars)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (config.memory_bytes, config.memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to handle; it closes our input
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get between the frames
    serve(
        sys.stdin.buffer,
        sink,
        lambda job: parse_document(job.body, job.content_type, job.url, limits, job.now, job.memory),
        config.cpu_s,
    )


if __name__ == "__main__":
    main()
