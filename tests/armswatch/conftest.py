"""A data directory with something in it, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.loader import Config, load
from tests.armswatch.desk import polled


@pytest.fixture(scope="session")
def one_round(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a round of the service leaves; not to be changed."""
    directory = tmp_path_factory.mktemp("desk")
    polled(directory)
    return directory


@pytest.fixture
def desk(one_round: Path, tmp_path: Path) -> Config:
    """A copy of it to do anything with."""
    shutil.copytree(one_round, tmp_path, dirs_exist_ok=True)
    return load(tmp_path, {"HOME": str(tmp_path)})
