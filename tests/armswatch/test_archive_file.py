"""The archive is put away whole, and only when nobody fills it."""

from __future__ import annotations

from pathlib import Path

import pytest

from armswatch import wiring
from armswatch.archive_file import archived, put_away
from config.loader import Config
from core.errors import AlreadyRunning, StorageUnusable
from stream.service_lock import ServiceLock
from tests.armswatch.desk import configured


def test_it_goes_with_all_its_parts_over_an_earlier_one(desk: Config) -> None:
    path = wiring.archive_path(desk)
    whole = path.read_bytes()
    path.with_name("archive.sqlite-wal").write_bytes(b"not yet in the file")
    path.with_name("archive.sqlite.old-shm").write_bytes(b"of an earlier one")

    aside = put_away(desk, "old")

    assert aside == path.with_name("archive.sqlite.old")
    assert aside.read_bytes() == whole
    assert path.with_name("archive.sqlite.old-wal").read_bytes() == b"not yet in the file"
    assert sorted(each.name for each in path.parent.glob("archive.*")) == [
        "archive.sqlite.old",
        "archive.sqlite.old-wal",
    ]
    assert put_away(desk, "old") is None
    assert archived(desk) == {}


def test_one_that_cannot_go_is_told(desk: Config) -> None:
    (wiring.archive_path(desk).with_name("archive.sqlite.old") / "in the way").mkdir(parents=True)

    with pytest.raises(StorageUnusable, match="cannot be put away"):
        put_away(desk, "old")


def test_one_that_a_process_fills_from_kafka_stays(tmp_path: Path) -> None:
    config = configured(tmp_path, "{kind: kafka, bootstrap_servers: [127.0.0.1:9]}")
    config.data_dir.mkdir()
    wiring.archive_path(config).touch()
    lock = ServiceLock(wiring.archive_path(config))

    with pytest.raises(AlreadyRunning):
        put_away(config, "old")

    assert wiring.archive_path(config).exists()
    lock.release()
    assert put_away(config, "old")
