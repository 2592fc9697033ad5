"""Feeds put into files on disk: all or nothing, and never over something silently."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from armswatch.feeds_file import add_feeds, new_file
from config.loader import load_feeds
from config.settings import Feed
from core.errors import ConfigError, UserError

NEW = Feed(url="https://new.example/", name="New")
TEXT = "# ours\nfeeds:\n  - url: https://a.example/  # first\n# end\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0o640)
    return path


def test_a_feed_is_added_and_the_file_keeps_its_rights_and_its_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    add_feeds(link, [NEW])
    assert link.is_symlink()
    assert path.read_text("utf-8") == TEXT.replace("# end", "  - url: https://new.example/\n    name: New\n# end")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [path, link]


@pytest.mark.parametrize(
    "text", ["feeds: [\n", "feeds:\n  - url: https://new.example/\n", "{feeds: [{url: https://a.example/}]}\n"]
)
def test_a_file_that_would_not_load_stays_as_it_is(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        add_feeds(path, [NEW])
    assert path.read_text("utf-8") == text


def test_a_layout_that_an_entry_would_change_is_left_alone(path: Path) -> None:
    text = "feeds: [{url: https://a.example/}, ]\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="valid YAML"):
        add_feeds(path, [NEW])
    assert path.read_text("utf-8") == text


def test_a_file_that_is_not_there_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        add_feeds(tmp_path / "none.yaml", [NEW])
    with pytest.raises(UserError, match="cannot be written"):
        new_file(tmp_path / "none" / "feeds.yaml", [NEW])


def test_a_new_file_is_never_written_over_another(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is there already"):
        new_file(path, [NEW])
    new_file(tmp_path / "new.yaml", [NEW])
    assert load_feeds(tmp_path / "new.yaml") == (NEW,)
