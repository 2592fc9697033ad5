"""The frames between pool and worker, and the limits a worker sets itself."""

from __future__ import annotations

import io
import signal
import struct
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import NoReturn

import msgspec
import pytest

from ingest.model import Document, Failed, Reason
from ingest.parse_worker import LENGTH, Config, Job, Reply, rss_bytes, serve

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOCUMENT = Document(format="rss20", title="T", language="", entries=(), counters={})
RSS = b"<rss version='2.0'><channel><item><title>t</title></item></channel></rss>"
CONFIG = Config(cpu_s=5.0, memory_bytes=1_000_000_000, max_entries=10, max_title_chars=100, max_summary_chars=100)


def frames(*jobs: Job) -> bytes:
    encoded = [msgspec.msgpack.encode(job) for job in jobs]
    return b"".join(LENGTH.pack(len(frame)) + frame for frame in encoded)


def replies(data: bytes) -> list[Reply]:
    found = []
    while data:
        (length,) = struct.unpack("!I", data[:4])
        found.append(msgspec.msgpack.decode(data[4 : 4 + length], type=Reply))
        data = data[4 + length :]
    return found


def run(parse: object, count: int = 1, max_documents: int = 10, memory: int = 0) -> list[Reply]:
    sink = io.BytesIO()
    assert callable(parse)
    source = io.BytesIO(frames(*[Job(RSS, "", "u", NOW)] * count))
    serve(source, sink, parse, 5.0, max_documents=max_documents, memory=lambda: memory)
    return replies(sink.getvalue())


def fail(error: BaseException) -> NoReturn:
    raise error


def test_jobs_are_answered_in_order_until_the_input_ends() -> None:
    answers: list[Document | Failed] = [DOCUMENT, Failed(Reason.HTML, "x"), DOCUMENT]
    assert run(lambda _: answers.pop(0), count=3) == [
        Reply(document=DOCUMENT),
        Reply(failed=Failed(Reason.HTML, "x")),
        Reply(document=DOCUMENT),
    ]


def test_a_worker_leaves_after_so_many_documents() -> None:
    assert [reply.leaving for reply in run(lambda _: DOCUMENT, count=5, max_documents=3)] == [False, False, True]


def test_a_worker_that_has_grown_large_leaves() -> None:
    assert [reply.leaving for reply in run(lambda _: DOCUMENT, count=5, memory=400_000_000)] == [True]


def test_memory_is_what_the_process_holds_now() -> None:
    before = rss_bytes()
    held = bytearray(b"x") * 100_000_000
    assert rss_bytes() - before > 90_000_000
    assert len(held) == 100_000_000
    del held
    assert rss_bytes() - before < 50_000_000


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), Reason.PARSE_MEMORY),
        (BaseException("panic"), Reason.PARSE_CRASH),
        (ValueError(), Reason.PARSE_CRASH),
    ],
)
def test_what_escapes_the_parser_is_a_value_and_ends_the_worker(error: BaseException, reason: Reason) -> None:
    (reply,) = run(lambda _: fail(error), count=2)
    assert reply.failed is not None
    assert (reply.failed.reason, reply.leaving) == (reason, True)


def test_a_cut_frame_ends_it_quietly() -> None:
    sink = io.BytesIO()
    serve(io.BytesIO(b"\x00\x00"), sink, lambda _: DOCUMENT, 5.0)
    assert sink.getvalue() == b""


def worker(config: Config = CONFIG) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ingest.parse_worker", msgspec.json.encode(config).decode()]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def test_a_process_parses_and_ends_with_its_input() -> None:
    with worker() as process:
        output, _ = process.communicate(frames(Job(RSS, "", "https://example.org/", NOW)), timeout=20)
    (reply,) = replies(output)
    assert reply.document is not None
    assert [entry.title for entry in reply.document.entries] == ["t"]
    assert process.returncode == 0


def test_an_interrupt_from_the_terminal_is_left_to_the_service() -> None:
    with worker() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(frames(Job(RSS, "", "https://example.org/", NOW)))
        process.stdin.flush()
        assert process.stdout.read(4)
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        assert process.poll() is None
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_the_parser_is_not_loaded_by_whoever_only_speaks_to_workers() -> None:
    code = "import sys, ingest.parse_worker; sys.exit('feedparser' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=20).returncode == 0
