from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from archive.fold import ArchiveStep
from archive.queries import Archive
from archive.schema import VERSION
from core import catalogue
from core.errors import CodecError, LogUnavailable
from core.types import ItemId
from stream.log import NewRecord, TopicPartition
from stream.retry import RetryPolicy
from stream.sqlite import SqliteLog
from stream.worker import Worker
from tests.archive.make import (
    AGENCY,
    MINUTE,
    NOW,
    TOPIC,
    alert,
    clock,
    feed,
    fold,
    item,
    letter,
    match,
    member,
    new_log,
    record,
    story,
)

QUICK = RetryPolicy(tries=3, first=timedelta(milliseconds=1), longest=timedelta(milliseconds=2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "archive.sqlite"


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    log = new_log()
    yield log
    log.close()


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Read every row, without the numbers that tell only in what order rows came."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows: dict[str, list[tuple[object, ...]]] = {}
        for table in tables:
            if table.startswith(("items_text", "sqlite_")):
                continue
            cursor = connection.execute(f"SELECT * FROM {table}")
            kept = [at for at, column in enumerate(cursor.description) if column[0] != "n"]
            rows[table] = sorted((tuple(row[at] for at in kept) for row in cursor), key=repr)
    connection.close()
    return rows


VALUES = (
    item(),
    item(revision=1, title="Shells cross the border again"),
    item("i2", source=AGENCY, url="https://agency.example/a"),
    match(),
    match(item("i2", source=AGENCY), verdict="near_miss", score=0.4),
    story([member(alerted="a1"), member(item("i2", source=AGENCY), silent="copy")]),
    alert(),
    feed(),
    letter(),
)


def test_every_kind_of_record_becomes_rows_that_know_where_they_came_from(log: SqliteLog, path: Path) -> None:
    fold(log, path, *VALUES)
    rows = dump(path)
    assert {table: len(found) for table, found in rows.items()} == {
        "positions": 6,
        "feeds": 1,
        "items": 3,
        "matches": 2,
        "stories": 1,
        "story_members": 2,
        "alerts": 1,
        "dead_letters": 1,
    }
    with Archive.open(path) as archive:
        decided = archive.decisions(ItemId("i1"))
        (feed_row,), (item_row,) = archive.feeds(), archive.items_by_url("https://agency.example/a")
    assert decided
    assert decided.topics[0].story
    story_row = decided.topics[0].story
    for found, at in ((story_row.id, story_row.at), (feed_row.id, feed_row.at), (item_row.id, item_row.at)):
        source = next(log.scan(TopicPartition(at.topic, at.partition), at.offset))
        assert source.offset == at.offset
        assert f'"id":"{found}"'.encode() in (source.value or b"")


def test_the_step_appends_nothing_and_reads_every_topic_of_the_catalogue(log: SqliteLog, path: Path) -> None:
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    kinds = catalogue.catalogue((TOPIC,), MINUTE, MINUTE)
    assert (step.name, set(step.inputs)) == ("archive", {kind.name for kind in kinds})
    assert step.gained(frozenset()) == {}
    log.append([record(item())])
    assert list(step(list(log.scan(TopicPartition(catalogue.ITEMS, 0))))) == []
    step.close()
    step.close()


def test_a_deleted_feed_goes_and_may_come_back(log: SqliteLog, path: Path) -> None:
    gone = NewRecord(catalogue.FEEDS, b"f-paper", None)
    log.append([record(feed()), gone])
    fold(log, path)
    with Archive.open(path) as archive:
        assert archive.feeds() == []
        fold(log, path, feed(failures=2))
        assert [row.failures for row in archive.feeds()] == [2]
        log.append([gone])
        fold(log, path)
        assert archive.feeds() == []


def test_a_story_that_its_stage_dropped_stays_on_record(log: SqliteLog, path: Path) -> None:
    fold(log, path, story([member(silent="copy")]))
    log.append([NewRecord(catalogue.STORIES, b"s1", None)])
    fold(log, path)
    with Archive.open(path) as archive:
        assert [(each.story, each.headline) for each in archive.silent()] == [("s1", "Shells")]


def test_an_item_moves_to_the_last_story_that_names_it(log: SqliteLog, path: Path) -> None:
    fold(log, path, item(), story([member()], name="s1"), story([member()], name="s1b"))
    with Archive.open(path) as archive:
        decided = archive.decisions(ItemId("i1"))
    assert decided
    assert [each.story for each in decided.topics[0].members] == ["s1b"]


def test_an_item_that_has_left_the_log_is_known_from_its_match(log: SqliteLog, path: Path) -> None:
    fold(log, path, match())
    with Archive.open(path) as archive:
        (found,) = archive.items_by_url("https://paper.example/shells")
        assert (found.id, found.at.topic) == ("i1", catalogue.MATCHES)
        fold(log, path, item())
        (found,) = archive.items_by_url("https://paper.example/shells")
        assert found.at.topic == catalogue.ITEMS


def test_a_record_that_is_none_of_ours_folds_nothing_of_its_batch(log: SqliteLog, path: Path) -> None:
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    log.append([record(item()), NewRecord(catalogue.ITEMS, b"i1", b"not json", partition=1)])
    source = TopicPartition(catalogue.ITEMS, 1)
    step.gained(frozenset([source]))
    with pytest.raises(CodecError):
        step(list(log.scan(source)))
    with Archive.open(path) as archive:
        assert archive.positions() == {}
    step.close()


def test_a_bad_record_becomes_a_dead_letter_that_the_archive_shows(log: SqliteLog, path: Path) -> None:
    log.append([NewRecord(catalogue.ITEMS, b"i1", b"not json"), record(item("i2"))])
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    worker = Worker(log, step, clock=clock, retry=QUICK)
    worker.run_until_idle()
    worker.close()
    step.close()
    with Archive.open(path) as archive:
        assert archive.counts().dead_letters == 1
        assert archive.counts().items == 1


def test_deleted_while_down_it_is_filled_again_though_the_group_stands_at_the_end(log: SqliteLog, path: Path) -> None:
    fold(log, path, *VALUES)
    before = dump(path)
    path.unlink()
    fold(log, path)
    assert dump(path) == before


@pytest.mark.parametrize(
    ("spoil", "suffix", "why"),
    [
        (lambda path: path.write_bytes(b"no database at all" * 1000), "damaged", "damaged"),
        (lambda path: _version(path, VERSION + 1), "other-version", "of another version"),
    ],
)
def test_a_file_that_cannot_be_used_is_set_aside_and_begun_anew(
    spoil: object, suffix: str, why: str, log: SqliteLog, path: Path
) -> None:
    fold(log, path, *VALUES)
    before = dump(path)
    assert callable(spoil)
    spoil(path)
    spoilt = path.read_bytes()
    with capture_logs() as lines:
        fold(log, path)
    assert dump(path) == before
    aside = path.with_name(f"archive.sqlite.{suffix}")
    assert aside.read_bytes() == spoilt
    (told,) = [line for line in lines if line["event"] == "archive_begun_anew"]
    assert why in told["why"]
    assert told["kept_as"] == str(aside)


def test_what_a_spoilt_file_had_written_ahead_is_not_taken_for_the_new_ones(log: SqliteLog, path: Path) -> None:
    fold(log, path, *VALUES)
    before = dump(path)
    _version(path, VERSION + 1)
    path.with_name("archive.sqlite-wal").write_bytes(b"ahead")
    path.with_name("archive.sqlite-shm").write_bytes(b"index")
    fold(log, path)
    assert dump(path) == before


def _version(path: Path, version: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((item("x"),), "and we have folded up to"),
        ((*VALUES, item("x"), item("y"), match(item("x"))), "holds another record"),
    ],
)
def test_a_log_that_took_the_place_of_ours_is_noticed(
    values: tuple[object, ...], why: str, log: SqliteLog, path: Path
) -> None:
    fold(log, path, item("a1"), *VALUES)
    other = new_log()
    with capture_logs() as lines:
        fold(other, path, *values)  # type: ignore[arg-type]
    (told,) = [line for line in lines if line["event"] == "archive_begun_anew"]
    assert "the log is another one" in told["why"]
    assert why in told["why"]
    again = path.with_name("again.sqlite")
    fold(other, again)
    assert dump(path) == dump(again)
    other.close()


def test_a_log_that_dropped_old_records_is_still_ours(log: SqliteLog, path: Path) -> None:
    fold(log, path, *VALUES)
    log.expire(NOW + timedelta(days=40))
    fold(log, path, item("i9"))
    with Archive.open(path) as archive:
        assert archive.counts().items == 3
    path.unlink()
    fold(log, path)  # from what the log still holds: matches outlive items
    with Archive.open(path) as archive:
        assert archive.decisions(ItemId("i1")) is not None
        assert archive.positions()[TopicPartition(catalogue.ITEMS, 1)] > 0


@pytest.fixture
def running(log: SqliteLog, path: Path) -> Iterator[Worker]:
    step = ArchiveStep(log, path, topic_ids=[TOPIC], busy_timeout=timedelta(0))
    worker = Worker(log, step, clock=clock, retry=QUICK)
    log.append([record(value) for value in VALUES])
    worker.run_until_idle()
    yield worker
    worker.close()
    step.close()


def test_a_file_that_vanishes_while_running_is_filled_again(running: Worker, log: SqliteLog, path: Path) -> None:
    before = dump(path)
    path.unlink()
    log.append([record(item("i1"))])
    with capture_logs() as lines:
        running.run_until_idle()
    assert "archive_begun_anew" in {line["event"] for line in lines}
    after = dump(path)
    assert [row[:3] for row in after["items"]] == [row[:3] for row in before["items"]]
    assert after["matches"] == before["matches"]


def test_damage_that_shows_while_running_is_put_right(running: Worker, log: SqliteLog, path: Path) -> None:
    before = dump(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    other.execute(f"PRAGMA user_version = {VERSION}")  # so that the writer trusts its page cache no longer
    other.close()
    log.append([record(feed(failures=9))])
    with capture_logs() as lines:
        running.run_until_idle()
    assert "archive_begun_anew" in {line["event"] for line in lines}
    assert dump(path)["matches"] == before["matches"]
    assert path.with_name("archive.sqlite.damaged").exists()


def test_a_locked_file_is_waited_for_and_nothing_is_lost(running: Worker, log: SqliteLog, path: Path) -> None:
    log.append([record(item("i7"))])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailable, match="locked"):
        running.run_until_idle()
    other.execute("ROLLBACK")
    other.close()
    running.close()
    fold(log, path)
    with Archive.open(path) as archive:
        assert archive.counts().items == 3


def test_a_step_that_began_anew_folds_nothing_before_its_reader_was_sent_back(log: SqliteLog, path: Path) -> None:
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    log.append([record(item("i1")), record(item("i2"))])
    sources = frozenset(TopicPartition(catalogue.ITEMS, number) for number in (0, 1))
    step.gained(sources)
    records = [each for source in sorted(sources) for each in log.scan(source)]
    step(records)
    path.unlink()
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            step(records[-1:])
    one = frozenset([records[0].source])
    assert step.gained(one) == dict.fromkeys(sources, 0)
    step(records)
    step.lost(sources)
    step.close()
    with Archive.open(path) as archive:
        assert archive.counts().items == 2


def test_a_path_that_cannot_be_a_file_is_told_and_tried_again(log: SqliteLog, tmp_path: Path) -> None:
    step = ArchiveStep(log, tmp_path, topic_ids=[TOPIC])
    with pytest.raises(LogUnavailable, match="cannot be written for now"):
        step.gained(frozenset())


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    """Let no file grow past so many bytes, which is what a full disk does to a writer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_loses_nothing_and_folding_goes_on_once_there_is_room(
    full_disk: Callable[[int], None], log: SqliteLog, path: Path
) -> None:
    fold(log, path, item())
    before = dump(path)
    log.append([record(item(f"x{number}", summary="long " * 400)) for number in range(200)])
    source = TopicPartition(catalogue.ITEMS, 0)
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    step.gained(frozenset([source]))
    records = list(log.scan(source))
    full_disk(path.stat().st_size)
    with pytest.raises(LogUnavailable, match="cannot be written for now"):
        step(records)
    full_disk(1 << 30)
    assert dump(path) == before
    step(records)
    step.close()
    fold(log, path)
    again = path.with_name("again.sqlite")
    fold(log, again)
    assert dump(path) == dump(again)
