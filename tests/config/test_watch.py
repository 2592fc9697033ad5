"""The watcher, on real files."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from config.watch import ConfigWatcher, fingerprint
from tests.config.tree import FEEDS, TOPIC, write

PATIENCE_S = 10.0  # for a machine that is busy
QUIET_S = 0.35

Calls = queue.SimpleQueue[float]
Watching = Callable[..., AbstractContextManager[Calls]]


@contextmanager
def watching(directory: Path, *, look_s: float = 0.1, debounce_s: float = 0.1) -> Iterator[Calls]:
    calls: Calls = queue.SimpleQueue()
    watcher = ConfigWatcher(
        directory,
        lambda: calls.put(time.monotonic()),
        debounce=timedelta(seconds=debounce_s),
        look=timedelta(seconds=look_s),
    )
    watcher.start()
    try:
        yield calls
    finally:
        watcher.stop()


def called(calls: Calls) -> bool:
    """Wait for a call, and for more of them to be over."""
    calls.get(timeout=PATIENCE_S)
    return True


def quiet(calls: Calls) -> bool:
    try:
        calls.get(timeout=QUIET_S)
    except queue.Empty:
        return True
    return False


def replace_as_editors_do(path: Path, text: str) -> None:
    """Keep a backup, write another file beside, and rename it over the old one."""
    shutil.copy(path, path.with_name(path.name + "~"))
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(text)
    beside.replace(path)


@pytest.mark.parametrize("name", ["armswatch.yaml", "feeds.yaml", "topics/arms.yaml", "topics/new.yaml"])
def test_calls_when_a_file_that_matters_is_written(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    with watching(tmp_path) as calls:
        (tmp_path / name).write_text("changed: 1")

        assert called(calls)
        assert quiet(calls)


def test_calls_again_for_each_change(tmp_path: Path) -> None:
    write(tmp_path)
    with watching(tmp_path) as calls:
        for number in range(3):
            (tmp_path / "feeds.yaml").write_text("#" * number)
            assert called(calls)


def test_calls_when_an_editor_replaces_a_file(tmp_path: Path) -> None:
    write(tmp_path)
    with watching(tmp_path) as calls:
        for text in (FEEDS + "#", FEEDS + "##"):
            replace_as_editors_do(tmp_path / "feeds.yaml", text)
            assert called(calls)
        assert quiet(calls)


def test_calls_when_a_file_goes_away(tmp_path: Path) -> None:
    write(tmp_path)
    with watching(tmp_path) as calls:
        (tmp_path / "topics/arms.yaml").unlink()

        assert called(calls)


def test_says_nothing_of_other_files(tmp_path: Path) -> None:
    write(tmp_path)
    with watching(tmp_path) as calls:
        for name in ("notes.txt", "topics/.arms.yaml.swp", "topics/arms.yaml~", "armswatch.yaml.bak", "other.yaml"):
            (tmp_path / name).write_text("x")
        (tmp_path / "data").mkdir()

        assert quiet(calls)


def test_many_writes_in_quick_succession_make_one_call(tmp_path: Path) -> None:
    write(tmp_path)
    with watching(tmp_path, debounce_s=0.4) as calls:
        for number in range(20):
            (tmp_path / "feeds.yaml").write_text("#" * number)
            (tmp_path / "topics/arms.yaml").write_text("#" * number)
            time.sleep(0.02)

        assert called(calls)
        assert quiet(calls)


def test_calls_even_while_a_file_never_stops_changing(tmp_path: Path) -> None:
    write(tmp_path)
    over = threading.Event()

    def scribble() -> None:
        number = 0
        while not over.wait(0.001):
            number += 1
            (tmp_path / "feeds.yaml").write_text("#" * number)

    scribbler = threading.Thread(target=scribble)
    scribbler.start()
    try:
        with watching(tmp_path, debounce_s=0.02) as calls:
            assert called(calls)
    finally:
        over.set()
        scribbler.join()


def test_a_directory_that_is_away_for_a_moment_is_no_change(tmp_path: Path) -> None:
    config = write(tmp_path / "config")
    with watching(config) as calls:
        config.rename(tmp_path / "away")
        assert quiet(calls)
        (tmp_path / "away").rename(config)
        assert quiet(calls)

        (config / "feeds.yaml").write_text("#")
        assert called(calls)


def test_another_directory_in_its_place_is_seen_and_watched(tmp_path: Path) -> None:
    config = write(tmp_path / "config")
    other = write(tmp_path / "other", {"feeds.yaml": FEEDS + "#", "topics/arms.yaml": TOPIC})
    with watching(config) as calls:
        config.rename(tmp_path / "old")
        other.rename(config)
        assert called(calls)

        (config / "feeds.yaml").write_text("##")
        assert called(calls)


def test_a_link_that_is_turned_elsewhere_is_seen(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two", {"feeds.yaml": FEEDS + "#"})
    config = tmp_path / "config"
    config.symlink_to(tmp_path / "one")
    with watching(config) as calls:
        beside = tmp_path / "beside"
        beside.symlink_to(tmp_path / "two")
        beside.replace(config)

        assert called(calls)


def test_a_topics_directory_that_comes_later_is_watched_too(tmp_path: Path) -> None:
    write(tmp_path, {"feeds.yaml": FEEDS})
    with watching(tmp_path, look_s=60) as calls:
        time.sleep(QUIET_S)  # for the watch to stand
        write(tmp_path, {"topics/arms.yaml": TOPIC})
        assert called(calls)
        time.sleep(QUIET_S)
        (tmp_path / "topics/arms.yaml").write_text("#")

        assert called(calls)


def test_waits_for_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    with watching(tmp_path / "config") as calls:
        assert quiet(calls)
        write(tmp_path / "config")

        assert called(calls)


def test_what_changed_between_making_and_starting_counts(tmp_path: Path) -> None:
    write(tmp_path)
    calls: Calls = queue.SimpleQueue()
    watcher = ConfigWatcher(tmp_path, lambda: calls.put(0.0))
    (tmp_path / "feeds.yaml").write_text("#")
    watcher.start()

    assert called(calls)
    watcher.stop()


def test_a_change_during_a_call_makes_another_call_afterwards(tmp_path: Path) -> None:
    write(tmp_path)
    entered, leave = threading.Semaphore(0), threading.Event()
    running: list[int] = []

    def slow() -> None:
        running.append(1)
        entered.release()
        leave.wait(PATIENCE_S)

    watcher = ConfigWatcher(tmp_path, slow, debounce=timedelta(milliseconds=100), look=timedelta(milliseconds=200))
    watcher.start()
    (tmp_path / "feeds.yaml").write_text("#")
    assert entered.acquire(timeout=PATIENCE_S)
    (tmp_path / "feeds.yaml").write_text("##")
    assert len(running) == 1
    leave.set()

    assert entered.acquire(timeout=PATIENCE_S)
    watcher.stop()


def test_stops_at_once_and_calls_no_more(tmp_path: Path) -> None:
    write(tmp_path)
    calls: Calls = queue.SimpleQueue()
    watcher = ConfigWatcher(tmp_path, lambda: calls.put(0.0), look=timedelta(hours=1))
    watcher.stop()  # before it was started
    watcher = ConfigWatcher(tmp_path, lambda: calls.put(0.0), look=timedelta(hours=1))
    watcher.start()
    time.sleep(0.2)
    started = time.monotonic()
    watcher.stop()
    watcher.stop()
    (tmp_path / "feeds.yaml").write_text("#")

    assert time.monotonic() - started < 3
    assert quiet(calls)


def test_may_be_stopped_from_its_own_call(tmp_path: Path) -> None:
    write(tmp_path)
    done = threading.Event()

    def stop() -> None:
        watcher.stop()
        done.set()

    watcher = ConfigWatcher(tmp_path, stop, look=timedelta(milliseconds=100))
    watcher.start()
    (tmp_path / "feeds.yaml").write_text("#")

    assert done.wait(PATIENCE_S)
    watcher.stop()


def test_the_fingerprint_changes_with_content_and_name_only_of_files_that_matter(tmp_path: Path) -> None:
    write(tmp_path)
    first = fingerprint(tmp_path)
    write(tmp_path, {"notes.txt": "x"})

    assert fingerprint(tmp_path) == first
    write(tmp_path, {"topics/b.yaml": "x"})
    assert fingerprint(tmp_path) > first
    assert fingerprint(tmp_path / "nowhere") == frozenset()
