"""Telling the network from a feed, and what is said of either."""

from __future__ import annotations

from structlog.testing import capture_logs

from core.types import FeedId
from ingest.outcome import PollDone
from ingest.reach import Reach
from ingest.voice import Voice


def missed(reach: Reach, *feeds: str, now: float = 0.0) -> Reach:
    for feed in feeds:
        reach.missed(FeedId(feed), feed[0], now)
    return reach


def test_it_is_the_network_when_no_feed_at_all_is_reached() -> None:
    reach = missed(Reach(), "a1", "b1")
    assert reach.judge(3, 0.0) == ""
    assert reach.judge(2, 0.0) == "offline"
    assert reach.offline
    assert reach.judge(2, 1.0) == ""  # told once


def test_it_is_the_network_when_several_hosts_fail_for_a_while_and_none_is_reached() -> None:
    reach = missed(Reach(), "a1", "a2", "b1")
    assert reach.judge(99, 4.9) == ""
    assert reach.judge(99, 5.0) == "offline"


def test_it_is_not_the_network_when_one_host_is_down_or_few_feeds_are() -> None:
    assert missed(Reach(), "a1", "a2", "a3", "a4").judge(99, 60.0) == ""
    assert missed(Reach(), "a1", "b1").judge(99, 60.0) == ""
    assert Reach().judge(0, 60.0) == ""


def test_a_feed_that_is_reached_proves_the_network() -> None:
    reach = missed(Reach(), "a1", "b1", "c1")
    assert reach.reached() == ""
    assert reach.judge(99, 60.0) == ""
    missed(reach, "a1", "b1", "c1", now=60.0)
    assert reach.judge(99, 64.0) == ""
    assert reach.judge(99, 65.0) == "offline"
    assert (reach.reached(), reach.reached(), reach.offline) == ("online", "", False)
    assert not reach.unreached


def test_a_feed_that_is_watched_no_more_counts_no_more() -> None:
    reach = missed(Reach(), "a1", "b1")
    reach.forget(FeedId("b1"))
    assert set(reach.unreached) == {"a1"}
    assert reach.judge(2, 0.0) == ""


def probes(reach: Reach, until: int) -> list[int]:
    return [now for now in range(until) if reach.probe(float(now))]


def test_probes_come_every_half_to_whole_minute_while_offline() -> None:
    reach = missed(Reach(), "a1", "b1", "c1")
    assert probes(reach, 100) == []
    reach.judge(3, 0.0)
    times = probes(reach, 600)
    gaps = [later - earlier for earlier, later in zip([0, *times], times, strict=False)]
    assert times[0] == 30
    assert all(30 <= gap <= 61 for gap in gaps)
    assert gaps == sorted(gaps)


def test_a_lone_feed_that_is_down_is_probed_ever_more_rarely() -> None:
    reach = missed(Reach(), "a1")
    reach.judge(1, 0.0)
    times = probes(reach, 10_000)
    assert 290 <= times[-1] - times[-2] <= 301


def done(feed: str, outcome: str = "ok", new: int = 0) -> PollDone:
    return PollDone(FeedId(feed), feed.upper(), "http://x/", outcome, reached=outcome == "ok", new=new, detail="why")


def said(logs: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(line["log_level"], line["event"], line.get("feed")) for line in logs if line["log_level"] != "debug"]


def test_an_outage_of_a_feed_is_told_once_and_so_is_its_end() -> None:
    voice = Voice()
    with capture_logs() as logs:
        for now in range(3):
            voice.failed(done("a", "http_status"), now, hold=False, offline=False)
        voice.read(done("a"))
        voice.read(done("a"))
    assert said(list(map(dict, logs))) == [("warning", "feed_failing", "A"), ("info", "feed_recovered", "A")]
    assert logs[0]["reason"] == "http_status"
    assert "server" in logs[0]["says"]


def test_what_may_be_the_network_is_held_back_until_it_is_clear() -> None:
    voice = Voice()
    with capture_logs() as logs:
        voice.failed(done("a", "dns"), 0.0, hold=True, offline=False)
        voice.failed(done("b", "dns"), 1.0, hold=True, offline=False)
        voice.failed(done("a", "dns"), 5.0, hold=True, offline=False)
        voice.tick(5.9)
        assert not logs
        voice.tick(6.0)
        voice.read(done("b"))
        voice.tick(99.0)
    assert said(list(map(dict, logs))) == [("warning", "feed_failing", "A")]


def test_when_the_network_is_down_one_line_says_so_and_no_feed_is_blamed() -> None:
    voice = Voice()
    with capture_logs() as logs:
        for feed in "abc":
            voice.failed(done(feed, "dns"), 0.0, hold=True, offline=False)
        voice.network("offline", 3)
        voice.failed(done("a", "dns"), 1.0, hold=True, offline=True)
        voice.tick(99.0)
        voice.network("", 3)
        voice.network("online", 3)
    assert said(list(map(dict, logs))) == [("warning", "offline", None), ("info", "online", None)]
    assert "none of 3 feeds" in logs[0]["says"]


def test_a_feed_forgotten_is_not_spoken_of() -> None:
    voice = Voice()
    with capture_logs() as logs:
        voice.failed(done("a", "dns"), 0.0, hold=True, offline=False)
        voice.forget(FeedId("a"))
        voice.tick(99.0)
    assert not logs


def test_a_poll_is_told_when_it_brought_something() -> None:
    voice = Voice()
    with capture_logs() as logs:
        voice.poll_done(done("a"))
        voice.poll_done(done("b", new=2))
    assert [(line["log_level"], line["feed"], line["new"]) for line in logs] == [("debug", "A", 0), ("info", "B", 2)]
