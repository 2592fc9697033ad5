"""One poll from request to decision."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from structlog.testing import capture_logs

from config.settings import Feed
from core.types import FeedState
from ingest.poll import Polled, Poller, watched
from tests.ingest.running import START, document, entry, settings
from tests.ingest.site import Reply, Site


async def poll(feed: Feed, random: Callable[[], float] = lambda: 0.5) -> Polled:
    poller = Poller(settings(), clock=lambda: START, monotonic=time.monotonic, random=random)
    try:
        return await poller.poll(watched(feed, 4), None)
    finally:
        await poller.close()


def test_a_poll_decides_and_remembers_nothing_itself() -> None:
    with Site({"/feed": Reply(document(entry(1)))}) as site:
        feed = Feed(
            url=site.url + "/feed", name="The Outlet", language="en", country="GB", kind="wire", origin="agency"
        )
        polled = asyncio.run(poll(feed))
    (item,) = polled.items
    assert (item.source.name, item.source.language, item.source.country) == ("The Outlet", "en", "GB")
    assert (item.source.kind, item.source.origin, item.first_seen) == ("wire", "agency", START)
    assert (polled.state.name, polled.state.url, polled.done.name) == ("The Outlet", feed.url, "The Outlet")
    assert polled.done.elapsed_s > 0


def test_a_feed_without_a_name_is_called_by_its_title_else_its_host() -> None:
    untitled = document(entry(1)).replace(b"<title>News</title>", b"", 1)
    with Site({"/a": Reply(document(entry(1))), "/b": Reply(untitled)}) as site:
        names = [asyncio.run(poll(Feed(url=site.url + path))).state.name for path in ("/a", "/b")]
    assert names == ["News", "127.0.0.1"]


def test_a_defect_of_ours_is_a_failure_of_that_feed_and_the_log_has_the_traceback() -> None:
    defects: list[Exception] = [ZeroDivisionError()]

    def draw() -> float:
        if defects:
            raise defects.pop()
        return 0.5

    with capture_logs() as logs:
        polled = asyncio.run(poll(Feed(url="http://127.0.0.1:1/feed"), draw))
    assert (polled.done.outcome, polled.done.detail, polled.done.reached) == ("internal", "ZeroDivisionError", False)
    assert (polled.state.failures, polled.state.reason, polled.items) == (1, "internal", ())
    assert isinstance(polled.state, FeedState)
    assert [line["event"] for line in logs] == ["poll_crashed"]


def test_entries_of_the_last_document_are_not_parsed_again_unless_the_state_has_lost_them() -> None:
    async def polls(site: Site) -> list[Polled]:
        poller = Poller(settings(), clock=lambda: START, monotonic=time.monotonic, random=lambda: 0.5)
        feed = watched(Feed(url=site.url + "/feed"), 4)
        try:
            first = await poller.poll(feed, None)
            site.routes["/feed"] = Reply(document(entry(2), entry(1)))
            return [first, await poller.poll(feed, first.state), await poller.poll(feed, None)]
        finally:
            await poller.close()

    with Site({"/feed": Reply(document(entry(1)))}) as site:
        first, second, lost = asyncio.run(polls(site))
    assert [len(polled.items) for polled in (first, second, lost)] == [1, 1, 2]
    assert second.state.overlap == 0.5
    assert second.state.seen.keys() == lost.state.seen.keys()
