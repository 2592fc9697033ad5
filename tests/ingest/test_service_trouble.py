"""The ingest stage where fetchers come and go, the network is away, or the log is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from structlog.testing import capture_logs

from core.errors import LogUnavailable, PartitionsLost
from ingest.outcome import PollDone
from stream.log import Reader, Start
from stream.sqlite import SqliteLog
from tests.ingest.running import (
    NOTHING_LISTENS,
    START,
    Clocks,
    create_topics,
    document,
    entry,
    feeds,
    items,
    outcomes,
    running,
    state_of,
    states,
    tick_until,
    until,
)
from tests.ingest.site import Reply, Site
from tests.ingest.test_publish import FaultyReader


def test_two_fetchers_share_the_feeds_and_take_over_from_one_another(site: Site, log: SqliteLog) -> None:
    urls = [f"{site.url}/{n}" for n in range(16)]
    site.routes |= {f"/{n}": Reply(document(entry(n))) for n in range(16)}
    with running(log, feeds(*urls)) as first:
        assert len(first.poll_all()) == 16
        with running(log, feeds(*urls)) as second:
            until(lambda: first.status().feeds + second.status().feeds == 16 and first.status().feeds < 16)
            assert 0 < second.status().feeds < 16
            both = first.poll_all() + second.poll_all()
            assert sorted(poll.url for poll in both) == sorted(urls)
            assert outcomes(both) == ["unchanged"] * 16  # the second knows what the first has seen
        until(lambda: first.status().feeds == 16)
        assert outcomes(first.poll_all()) == ["unchanged"] * 16
    assert len(items(log)) == 16


def test_whoever_looks_on_cannot_stop_the_polls(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(document(entry(1)))
    clocks = Clocks()

    def stumble(_done: PollDone) -> None:
        raise ValueError("not our fault")

    with capture_logs() as logs, running(log, feeds(site.url + "/feed"), clocks=clocks, observe=stumble) as ingest:
        assert ingest.poll_all() == []
        clocks.ahead += timedelta(hours=1)
        tick_until(ingest, site, 2)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["poll_crashed"] * 2
    assert state_of(log, site.url + "/feed").polls == 2


def events(logs: list[dict[str, object]], *levels: str) -> list[object]:
    return [line["event"] for line in logs if line["log_level"] in levels]


def test_no_network_is_told_once_and_all_is_polled_again_when_it_is_back(log: SqliteLog) -> None:
    site = Site()
    clocks = Clocks()
    with Site() as lender:
        port = lender.port  # free again once the lender is gone
    site.port = port
    urls = [f"http://{host}:{port}/{n}" for n, host in ((1, "127.0.0.1"), (2, "localhost"), (3, "localhost"))]
    site.routes |= {f"/{n}": Reply(document(entry(n))) for n in (1, 2, 3)}
    with capture_logs() as logs, running(log, feeds(*urls), clocks=clocks) as ingest:
        assert outcomes(ingest.poll_all()) == ["connect"] * 3
        assert ingest.status().offline
        clocks.ahead += timedelta(seconds=31)
        with site:
            tick_until(ingest, site, 1)
            until(lambda: not ingest.status().offline)
            clocks.ahead += timedelta(seconds=10)
            ingest.poll_all()
    told = list(map(dict, logs))
    assert events(told, "warning") == ["offline"]
    assert "online" in events(told, "info")
    assert "feed_recovered" not in events(told, "info")


def test_an_outage_of_one_feed_is_told_when_it_begins_and_when_it_ends(site: Site, log: SqliteLog) -> None:
    site.routes |= {"/good": Reply(document(entry(1))), "/bad": Reply(status=500)}
    with capture_logs() as logs, running(log, feeds(site.url + "/good", site.url + "/bad")) as ingest:
        for _ in range(3):
            ingest.poll_all()
        site.routes["/bad"] = Reply(document(entry(2)))
        ingest.poll_all()
    told = [line["event"] for line in logs if line["event"].startswith("feed_")]
    assert told == ["feed_failing", "feed_recovered"]


def test_only_a_few_feeds_are_tried_while_the_network_is_down(log: SqliteLog) -> None:
    clocks = Clocks()
    tried: list[PollDone] = []
    hosts = ("127.0.0.1", "localhost", "nowhere.invalid", "nobody.invalid", "none.invalid", "127.0.0.1", "localhost")
    urls = [f"http://{host}:1/{n}" for n, host in enumerate(hosts)]
    with running(log, feeds(*urls), clocks=clocks, observe=tried.append) as ingest:
        ingest.poll_all()
        until(lambda: ingest.status().offline)
        tried.clear()
        clocks.ahead += timedelta(hours=8)
        ingest.tick()
        until(lambda: len(tried) == 3 and not ingest.status().in_flight)
        ingest.tick()
        time.sleep(0.1)
    assert len({urlsplit(poll.url).hostname for poll in tried}) == len(tried) == 3


class StubbornLog(SqliteLog):
    """A log that can't be written for a while."""

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        return FaultyReader(super().reader(group, topics, start), self.fail, [])

    def fail(self, call: str) -> None:
        if call == "commit":
            raise self.error

    error: Exception = LogUnavailable("disk full")


def test_a_log_that_stays_away_does_not_keep_the_stage_from_stopping(site: Site) -> None:
    log = StubbornLog(None, clock=lambda: START)
    create_topics(log)
    site.routes["/feed"] = Reply(document(entry(1)))
    try:
        with running(log, feeds(site.url + "/feed")) as ingest:
            ingest.tick()
            until(lambda: site.asked)
            time.sleep(0.2)
            began = time.monotonic()
            ingest.stop(timedelta(seconds=1))
            assert time.monotonic() - began < 3
        assert not states(log)
    finally:
        log.close()


def test_polls_that_went_with_their_partition_are_made_again_later(site: Site) -> None:
    log = StubbornLog(None, clock=lambda: START)
    log.error = PartitionsLost("gone")
    create_topics(log)
    site.routes["/feed"] = Reply(document(entry(1)))
    clocks = Clocks()
    try:
        with running(log, feeds(site.url + "/feed"), clocks=clocks) as ingest:
            assert ingest.poll_all() == []
            clocks.ahead += timedelta(hours=1)
            tick_until(ingest, site, 2)
        assert not items(log)
    finally:
        log.close()


def test_an_address_that_is_refused_says_nothing_of_the_network(log: SqliteLog) -> None:
    with running(log, feeds("http://10.0.0.1/feed", NOTHING_LISTENS)) as ingest:
        assert outcomes(ingest.poll_all()) == ["connect", "refused_address"]
        assert not ingest.status().offline


def test_what_cannot_be_written_is_dropped_alone_and_polled_again(site: Site, log: SqliteLog) -> None:
    site.routes |= {"/feed": Reply(document(entry(1))), "/other": Reply(document(entry(2)))}
    odd, other = feeds(site.url + "/feed", site.url + "/other")
    odd = odd.model_copy(update={"name": "\ud800"})  # half a character: no text that UTF-8 can carry
    clocks = Clocks()
    with capture_logs() as logs, running(log, [odd, other], clocks=clocks) as ingest:
        assert [poll.url for poll in ingest.poll_all()] == [other.url]
        clocks.ahead += timedelta(hours=1)
        tick_until(ingest, site, 4)
    assert events(list(map(dict, logs)), "error") == ["poll_not_written"] * 2
    assert [item.title for item in items(log)] == ["Title 2"]


class UnleavableLog(StubbornLog):
    """A log that can't be told good-bye."""

    def fail(self, call: str) -> None:
        if call == "close":
            raise self.error


def test_a_group_that_cannot_be_left_is_told_and_the_rest_is_closed_all_the_same(site: Site) -> None:
    log = UnleavableLog(None, clock=lambda: START)
    create_topics(log)
    site.routes["/feed"] = Reply(document(entry(1)))
    try:
        with capture_logs() as logs, running(log, feeds(site.url + "/feed")) as ingest:
            ingest.poll_all()
        assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["ingest_not_drained"]
        assert len(items(log)) == 1
    finally:
        log.close()
