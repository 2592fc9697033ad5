from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.fold import ArchiveStep
from archive.queries import Archive
from archive.retention import Expired
from core.errors import LogUnavailable
from core.types import ItemId
from stream.sqlite import SqliteLog
from tests.archive.make import NOW, TOPIC, alert, fold, item, letter, match, member, new_log, story

DAY = timedelta(days=1)
MONTH, YEAR = 30 * DAY, 365 * DAY


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    log = new_log()
    yield log
    log.close()


@pytest.fixture
def step(log: SqliteLog, tmp_path: Path) -> Iterator[ArchiveStep]:
    path = tmp_path / "archive.sqlite"
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    fold(log, path, item(), match(), story([member()]), alert(), letter(), item("i2", title="Plain news"))
    yield step
    step.close()


def held(tmp_path: Path) -> tuple[int, int, int, int, int]:
    with Archive.open(tmp_path / "archive.sqlite") as archive:
        counts = archive.counts()
    return counts.items, counts.matches, counts.stories, counts.alerts, counts.dead_letters


def test_what_is_young_enough_stays(step: ArchiveStep, tmp_path: Path) -> None:
    assert step.expire(NOW + MONTH, MONTH, YEAR) == Expired(0, 0, 0, 0, 0)
    assert held(tmp_path) == (2, 1, 1, 1, 1)


def test_an_item_that_no_topic_matched_goes_first(step: ArchiveStep, tmp_path: Path) -> None:
    assert step.expire(NOW + MONTH + DAY, MONTH, YEAR) == Expired(1, 0, 0, 0, 0)
    assert held(tmp_path) == (1, 1, 1, 1, 1)
    with Archive.open(tmp_path / "archive.sqlite") as archive:
        assert archive.search("plain news") == []  # the index forgets it too
        assert archive.decisions(ItemId("i1")) is not None


def test_all_the_rest_goes_with_the_alerts(step: ArchiveStep, tmp_path: Path) -> None:
    assert step.expire(NOW + YEAR + DAY, MONTH, YEAR) == Expired(2, 1, 1, 1, 1)
    assert held(tmp_path) == (0, 0, 0, 0, 0)
    with Archive.open(tmp_path / "archive.sqlite") as archive:
        assert archive.decisions(ItemId("i1")) is None
        assert archive.silent() == []


def test_members_go_with_their_story_even_where_they_are_many(
    log: SqliteLog, step: ArchiveStep, tmp_path: Path
) -> None:
    items = [item(f"x{number}") for number in range(1001)]
    step.close()
    fold(log, tmp_path / "archive.sqlite", *items, story((member(each, silent="copy") for each in items), name="s2"))
    assert step.expire(NOW + YEAR + DAY, MONTH, YEAR).items == 1003
    with Archive.open(tmp_path / "archive.sqlite") as archive:
        assert archive.counts().silent == 0


def test_it_may_be_asked_from_another_thread(step: ArchiveStep) -> None:
    found: list[Expired] = []
    thread = threading.Thread(target=lambda: found.append(step.expire(NOW + YEAR + DAY, MONTH, YEAR)))
    thread.start()
    thread.join()
    assert found[0].alerts == 1


def test_damage_that_shows_then_has_the_file_begun_anew(log: SqliteLog, step: ArchiveStep, tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    with sqlite3.connect(path) as other:
        ((page,),) = other.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'matches'")
        ((size,),) = other.execute("PRAGMA page_size")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with pytest.raises(LogUnavailable, match="begun anew, since the file is damaged"):
        step.expire(NOW + YEAR + DAY, MONTH, YEAR)
    assert path.with_name("archive.sqlite.damaged").exists()
    step.close()
    fold(log, path)
    assert held(tmp_path) == (2, 1, 1, 1, 1)
