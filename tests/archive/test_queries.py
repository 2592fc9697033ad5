from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.queries import Archive
from core import catalogue
from core.errors import LogUnavailable, StorageUnusable
from core.reports import Counts, Hit, Silent
from core.types import FeedId, ItemId, StoryId, TopicId
from stream.log import TopicPartition
from stream.sqlite import SqliteLog
from tests.archive.make import (
    AGENCY,
    MINUTE,
    NOW,
    TOPIC,
    alert,
    feed,
    fold,
    item,
    letter,
    match,
    member,
    new_log,
    story,
)

OTHER = TopicId("troops")
SECOND = item("i2", source=AGENCY, url="https://agency.example/a?x=1", title="북한군 파병", seen=NOW + MINUTE)
THIRD = item("i3", title="Trains delayed", summary="", url="https://paper.example/trains", seen=NOW + 2 * MINUTE)


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    log = new_log(topics=(TOPIC, OTHER))
    yield log
    log.close()


@pytest.fixture
def archive(log: SqliteLog, tmp_path: Path) -> Iterator[Archive]:
    path = tmp_path / "archive.sqlite"
    fold(
        log,
        path,
        item(),
        SECOND,
        THIRD,
        match(),
        match(SECOND, matched=NOW + MINUTE),
        match(THIRD, verdict="near_miss", score=0.3, missing=("names a weapon",), matched=NOW + 2 * MINUTE),
        story([member(alerted="a1"), member(SECOND, silent="copy")], updated=NOW + MINUTE),
        alert(),
        alert("a2", of=SECOND, time=NOW + 9 * MINUTE, level="update"),
        feed(),
        feed(AGENCY, failures=3, reason="dns"),
        letter(),
    )
    with Archive.open(path) as archive:
        yield archive


def test_alerts_come_oldest_first_and_the_newest_where_there_are_too_many(archive: Archive) -> None:
    assert [each.id for each in archive.alerts()] == ["a1", "a2"]
    assert [each.id for each in archive.alerts(limit=1)] == ["a2"]
    assert archive.alerts()[0] == alert()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"since": NOW + 5 * MINUTE}, ["a2"]),
        ({"since": NOW + 2 * timedelta(seconds=1)}, ["a1", "a2"]),
        ({"topic": TOPIC}, ["a1", "a2"]),
        ({"topic": OTHER}, []),
        ({"text": "SHELLS border"}, ["a1"]),
        ({"text": "파병"}, ["a2"]),
        ({"text": '"cross the border"'}, ["a1"]),
        ({"text": '"border cross"'}, []),
        ({"text": "train\x00"}, ["a1", "a2"]),
        ({"text": "level"}, []),  # a key of the JSON, not a word of the alert
    ],
)
def test_alerts_are_chosen_by_time_topic_and_words(
    archive: Archive, wanted: dict[str, object], found: list[str]
) -> None:
    assert [each.id for each in archive.alerts(**wanted)] == found  # type: ignore[arg-type]


def test_alerts_after_a_number_come_in_the_order_they_were_folded(archive: Archive) -> None:
    first, second = archive.alerts_after(0)
    assert (first.n, first.alert.id, second.alert.id) == (1, "a1", "a2")
    assert archive.alerts_after(first.n) == [second]
    assert archive.alerts_after(0, limit=1) == [first]
    assert archive.alerts_after(0, topic=OTHER) == []
    assert archive.last_alert_number() == second.n
    assert archive.alert_time(first.n) == first.alert.time
    assert archive.alert_time(0) is None


def test_feeds_tell_their_state(archive: Archive) -> None:
    paper = archive.feeds()[1]
    state = feed()
    assert (paper.name, paper.host, paper.baseline, paper.last_poll, paper.next_due, paper.counters) == (
        state.name, "paper.example", True, state.last_poll, state.next_due, {"no_link": 2},
    )  # fmt: skip


def test_feeds_of_a_host_are_those_it_serves_and_those_that_link_to_it(log: SqliteLog, archive: Archive) -> None:
    assert [row.name for row in archive.feeds_of_host("paper.example")] == ["The Paper"]
    fold(log, archive.path, item("i8", source=AGENCY, url="https://paper.example/quoted"))
    assert [row.name for row in archive.feeds_of_host("paper.example")] == ["State Agency", "The Paper"]
    assert archive.feeds_of_host("paper.exampl") == []


def test_lag_is_the_median_of_what_can_be_trusted(log: SqliteLog, archive: Archive) -> None:
    fold(
        log,
        archive.path,
        item("x1", published=NOW - 9 * MINUTE),
        item("x2", published=NOW - 5 * MINUTE),
        item("x3", published=NOW - 99 * MINUTE, doubt="date_no_zone"),
        item("x4", published=NOW - 99 * MINUTE, backlog=True),
        item("x5", published=None),
        item("x1", revision=1, published=NOW - 99 * MINUTE),
    )
    assert archive.lags(NOW - MINUTE)[FeedId("f-paper")] == 4 * 60  # of 1, 3, 5 and 9 minutes
    assert archive.lags(NOW + 99 * MINUTE) == {}


def test_counts_are_of_the_window_but_for_the_last_ones(archive: Archive) -> None:
    last = {"last_item": NOW + 2 * MINUTE, "last_alert": NOW + 9 * MINUTE}
    assert archive.counts() == Counts(None, 3, 2, 1, 1, 2, 1, 1, **last)
    since = NOW + 2 * MINUTE
    assert archive.counts(since) == Counts(since, 1, 0, 1, 0, 1, 0, 0, **last)


def test_positions_tell_how_far_it_is_folded(log: SqliteLog, archive: Archive) -> None:
    ends = {info.source: info.end for info in log.describe() if info.end}
    assert archive.positions() == ends


@pytest.mark.parametrize(
    "url",
    ["https://agency.example/a?x=1", "http://agency.example/a?x=1", "HTTPS://AGENCY.example/a?utm_source=z&x=1#top"],
)
def test_an_item_is_found_by_any_spelling_of_its_address(archive: Archive, url: str) -> None:
    assert [row.id for row in archive.items_by_url(url)] == ["i2"]


@pytest.mark.parametrize("url", ["https://agency.example/a", "https://agency.example/", "no address", ""])
def test_no_item_is_found_by_another_address(archive: Archive, url: str) -> None:
    assert archive.items_by_url(url) == []


def test_of_an_edited_item_the_newest_revision_is_shown_whatever_address_is_asked(
    log: SqliteLog, archive: Archive
) -> None:
    fold(log, archive.path, item(revision=1, url="https://paper.example/moved", title="Edited"))
    for url in ("https://paper.example/moved", "https://paper.example/shells"):
        assert [(row.id, row.revision) for row in archive.items_by_url(url)] == [("i1", 1)]
    assert [hit.title for hit in archive.search("cross border")] == ["Edited"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shells", ["i1"]),
        ("SHELL bord", ["i1"]),
        ('"shells cross"', ["i1"]),
        ('"cross shells"', []),
        ("train", ["i3", "i2", "i1"]),  # newest first; in the title of the first, the summary of the others
        ("북한", ["i2"]),
        ("한군", ["i2"]),
        ("군", ["i2"]),
        ("북한군파병", []),
        ("shells nothing", []),
        ("", []),
        ('" "', []),
        ("*** -- NEAR( ^ AND", []),
        ("shells\x00\ud800", ["i1"]),
    ],
)
def test_search_finds_words_by_their_beginning_in_any_script(archive: Archive, text: str, found: list[str]) -> None:
    assert [hit.item for hit in archive.search(text)] == found


TYPED = st.text() | st.text("\"'*()^:-+\x00\ud800\u0301북ab ", max_size=40) | st.sampled_from(
    ["' OR 1=1; --", "title:shells", "NEAR(shells cross)", "shells AND NOT", '"' * 999, "a " * 5000, "北" * 5000]
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TYPED)
def test_whatever_is_typed_is_looked_for_and_nothing_else(archive: Archive, typed: str) -> None:
    assert len(archive.search(typed)) <= 3
    assert len(archive.alerts(text=typed)) <= 2
    assert archive.items_by_url(f"https://paper.example/{typed}?x='") == []
    assert len(archive.alerts()) == 2


def test_what_a_query_language_would_read_as_a_command_is_only_words(archive: Archive) -> None:
    assert archive.search("title:shells") == archive.search("shells OR nothing") == archive.search("NOT shells") == []


def test_a_hit_tells_how_far_its_item_came(archive: Archive) -> None:
    assert archive.search("trains") == [
        Hit(
            ItemId("i3"),
            "Trains delayed",
            "https://paper.example/trains",
            "The Paper",
            NOW + 2 * MINUTE,
            "near_miss",
            None,
        )
    ]
    (alerted,) = archive.search("shells")
    assert (alerted.verdict, alerted.alert) == ("match", "a1")
    assert len(archive.search("train", limit=1)) == 1


def test_decisions_gather_all_about_an_item_by_topic(log: SqliteLog, archive: Archive) -> None:
    fold(log, archive.path, match(topic=OTHER, verdict="near_miss"))
    decisions = archive.decisions(ItemId("i1"))
    assert decisions
    arms, troops = decisions.topics
    assert decisions.newest.id == "i1"
    assert (arms.topic, arms.matches[0].evidence, arms.matches[0].facets) == (TOPIC, match().evidence, ("munitions",))
    assert arms.story
    assert (arms.story.id, arms.story.items, arms.story.alerts) == ("s1", 2, 2)
    assert (arms.members[0].alerted, arms.alerts[0].id) == ("a1", "a1")
    assert (troops.topic, troops.matches[0].verdict, troops.story, troops.members) == (OTHER, "near_miss", None, ())
    assert archive.decisions(ItemId("none")) is None


def test_silent_items_are_near_misses_and_members_that_alerted_no_one(log: SqliteLog, archive: Archive) -> None:
    near, copy = archive.silent()
    assert near == Silent(
        TOPIC, ItemId("i3"), "near_miss", "Trains delayed", "https://paper.example/trains", "The Paper", NOW + 2 * MINUTE,
        0.3, 0.5, ("names a weapon",),
    )  # fmt: skip
    assert copy == Silent(
        TOPIC, ItemId("i2"), "copy", "북한군 파병", "https://agency.example/a?x=1", "State Agency", NOW + MINUTE,
        story=StoryId("s1"), headline="Shells",
    )  # fmt: skip
    assert archive.silent(limit=1) == [near]
    assert archive.silent(topic=OTHER) == archive.silent(since=NOW + 3 * MINUTE) == []
    fold(log, archive.path, story([member(SECOND, alerted="a2")], name="s2"))
    assert archive.silent() == [near]
    edited = item("i3", revision=1, title="Trains of shells delayed")
    fold(log, archive.path, edited, match(edited))
    assert archive.silent() == []  # a later revision has settled it


def test_there_must_be_an_archive(tmp_path: Path) -> None:
    with pytest.raises(StorageUnusable, match=r"no archive at .* yet"):
        Archive.open(tmp_path / "none.sqlite")


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other"
    text.write_text("hello" * 1000)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(StorageUnusable, match="damaged"):
        Archive.open(text)
    with pytest.raises(StorageUnusable, match="not an archive of this version"):
        Archive.open(other)
    with pytest.raises(LogUnavailable, match="cannot be read for now"):
        Archive.open(tmp_path)


def test_it_knows_when_the_service_has_begun_the_file_anew(archive: Archive) -> None:
    assert archive.is_current()
    archive.path.unlink()
    assert not archive.is_current()


def test_a_file_that_goes_bad_while_it_is_read_is_told(archive: Archive, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    with sqlite3.connect(archive.path) as writer:
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        writer.execute("VACUUM INTO ?", (str(copy),))
    writer.close()
    with Archive.open(copy) as reader:
        with copy.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (copy.stat().st_size - 4096))
        with pytest.raises(StorageUnusable, match="damaged"):
            reader.decisions(ItemId("i1"))
        with pytest.raises(StorageUnusable, match="damaged"):
            reader.counts()
        with pytest.raises(StorageUnusable, match="damaged"):
            reader.lags(NOW)


def test_a_deleted_file_is_still_read_by_who_has_it_open_and_is_missing_for_others(archive: Archive) -> None:
    archive.path.unlink()
    assert len(archive.alerts()) == 2
    with pytest.raises(StorageUnusable, match=r"no archive at .* yet"):
        Archive.open(archive.path)


def test_another_process_reads_while_the_service_writes(log: SqliteLog, archive: Archive) -> None:
    writer = sqlite3.connect(archive.path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM alerts")
    script = (
        "import sys; from pathlib import Path; from archive.queries import Archive\n"
        "print(len(Archive.open(Path(sys.argv[1])).alerts()))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(archive.path)], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout == "2\n"
    writer.execute("ROLLBACK")
    writer.close()


def test_it_reads_what_is_there_when_no_service_runs(archive: Archive, log: SqliteLog) -> None:
    archive.close()
    for part in ("-wal", "-shm"):
        archive.path.with_name(f"archive.sqlite{part}").unlink()
    with Archive.open(archive.path) as again:
        assert len(again.alerts()) == 2
        assert again.positions()[TopicPartition(catalogue.alerts(TOPIC), 0)] > 0
