from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.errors import StorageUnusable
from stream.slots import Slot, claim

HOLD = """
import sys
from pathlib import Path
from stream.slots import claim
print(claim(Path(sys.argv[1])).name, flush=True)
sys.stdin.read()
"""


def test_living_workers_have_names_of_their_own_on_one_instance(tmp_path: Path) -> None:
    slots = [claim(tmp_path) for _ in range(3)]
    assert len({slot.name for slot in slots}) == 3
    assert len({slot.instance for slot in slots}) == 1
    for slot in slots:
        slot.release()


def test_a_place_that_was_left_is_taken_next(tmp_path: Path) -> None:
    first, second = claim(tmp_path), claim(tmp_path)
    first.release()
    first.release()
    again = claim(tmp_path)
    assert (again.name, again.instance) == (first.name, second.instance)
    for slot in (second, again):
        slot.release()


def test_data_directories_are_told_apart(tmp_path: Path) -> None:
    here, there = claim(tmp_path / "here"), claim(tmp_path / "there")
    assert here.instance != there.instance
    assert here.name != there.name
    here.release()
    there.release()


def test_who_comes_after_a_killed_process_takes_its_place(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        held = process.stdout.readline().strip()
        beside = claim(tmp_path)
        assert beside.name != held
        process.kill()
    after = claim(tmp_path)
    assert after.name == held
    beside.release()
    after.release()


def test_many_who_start_at_once_agree(tmp_path: Path) -> None:
    found: list[Slot] = []
    threads = [threading.Thread(target=lambda: found.append(claim(tmp_path))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({slot.name for slot in found}) == 16
    assert len({slot.instance for slot in found}) == 1
    assert sorted(path.name for path in (tmp_path / "workers").iterdir()) == sorted([*map(str, range(16)), "instance"])
    for slot in found:
        slot.release()


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnusable, match=r"cannot be used: Not a directory.*data_dir"):
        claim(tmp_path / "file")
