"""The real feed documents, served on loopback, through the real service; and real histories, poll by poll."""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Feed, Network, Polling, Settings
from core import catalogue
from core.codec import decode
from core.types import FeedState, Item
from ingest.outcome import PollDone
from ingest.service import Ingest
from stream.log import TopicSpec
from stream.sqlite import SqliteLog
from tests.e2e.corpus import FEEDS, Row, alone, content_type, rows, serve_directory
from tests.e2e.program import armswatch, write_config
from tests.feedserver import FeedServer, Reply
from tests.ingest.corpus import REPLAY, documents
from tests.ingest.test_replay import count_alone

needs_data = pytest.mark.skipif(not FEEDS.exists(), reason="the real feed documents are not beside the project")


def read(log: SqliteLog, topic: str) -> list[bytes]:
    sources = [info.source for info in log.describe() if info.source.topic == topic]
    return [record.value for source in sources for record in log.scan(source) if record.value is not None]


def difference(row: Row, state: FeedState, items: int) -> str:
    """Say why our count differs from feedparser's; empty when it doesn't, `unexplained` when no rule tells."""
    found = alone((FEEDS / row.file).read_bytes(), content_type(row))
    if state.reason:
        return f"refused: {state.reason}" if not found.count else "unexplained"
    skipped = [f"{code} x {state.counters[code]}" for code in _SKIPS if state.counters.get(code)]
    if items == found.count:
        return ""
    if not found.count:
        ours = {"json": "JSON Feed", "sitemap": "news sitemap"}
        kind = next((name for start, name in ours.items() if row.format.startswith(start)), "")
        return f"{kind}, which feedparser does not read" if kind else "unexplained"
    explained = items + sum(state.counters.get(code, 0) for code in _SKIPS) == found.count
    return f"skipped: {', '.join(code.split(' ')[0] for code in skipped)}" if explained else "unexplained"


_SKIPS = ("repeated_entry", "no_content", "entries_cut")


@needs_data
@pytest.mark.slow
def test_every_real_document_is_read_or_refused_with_a_reason(tmp_path: Path) -> None:
    with FeedServer() as server:
        urls = serve_directory(server)
        config = write_config(
            tmp_path, list(urls.values()), per_host="40", concurrency="40", deadline="20s", parse_processes="2"
        )
        began = time.monotonic()
        done = armswatch("once", "-c", str(config), timeout_s=200)
        took = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    status = json.loads(armswatch("status", "-c", str(config), "--json").stdout)
    assert len(status["feeds"]) == len(urls)
    log = SqliteLog(tmp_path / "data" / "log.sqlite", clock=lambda: datetime.now(UTC))
    try:
        states = {state.url: state for state in (decode(FeedState, value) for value in read(log, catalogue.FEEDS))}
        items = Counter(decode(Item, value).source.url for value in read(log, catalogue.ITEMS))
    finally:
        log.close()
    table: dict[str, list[str]] = defaultdict(list)
    for row in rows():
        state = states[urls[row.file]]
        assert state.last_poll is not None, row.file
        table[difference(row, state, items[state.url]) or "as feedparser"].append(row.file)
    print(f"\n{len(urls)} feeds, {items.total():,} items in {took:.1f} s: {done.stderr.strip().splitlines()[-1]}")
    for why, files in sorted(table.items(), key=lambda entry: -len(entry[1])):
        print(f"{len(files):5}  {why}" + (f"  ({', '.join(files[:4])})" if len(files) <= 4 else ""))
    assert table["unexplained"] == []


@needs_data
@pytest.mark.parametrize("folder", documents(REPLAY), ids=lambda folder: folder.name)
def test_a_real_history_over_sockets_brings_each_entry_once_and_each_edit_once(folder: Path) -> None:
    versions = documents(folder)
    with FeedServer() as server:
        url = server.route("/feed.xml", *(Reply(version.read_bytes()) for version in versions))
        log = SqliteLog(None, clock=lambda: datetime.now(UTC))
        kinds = catalogue.catalogue((), timedelta(days=30), timedelta(days=30))
        log.create([TopicSpec(kind.name, 2, kind.compacted, kind.retention) for kind in kinds])
        settings = Settings(network=Network(allow_private=["127.0.0.1"]), polling=Polling())
        polls: list[PollDone] = []
        ingest = Ingest(
            log, feeds=[Feed(url=url)], settings=settings, clock=lambda: datetime.now(UTC), monotonic=time.monotonic,
            random=random.random, observe=polls.append,
        )  # fmt: skip
        try:
            ingest.start()
            for _ in versions:
                ingest.poll_all()
            items = [decode(Item, value) for value in read(log, catalogue.ITEMS)]
        finally:
            ingest.stop(timedelta(seconds=5))
            log.close()
    distinct, edits = count_alone(folder)
    new = [item for item in items if item.revision == 0]
    print(f"{folder.name}: {len(versions)} versions, {len(new)} items, {len(items) - len(new)} edits")
    assert (len(new), len(items) - len(new)) == (distinct, edits)
    assert max(Counter((item.id, item.revision) for item in items).values()) == 1
    assert all(poll.reached for poll in polls)
