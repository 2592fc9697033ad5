"""Killed at any moment and started again: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from core import catalogue
from core.codec import decode
from core.types import Alert, Item
from stream.log import EventLog
from stream.sqlite import SqliteLog
from tests.e2e.program import armswatch, running, write_config
from tests.e2e.sample import Piece, rss, shells, weather
from tests.feedserver import Asked, FeedServer, Reply

ROUNDS = 6
FEEDS = 4
SEED = 20260101


def records(log: EventLog, topic: str) -> list[bytes]:
    sources = [info.source for info in log.describe() if info.source.topic == topic]
    return [record.value for source in sources for record in log.scan(source) if record.value is not None]


def test_kill_9_at_any_moment_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    published: list[list[Piece]] = [[weather(feed)] for feed in range(FEEDS)]
    chance = random.Random(SEED)

    def page(feed: int, asked: Asked) -> Reply:
        """Publish one more entry of each kind now and then, and keep the last fifty."""
        if asked.number > 1 and len(published[feed]) < 60:
            number = feed * 1000 + len(published[feed])
            published[feed] += [shells(number), weather(number)]
        return Reply(rss(published[feed][-50:], f"Outlet {feed}"))

    with FeedServer() as server:
        for feed in range(FEEDS):
            server.route(f"/{feed}.xml", partial(page, feed))
        config = write_config(tmp_path, [server.url(f"/{feed}.xml") for feed in range(FEEDS)])
        for _ in range(ROUNDS):
            with running(config) as program:
                program.wait_for("started")
                time.sleep(chance.uniform(0.3, 2.5))
                program.process.kill()
                program.process.wait(10)
        done = armswatch("once", "-c", str(config))  # catches up with what was published last
        assert done.returncode == 0, done.stderr
    log = SqliteLog(tmp_path / "data" / "log.sqlite", clock=lambda: datetime.now(UTC))
    try:
        items = [decode(Item, value) for value in records(log, catalogue.ITEMS)]
        alerts = [decode(Alert, value) for value in records(log, catalogue.alerts("russia-dprk-arms"))]
    finally:
        log.close()
    wanted = {f"{feed}:{piece.guid}" for feed in range(FEEDS) for piece in published[feed]}
    seen = Counter(f"{item.source.url.split('/')[-1].removesuffix('.xml')}:{item.guid}" for item in items)
    assert {key for key, count in seen.items() if count > 1} == set(), "an item was doubled"
    assert set(seen) == wanted, "an item was lost"
    assert max(Counter(alert.id for alert in alerts).values()) == 1, "an alert was doubled"
    told = {alert.data.item for alert in alerts}
    asked_for = {item.id for item in items if item.guid.startswith("shells")}
    assert told == asked_for, "an alert was lost"
