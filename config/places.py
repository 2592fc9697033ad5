"""Which directory the configuration is in, which files of it count, and where the data goes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from core.errors import UserError

SETTINGS = "armswatch.yaml"
FEEDS = "feeds.yaml"
TOPICS = "topics"
SCHEMA = "schema"


def packaged() -> Path:
    """Locate the defaults that come with the program."""
    return Path(str(resources.files("config")))


def find(explicit: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """Choose the configuration directory; one that is named outright need not exist yet.

    In order: `explicit`, $ARMSWATCH_CONFIG, ./config and . where they hold a configuration, armswatch in
    $XDG_CONFIG_HOME (~/.config), the packaged defaults.
    """
    if explicit is not None:
        return cwd / explicit
    if environ.get("ARMSWATCH_CONFIG"):
        return cwd / expand(environ["ARMSWATCH_CONFIG"], environ)
    config = cwd / "config"
    if (config / SETTINGS).is_file() or (config / FEEDS).is_file():
        return config
    if (cwd / SETTINGS).is_file():
        return cwd
    own = _base("XDG_CONFIG_HOME", ".config", environ) / "armswatch"
    return own if (own / SETTINGS).is_file() or (own / FEEDS).is_file() else packaged()


def data_dir(key: Path | None, directory: Path, environ: Mapping[str, str]) -> Path:
    """Choose the data directory, as an absolute path; it need not exist.

    In order: $ARMSWATCH_DATA_DIR, the key `data_dir` (relative to the configuration directory), systemd's
    $STATE_DIRECTORY (its first), armswatch in $XDG_STATE_HOME (~/.local/state).
    """
    if environ.get("ARMSWATCH_DATA_DIR"):
        chosen = expand(environ["ARMSWATCH_DATA_DIR"], environ)
    elif key is not None:
        chosen = directory / expand(str(key), environ)
    elif environ.get("STATE_DIRECTORY"):
        chosen = Path(environ["STATE_DIRECTORY"].partition(":")[0])
    else:
        chosen = _base("XDG_STATE_HOME", ".local/state", environ) / "armswatch"
    return Path(os.path.realpath(chosen))


def expand(text: str, environ: Mapping[str, str]) -> Path:
    """Replace a leading `~` by the home directory."""
    return _home(environ) / text[2:] if text == "~" or text.startswith("~/") else Path(text)


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def _base(variable: str, under_home: str, environ: Mapping[str, str]) -> Path:
    """Read an XDG base directory; one that isn't absolute doesn't count, as their specification wants."""
    value = environ.get(variable, "")
    return Path(value) if value.startswith("/") else _home(environ) / under_home


def topic_files(directory: Path) -> tuple[Path, ...]:
    """List the topic files of a configuration directory by name, hidden and other files left out."""
    found = (path for path in _entries(directory / TOPICS) if path.suffix == ".yaml")
    return tuple(sorted(found))


def misnamed(directory: Path) -> tuple[Path, ...]:
    """List the files that were meant to count but don't, for they end in .yml."""
    meant = {name.removesuffix(".yaml") for name in (SETTINGS, FEEDS)}
    found = [path for path in _entries(directory) if path.suffix == ".yml" and path.stem in meant]
    found += [path for path in _entries(directory / TOPICS) if path.suffix == ".yml"]
    return tuple(sorted(found))


def _entries(directory: Path) -> list[Path]:
    try:
        return [path for path in directory.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []


def init(directory: Path, *, force: bool = False) -> list[Path]:
    """Copy the packaged defaults to a directory, which is made if need be.

    Args:
        directory: where to.
        force: overwrite what is there.

    Returns:
        The files written.

    Raises:
        UserError: if files would be overwritten (all are named, none is written), or the directory can't be written.
    """
    source = packaged()
    names = [Path(SETTINGS), Path(FEEDS)]
    names += [path.relative_to(source) for path in topic_files(source)]
    names += sorted(path.relative_to(source) for path in (source / SCHEMA).glob("*.json"))
    there = [str(name) for name in names if (directory / name).exists()]
    if there and not force:
        raise UserError(
            f"{directory} already has {', '.join(there)}.", "Choose another directory, or overwrite them with --force."
        )
    try:
        return [_copy(source / name, directory / name) for name in names]
    except OSError as error:
        raise UserError(f"Cannot write to {directory}: {error.strerror}.", "Choose another directory.") from error


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    return target
