"""The ingest stage from socket to log."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import UnknownTopic
from ingest.identity import feed_id
from ingest.outcome import PollDone
from ingest.service import Ingest
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
    one,
    outcomes,
    running,
    settings,
    state_of,
    states,
    tick_until,
    until,
)
from tests.ingest.site import Asked, Reply, Site

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


@pytest.mark.parametrize("days", [-4000, 4000])
def test_a_wall_clock_that_is_set_moves_no_poll_and_brings_nothing_twice(site: Site, log: SqliteLog, days: int) -> None:
    site.routes["/feed"] = Reply(document(entry(1)))
    clocks = Clocks()
    with running(log, feeds(site.url + "/feed"), settings(interval="10m"), clocks) as ingest:
        tick_until(ingest, site, 1)
        clocks.wrong = timedelta(days=days)
        clocks.ahead += timedelta(minutes=9)
        for _ in range(10):
            ingest.tick()
            time.sleep(0.01)
        assert len(site.asked) == 1
        for count in (2, 3):
            site.routes["/feed"] = Reply(document(*(entry(n) for n in range(1, count + 1))))
            clocks.ahead += timedelta(minutes=11)
            tick_until(ingest, site, count)
        clocks.wrong = timedelta(0)
        clocks.ahead += timedelta(minutes=11)
        tick_until(ingest, site, 4)
    assert sorted(item.title for item in items(log)) == ["Title 1", "Title 2", "Title 3"]


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


def test_a_host_that_hangs_holds_up_no_other(site: Site, log: SqliteLog) -> None:
    site.routes |= {f"/good/{n}": Reply(document(entry(n))) for n in range(4)} | {
        f"/hang/{n}": silent for n in range(40)
    }
    good = [f"http://localhost:{site.port}/good/{n}" for n in range(4)]
    hanging = [f"{site.url}/hang/{n}" for n in range(40)]
    polled: list[PollDone] = []
    what = settings(per_host=1, concurrency=2)
    with running(log, feeds(*hanging, *good), what, observe=polled.append) as ingest:
        ingest.tick()
        until(lambda: len(polled) == 4, seconds=5)
        assert {poll.url for poll in polled} == set(good)
        assert ingest.status().in_flight == 1  # those that wait for their host are not counted
        began = time.monotonic()
        ingest.stop(timedelta(seconds=0.5))
        assert time.monotonic() - began < 2
    assert len(site.asked) == 5


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


def test_a_feed_dropped_while_it_waits_for_its_host_is_not_polled(site: Site, log: SqliteLog) -> None:
    site.routes |= {f"/{name}": Reply(document(entry(1)), delay_s=0.2) for name in "abc"}
    all_three = feeds(*(f"{site.url}/{name}" for name in "abc"))
    what = settings(per_host=1, concurrency=1)
    with running(log, all_three, what) as ingest:
        ingest.tick()
        until(lambda: site.asked)
        ingest.reload([], what)
        until(lambda: items(log) and not ingest.status().in_flight)
        time.sleep(0.1)
    assert len(site.asked) == 1


def test_an_interval_that_is_shortened_counts_at_once_but_failures_keep_their_wait(site: Site, log: SqliteLog) -> None:
    site.routes |= {"/good": Reply(document(entry(1))), "/bad": Reply(status=429, headers={"Retry-After": "3000"})}
    watched = feeds(site.url + "/good", site.url + "/bad")
    clocks = Clocks()
    with running(log, watched, settings(interval="2h"), clocks) as ingest:
        tick_until(ingest, site, 2)
        ingest.reload(watched, settings(interval="5m"))
        time.sleep(0.1)  # it counts from when it is taken up
        clocks.ahead += timedelta(minutes=6)
        tick_until(ingest, site, 3)
        time.sleep(0.1)
    assert sorted(site.paths()) == ["/bad", "/good", "/good"]


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
