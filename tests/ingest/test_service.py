"""The ingest stage from socket to log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from core.errors import LogUnavailable, PartitionsLost, UnknownTopic
from ingest.identity import feed_id
from ingest.outcome import PollDone
from ingest.service import Ingest
from stream.log import Reader, Start
from stream.sqlite import SqliteLog
from tests.ingest.running import (
    START,
    Clocks,
    create_topics,
    document,
    entry,
    feeds,
    items,
    running,
    settings,
    state_of,
    states,
    until,
)
from tests.ingest.site import Asked, Reply, Site
from tests.ingest.test_publish import FaultyReader

NOTHING_LISTENS = "http://127.0.0.1:1/feed"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    log = SqliteLog(None, clock=lambda: START)
    create_topics(log)
    yield log
    log.close()


def outcomes(polls: list[PollDone]) -> list[str]:
    return sorted(poll.outcome for poll in polls)


def one(polls: list[PollDone]) -> PollDone:
    (poll,) = polls
    return poll


# what a poll brings


def test_the_first_poll_publishes_all_and_marks_the_old_as_backlog(site: Site, log: SqliteLog) -> None:
    old = entry(3).replace("28 Feb 2026", "28 Jan 2026")
    site.routes["/feed"] = Reply(document(entry(1), entry(2), old))
    with running(log, feeds(site.url + "/feed")) as ingest:
        poll = one(ingest.poll_all())
        assert (poll.outcome, poll.new, poll.backlog, poll.updated, poll.reached) == ("ok", 2, 1, 0, True)
        assert ingest.status()._asdict() == {
            "feeds": 1, "reached": 1, "failing": 0, "in_flight": 0, "items": 3, "offline": False,
        }  # fmt: skip
    assert {item.title: item.backlog for item in items(log)} == {"Title 1": False, "Title 2": False, "Title 3": True}
    state = state_of(log, site.url + "/feed")
    assert (state.baseline, state.items, state.polls, state.name, len(state.seen)) == (True, 3, 1, "News", 3)


def test_later_polls_publish_what_is_new_and_what_was_edited(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(document(entry(1), entry(2)))
    with running(log, feeds(site.url + "/feed")) as ingest:
        ingest.poll_all()
        site.routes["/feed"] = Reply(document(entry(3), entry(1), entry(2, "Another title")))
        poll = one(ingest.poll_all())
    assert (poll.outcome, poll.new, poll.updated, poll.backlog) == ("ok", 1, 1, 0)
    assert sorted((item.title, item.revision) for item in items(log)) == [
        ("Another title", 1), ("Title 1", 0), ("Title 2", 0), ("Title 3", 0),
    ]  # fmt: skip
    assert len({item.id for item in items(log)}) == 3


def test_an_unchanged_feed_costs_no_item_whether_the_server_says_so_or_not(site: Site, log: SqliteLog) -> None:
    site.routes |= {"/a": Reply(document(entry(1)), headers={"ETag": '"1"'}), "/b": Reply(document(entry(1)))}
    with running(log, feeds(site.url + "/a", site.url + "/b")) as ingest:
        ingest.poll_all()
        assert outcomes(ingest.poll_all()) == ["not_modified", "unchanged"]
    assert len(items(log)) == 2
    assert {state.polls for state in states(log).values()} == {2}


def test_failures_stand_beside_healthy_feeds_and_touch_none(site: Site, log: SqliteLog) -> None:
    site.routes |= {
        "/good": Reply(document(entry(1))),
        "/broken": Reply(status=500),
        "/page": Reply(b"<!doctype html><html><body>Please wait</body></html>", headers={"Content-Type": "text/html"}),
    }
    urls = [site.url + path for path in ("/good", "/broken", "/page")]
    with running(log, feeds(*urls, NOTHING_LISTENS)) as ingest:
        polls = ingest.poll_all()
        assert outcomes(polls) == ["connect", "html", "http_status", "ok"]
        assert [poll.reached for poll in sorted(polls, key=lambda poll: poll.outcome)] == [False, False, False, True]
        assert ingest.status()[:3] == (4, 1, 3)
        site.routes["/broken"] = Reply(document(entry(2)))
        assert outcomes(ingest.poll_all()) == ["connect", "html", "ok", "unchanged"]
    failed = state_of(log, urls[2])
    assert (failed.reason, failed.failures, failed.baseline) == ("html", 2, False)
    assert state_of(log, urls[1]).failures == 0
    assert {item.source.url for item in items(log)} == set(urls[:2])


def test_a_document_that_failed_to_parse_is_not_taken_for_read(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(b"no feed at all", headers={"ETag": '"1"'})
    with running(log, feeds(site.url + "/feed")) as ingest:
        assert not one(ingest.poll_all()).reached
        assert not one(ingest.poll_all()).reached
    assert "if-none-match" not in site.asked[1].headers


# restarts


def test_after_a_restart_nothing_comes_twice_and_nothing_is_lost(site: Site, tmp_path: Path) -> None:
    site.routes["/feed"] = Reply(document(entry(1), entry(2)))
    for number in (3, 4):
        log = SqliteLog(tmp_path / "log.db", clock=lambda: START)
        create_topics(log)
        with running(log, feeds(site.url + "/feed")) as ingest:
            ingest.poll_all()
            site.routes["/feed"] = Reply(document(entry(number), entry(1), entry(2)))
            ingest.poll_all()
        kept = sorted(item.title for item in items(log))
        log.close()
    assert kept == ["Title 1", "Title 2", "Title 3", "Title 4"]


def test_a_feed_polled_just_before_a_restart_is_not_due_again_at_once(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(document(entry(1)))
    clocks = Clocks()
    for _ in range(2):
        with running(log, feeds(site.url + "/feed"), clocks=clocks) as ingest:
            ingest.tick()
            until(lambda: len(site.asked) >= 1 and not ingest.status().in_flight)
            time.sleep(0.1)
    assert len(site.asked) == 1


# when polls happen


def tick_until(ingest: Ingest, site: Site, count: int) -> None:
    def enough() -> bool:
        ingest.tick()
        return len(site.asked) >= count and not ingest.status().in_flight

    until(enough)


def test_a_feed_is_polled_at_once_and_then_each_interval(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(document(entry(1)))
    clocks = Clocks()
    with running(log, feeds(site.url + "/feed"), settings(interval="10m"), clocks) as ingest:
        tick_until(ingest, site, 1)
        clocks.ahead += timedelta(minutes=9)
        for _ in range(20):
            ingest.tick()
            time.sleep(0.01)
        assert len(site.asked) == 1
        clocks.ahead += timedelta(minutes=2)
        tick_until(ingest, site, 2)
        assert len(site.asked) == 2


def test_polls_on_one_host_and_in_all_are_bounded(site: Site, log: SqliteLog) -> None:
    site.routes |= {f"/{n}": Reply(document(entry(n)), delay_s=0.03) for n in range(12)}
    urls = [f"{site.url}/{n}" for n in range(12)]
    with running(log, feeds(*urls), settings(per_host=3, concurrency=8)) as ingest:
        assert outcomes(ingest.poll_all()) == ["ok"] * 12
    assert site.most_under_way == 3
    site.most_under_way = 0
    with running(log, feeds(*urls), settings(per_host=2, concurrency=2)) as ingest:
        ingest.poll_all()
    assert site.most_under_way == 2


def test_a_feed_is_never_polled_twice_at_a_time(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(document(entry(1)), delay_s=0.2)
    clocks = Clocks()
    with running(log, feeds(site.url + "/feed"), clocks=clocks) as ingest:
        ingest.tick()
        until(lambda: site.asked)
        clocks.ahead += timedelta(days=1)
        for _ in range(5):
            ingest.tick()
        assert one(ingest.poll_all()).outcome == "ok"  # waits for the one under way
    assert len(site.asked) == 1


def test_more_feeds_than_may_run_wait_their_turn(site: Site, log: SqliteLog) -> None:
    site.routes |= {f"/{n}": Reply(document(entry(n))) for n in range(60)}
    clocks = Clocks()
    urls = [f"{site.url}/{n}" for n in range(60)]
    with running(log, feeds(*urls), settings(per_host=1, concurrency=1), clocks) as ingest:
        clocks.ahead += timedelta(seconds=10)
        tick_until(ingest, site, 60)
    assert sorted(site.paths()) == sorted(f"/{n}" for n in range(60))


# reloads


def test_a_reload_polls_new_feeds_drops_others_and_keeps_what_is_known(site: Site, log: SqliteLog) -> None:
    site.routes |= {f"/{name}": Reply(document(entry(1))) for name in "abc"}
    a, b, c = feeds(*(f"{site.url}/{name}" for name in "abc"))
    with running(log, [a, b]) as ingest:
        tick_until(ingest, site, 2)
        ingest.reload([b, c], settings())
        tick_until(ingest, site, 3)
        assert site.paths().count("/c") == 1
        assert ingest.status().feeds == 2
        assert {poll.url: poll.outcome for poll in ingest.poll_all()} == {b.url: "unchanged", c.url: "unchanged"}
        ingest.reload([a, b], settings(concurrency=7))
        assert {poll.url: poll.outcome for poll in ingest.poll_all()} == {a.url: "unchanged", b.url: "unchanged"}
    assert len(items(log)) == 3


def test_a_reload_lets_a_poll_under_way_end(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(document(entry(1)), delay_s=0.2)
    with running(log, feeds(site.url + "/feed")) as ingest:
        ingest.tick()
        until(lambda: site.asked)
        ingest.reload([], settings(concurrency=7))
        until(lambda: items(log))
        until(lambda: not ingest.status().in_flight)
        assert ingest.status()[:3] == (0, 0, 0)


# the end


def test_stopping_commits_what_is_under_way(site: Site, log: SqliteLog) -> None:
    site.routes["/feed"] = Reply(document(entry(1)), delay_s=0.3)
    with running(log, feeds(site.url + "/feed")) as ingest:
        ingest.tick()
        until(lambda: site.asked)
    assert len(items(log)) == 1


async def silent(asked: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def test_stopping_does_not_wait_for_a_poll_that_hangs(site: Site, log: SqliteLog) -> None:
    site.routes |= {"/feed": Reply(document(entry(1))), "/hang": silent}
    with running(log, feeds(site.url + "/feed", site.url + "/hang")) as ingest:
        ingest.tick()
        until(lambda: items(log) and len(site.asked) == 2)
        began = time.monotonic()
        ingest.stop(timedelta(seconds=0.5))
        assert time.monotonic() - began < 3
        ingest.tick()
        ingest.reload([], settings())
    assert set(states(log)) == {feed_id(site.url + "/feed")}


def test_a_log_without_its_topics_is_told_at_the_start() -> None:
    log = SqliteLog(None, clock=lambda: START)
    try:
        with pytest.raises(UnknownTopic), running(log, feeds(NOTHING_LISTENS)):
            pass
    finally:
        log.close()


def test_a_stage_never_started_may_be_stopped(log: SqliteLog) -> None:
    ingest = Ingest(
        log, feeds=[], settings=settings(), clock=lambda: START, monotonic=time.monotonic, random=lambda: 0.5
    )
    ingest.stop(timedelta(seconds=1))
    ingest.tick()


# several fetchers, and what goes wrong


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
