from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from archive.follow import follow
from core.errors import StorageUnusable
from core.types import Alert, TopicId
from stream.sqlite import SqliteLog
from tests.archive.make import MINUTE, NOW, alert, fold, item, new_log

SOON = 10.0


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    log = new_log()
    yield log
    log.close()


@pytest.fixture
def path(log: SqliteLog, tmp_path: Path) -> Path:
    path = tmp_path / "archive.sqlite"
    fold(log, path, alert("old"))
    return path


def late(name: str, minutes: int = 1) -> Alert:
    return alert(name, time=NOW + minutes * MINUTE)


@contextmanager
def following(path: Path, **how: object) -> Iterator[Callable[[], str]]:
    """Follow in a thread; yields what waits for the next alert's id."""
    stop, found = threading.Event(), queue.Queue[str]()

    def run() -> None:
        try:
            for each in follow(path, stop=stop, **how):  # type: ignore[arg-type]
                found.put(each.id)
        except StorageUnusable as error:
            found.put(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield lambda: found.get(timeout=SOON)
    finally:
        stop.set()
        thread.join(SOON)
        assert not thread.is_alive()
        assert found.empty()


def test_alerts_are_yielded_as_they_are_folded(log: SqliteLog, path: Path) -> None:
    with following(path, after=0) as following_one:
        assert following_one() == "old"
        for name in ("a1", "a2"):
            fold(log, path, late(name))
            assert following_one() == name


def test_it_is_told_and_does_not_wait_for_the_next_look(log: SqliteLog, path: Path) -> None:
    with following(path, after=0) as following_one:
        following_one()
        time.sleep(0.3)  # let it begin to watch
        began = time.monotonic()
        fold(log, path, late("a1"))
        following_one()
        assert time.monotonic() - began < 1.5  # it looks by itself only each 2 s


def test_without_a_number_only_what_comes_is_yielded(log: SqliteLog, path: Path) -> None:
    with following(path) as following_one:
        time.sleep(0.3)
        fold(log, path, late("a1"))
        assert following_one() == "a1"


def test_it_begins_where_the_archive_stood_at_the_call(log: SqliteLog, path: Path) -> None:
    coming = follow(path)
    fold(log, path, late("a1"))
    assert next(coming).id == "a1"


def test_alerts_of_other_topics_are_left_out(log: SqliteLog, path: Path) -> None:
    with following(path, after=0, topic=TopicId("troops")):
        fold(log, path, late("a1"))
        time.sleep(0.5)


def test_many_alerts_come_each_once_and_in_order(log: SqliteLog, path: Path) -> None:
    names = [f"a{number:04}" for number in range(1100)]
    fold(log, path, *(alert(name, time=NOW + MINUTE) for name in names))
    stop = threading.Event()
    found = []
    for each in follow(path, after=1, stop=stop):
        found.append(each.id)
        if len(found) == len(names):
            stop.set()
    assert found == names


def test_a_file_begun_anew_repeats_nothing_and_loses_nothing(log: SqliteLog, path: Path) -> None:
    fold(log, path, late("a1", 1))
    with following(path, after=1) as following_one:
        assert following_one() == "a1"
        path.unlink()
        fold(log, path, late("a2", 2))  # fills it again with all three
        assert following_one() == "a2"


def test_an_archive_that_stays_away_ends_the_following(path: Path) -> None:
    with following(path, patience=timedelta(0)) as following_one:
        time.sleep(0.3)
        path.unlink()
        assert "no archive" in following_one()


def test_there_must_be_an_archive_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(StorageUnusable):
        follow(tmp_path / "none.sqlite")


def test_it_goes_on_past_records_that_are_no_alerts(log: SqliteLog, path: Path) -> None:
    with following(path) as following_one:
        time.sleep(0.3)
        fold(log, path, item())
        fold(log, path, late("a1"))
        assert following_one() == "a1"
