"""Puts feeds into a file of the user's: behind what it holds, all or nothing, never over it silently."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from config.feeds_text import feeds_text, with_feeds
from config.loader import load_feeds
from config.settings import Feed
from core.errors import UserError


def add_feeds(path: Path, feeds: Sequence[Feed]) -> None:
    """Put feeds behind those of a `feeds.yaml`. Its comments and its layout stay, and so does all of it on an error.

    Raises:
        ConfigError: the file has mistakes, or would have.
        UserError: it can't be read or written, or was changed meanwhile.
    """
    raw = _read(path)
    before = load_feeds(path, raw)
    after = with_feeds(raw.decode("utf-8"), feeds, str(path)).encode()
    if load_feeds(path, after) != (*before, *feeds):
        raise UserError(f"{path} is laid out in a way that feeds can't be put into.", "Add the printed lines by hand.")
    _replace(path, raw, after)


def new_file(path: Path, feeds: Sequence[Feed]) -> None:
    """Write a `feeds.yaml` of its own.

    Raises:
        UserError: it is there already, or can't be written.
    """
    write_new(path, f"feeds:\n{feeds_text(feeds)}")


def write_new(path: Path, text: str) -> None:
    """Write a file that isn't there.

    Raises:
        UserError: it is, or can't be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UserError(f"{path} is there already.", "Name another file; nothing is written over.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Put a new file in the place of one that still holds what was read; the link to it, if it is one, stays."""
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
            if target.read_bytes() != before:
                raise UserError(f"{path} was changed meanwhile.", "Nothing was written; run the command again.")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", "It is as it was.") from error
