"""Tables of the event log: figures stand under each other, and what is on the log cannot write to the terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.log_reports import (
    CopiedTopic,
    CopyReport,
    GroupReport,
    PartitionReport,
    ReplayedPartition,
    ReplayReport,
    ShownRecord,
    TopicReport,
)
from core.reports import GroupLag
from delivery.log_table import copy_text, groups_text, records_text, replay_text, size_text, topics_text

NOON = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
ITEMS = TopicReport(
    "armswatch.items", "log", 1_003, 2_500_000,
    (PartitionReport(0, 1_000, 2_400_000, 5, 1_004), PartitionReport(1, 3, 100_000, 0, 2), PartitionReport(2, 0, 0, None, None)),
)  # fmt: skip
EMPTY = TopicReport("armswatch.stories", "compacted", 0, 0, (PartitionReport(0, 0, 0, None, None),))
LAGS = (GroupLag("match", "armswatch.items", 0, 990, 1_005, 15), GroupLag("match", "armswatch.items", 1, 3, 3, 0))


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def record(value: object, *, key: str = "k", trouble: str = "") -> ShownRecord:
    return ShownRecord("armswatch.items", 2, 17, NOON, key, {"h": "v"}, 40, value, trouble)


def test_topics_show_what_they_hold_and_their_outermost_offsets() -> None:
    text = topics_text([ITEMS, EMPTY], partitions=False, width=100, colour=False)
    assert rows(text) == [
        ["topic", "kind", "partitions", "records", "size", "oldest", "newest"],
        ["armswatch.items", "log", "3", "1,003", "2.5", "MB", "0", "1004"],
        ["armswatch.stories", "compacted", "1", "0", "0", "B", "-", "-"],
    ]


def test_each_partition_can_have_a_line() -> None:
    text = topics_text([ITEMS], partitions=True, width=100, colour=False)
    assert rows(text)[1:] == [
        ["armswatch.items", "log", "0", "1,000", "2.4", "MB", "5", "1004"],
        ["armswatch.items", "log", "1", "3", "100.0", "kB", "0", "2"],
        ["armswatch.items", "log", "2", "0", "0", "B", "-", "-"],
    ]


def test_groups_show_their_lag_in_all_and_by_topic() -> None:
    groups = [GroupReport("ingest", None, ()), GroupReport("match", 15, LAGS)]
    assert rows(groups_text(groups, partitions=False, width=100, colour=False)) == [
        ["group", "topic", "partitions", "lag"],
        ["ingest", "shares", "out", "work,", "reads", "nothing"],
        ["match", "in", "all", "15"],
        ["armswatch.items", "2", "15"],
    ]


def test_groups_show_where_they_stand_by_partition() -> None:
    text = groups_text([GroupReport("match", 15, LAGS)], partitions=True, width=100, colour=False)
    assert rows(text) == [
        ["group", "topic", "partition", "position", "end", "lag"],
        ["match", "in", "all", "15"],
        ["armswatch.items", "0", "990", "1005", "15"],
        ["armswatch.items", "1", "3", "3", "0"],
    ]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (record({"title": "Nordkorea — 북한"}), '{"title": "Nordkorea — 북한"}'),
        (record(None), "(tombstone: deletes the key)"),
        (record("no item", trouble="not a valid Item record"), "[not a valid Item record] no item"),
    ],
)
def test_a_record_shows_where_it_is_and_what_it_holds(shown: ShownRecord, said: str) -> None:
    assert records_text([shown], width=100, colour=False).splitlines() == [
        "armswatch.items/2@17 2025-03-01 12:00:00 UTC key k 40 bytes h=v",
        f"    {said}",
    ]


def test_what_is_on_the_log_cannot_write_to_the_terminal() -> None:
    evil = "\x1b[2J\x1b]0;x\x07\r\n\u202e"
    text = records_text([record(evil, key=evil, trouble=evil), record({"a": evil})], width=200, colour=False)
    assert not set(text) & set("\x1b\x07\r\u202e")
    assert len(text.splitlines()) == 4


@pytest.mark.parametrize("width", [20, 60, 61, 200])
def test_records_fit_the_page(width: int) -> None:
    text = records_text([record("x" * 500, key="k" * 500)], width=width, colour=False)
    assert max(map(len, text.splitlines())) <= max(width, 60)


def test_a_replay_tells_what_comes_and_a_dry_one_that_nothing_was_done() -> None:
    partitions = (
        ReplayedPartition("armswatch.items", 0, 9, 2, 9, 7),
        ReplayedPartition("armswatch.items", 1, None, 0, 1, 1),
    )
    done = replay_text(ReplayReport("match", None, False, 8, partitions), width=100, colour=False)
    assert rows(done)[1:3] == [
        ["armswatch.items", "0", "9", "2", "9", "7"],
        ["armswatch.items", "1", "-", "0", "1", "1"],
    ]
    assert done.splitlines()[-1] == "Stage match will handle 8 records again when it next starts."
    dry = replay_text(ReplayReport("match", None, True, 1, partitions), width=100, colour=False)
    assert dry.splitlines()[-1] == "Nothing was changed. Stage match would handle 1 record again."


def test_a_copy_tells_that_it_was_compared_and_where_the_groups_stand() -> None:
    topics = (CopiedTopic("armswatch.items", 4, 5, 1_200, 3), CopiedTopic("armswatch.stories", 4, 0, 7, 0))
    text = copy_text(CopyReport(True, 5, topics, LAGS), width=100, colour=False)
    assert rows(text)[1:3] == [["armswatch.items", "4", "5", "1,200", "3"], ["armswatch.stories", "4", "0", "7", "0"]]
    assert "compared with its original: 1,207." in text
    assert text.endswith("Reader groups go on where they stood: match 15 behind.")
    assert copy_text(CopyReport(False, 0, topics, ()), width=100, colour=False).endswith("stood: none.")


def test_colour_is_only_where_it_was_asked_for() -> None:
    assert "\x1b[" in topics_text([ITEMS], partitions=False, width=100, colour=True)
    assert "\x1b[" not in topics_text([ITEMS], partitions=False, width=100, colour=False)


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_500_000, "2.5 MB"), (7_200_000_000, "7.2 GB")]
)
def test_sizes_are_in_the_unit_that_makes_them_short(size: int, said: str) -> None:
    assert size_text(size) == said
