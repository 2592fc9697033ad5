"""What the demo prints for what is on the log."""

from __future__ import annotations

import pytest

from armswatch.demo.feeds import Cue, Outlet, Script
from armswatch.demo.summary import summary
from armswatch.demo.viewer import Viewer
from core.types import AlertId, FeedId, FeedState, ItemId
from stream.log import Record
from tests.armswatch.demo_records import (
    COURIER,
    START,
    after,
    alert,
    item,
    match,
    member,
    record,
    story,
)

WIRE = Outlet("demo-wire", "Demo Wire", "en", "", "wire", "rss20", ())
SCRIPT = Script(
    (WIRE,),
    (
        Cue(2.0, "shells", "demo-wire", "on_topic", "Shells shipped", ""),
        Cue(5.0, "shells-edit", "demo-wire", "edit", "More shells shipped", "", of="shells"),
    ),
)


@pytest.fixture
def viewer() -> Viewer:
    return Viewer(SCRIPT, START, lambda shown: f"<{shown.data.headline}>\n")


def see(viewer: Viewer, value: object) -> str:
    new = record(value)  # type: ignore[arg-type]
    return viewer.see(Record(new.topic, 0, 0, START, new.key, new.value))


def test_each_publication_is_told_once_when_it_is_due(viewer: Viewer) -> None:
    assert viewer.announce(1.9) == []
    assert viewer.announce(2.1) == ["  2.0 s  Demo Wire publishes: Shells shipped"]
    assert viewer.announce(9.0) == ["  5.0 s  Demo Wire changes an entry to: More shells shipped"]
    assert viewer.announce(9.0) == []


@pytest.mark.parametrize(("at_s", "lag"), [(3.5, "1.5"), (5.5, "0.5")])
def test_an_alert_is_shown_with_the_time_since_its_entry_was_published_or_edited(
    viewer: Viewer, at_s: float, lag: str
) -> None:
    shown = see(viewer, alert(WIRE.link("shells"), after(at_s)))

    assert shown == f"== ALERT 1: new, {lag} s after it was published\n<Shells shipped>"
    assert viewer.tally.slowest_s == float(lag)


@pytest.mark.parametrize("link", ["https://elsewhere.example/", WIRE.link("shells")])
def test_no_lag_is_claimed_of_what_the_script_did_not_publish_before(viewer: Viewer, link: str) -> None:
    assert see(viewer, alert(link, after(1.0))).startswith("== ALERT 1: new\n")
    assert viewer.tally.slowest_s == 0.0


def test_a_match_is_counted_and_a_near_miss_is_shown_with_its_reasons(viewer: Viewer) -> None:
    assert see(viewer, match()) == ""
    shown = see(viewer, match(verdict="near_miss", score=0.3, missing=("a weapon is named",)))

    assert shown.splitlines() == [
        "== NEAR MISS: 0.30, and 0.50 is wanted: no alert",
        "  Shells shipped",
        "  Demo Wire",
        "  +2.0  both sides are named",
        "  would have carried it over: a weapon is named",
    ]
    assert (viewer.tally.matches, viewer.tally.near_misses) == (1, 1)


def test_a_copy_kept_silent_is_shown_once_with_the_alert_that_it_copies(viewer: Viewer) -> None:
    first = member(alerted=AlertId("a"))
    copy = member(item=ItemId("i2"), source=COURIER, title="Shells shipped too", silent="copy")

    assert see(viewer, story(first)) == ""
    shown = see(viewer, story(first, copy))

    assert shown.splitlines() == [
        "== SILENT: it copies a report that has alerted already",
        "  Shells shipped too",
        "  Harbour Courier",
        "  the alert was for: Demo Wire, Shells shipped",
    ]
    assert see(viewer, story(first, copy)) == ""
    assert viewer.tally.silent == {"copy": 1}


def test_silence_in_a_story_without_an_alert_names_none_and_an_unknown_code_is_spelt_out(viewer: Viewer) -> None:
    shown = see(viewer, story(member(silent="some_new_code")))

    assert shown.splitlines() == ["== SILENT: some new code", "  Shells shipped", "  Demo Wire"]


def test_a_feed_that_fails_and_recovers_is_told_once_each(viewer: Viewer) -> None:
    well = FeedState(FeedId("f"), "", "Flaky", polls=3)
    failing = FeedState(FeedId("f"), "", "Flaky", reason="http_status", detail="503", polls=1)
    bare = FeedState(FeedId("g"), "", "Page", reason="html")

    told = [see(viewer, state) for state in (failing, failing, well, well, bare)]

    assert told == [
        "== FEED HEALTH: Flaky: the server answered with an error (503); we go on trying",
        "",
        "== FEED HEALTH: Flaky is well again",
        "",
        "== FEED HEALTH: Page: the address holds a web page, not a feed; we go on trying",
    ]


def test_a_deleted_record_says_nothing(viewer: Viewer) -> None:
    assert viewer.see(Record("armswatch.feeds", 0, 0, START, b"k", None)) == ""


def test_the_summary_counts_feeds_items_alerts_and_silences_with_their_reasons(viewer: Viewer) -> None:
    states = [
        FeedState(FeedId("f"), "", "Wire", polls=20, items=9, counters={"charset_guessed": 2}),
        FeedState(FeedId("g"), "", "Page", polls=4, reason="html", counters={"charset_guessed": 1}),
    ]
    values = [
        *states, item(), item(backlog=True), match(), match(verdict="near_miss"),
        story(member(silent="backlog")), alert(WIRE.link("shells"), after(3.5)),
    ]  # fmt: skip
    for value in values:
        see(viewer, value)

    lines = summary(viewer.tally).splitlines()

    assert lines[:3] == [
        "polls  items  feed",
        "    4      0  Page: refused, the address holds a web page, not a feed",
        "   20      9  Wire",
    ]
    assert lines[4:10] == [
        "    2  feeds, polled 24 times; 1 refused",
        "    2  items, 1 of them there before",
        "    1  matches, and 1 near miss",
        "    1  alerts, the slowest 1.5 s after its entry was published",
        "    1  silent: it was there before we began to watch this feed",
        "    3  the document's charset was guessed",
    ]
    assert "armswatch init" in lines[-2]
    assert "armswatch run" in lines[-1]
