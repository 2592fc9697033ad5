"""What `armswatch feeds import` and `export` do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from armswatch.feeds_file import add_feeds, new_file
from armswatch.opml import Listed, plan, read_opml
from config.feeds_text import feeds_text
from config.loader import load_feeds
from config.places import FEEDS, packaged
from config.settings import Feed
from core.errors import UserError
from core.text import terminal_safe

_MAX_BYTES = 20_000_000


def read_file(file: Path) -> Listed:
    """Read an OPML file.

    Raises:
        UserError: it can't be read.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from error
    if len(raw) > _MAX_BYTES:
        raise UserError(f"{file} has more than {_MAX_BYTES:,} bytes.", "Split it.")
    return read_opml(raw, str(file))


def import_opml(file: Path, there: Sequence[Feed], into: Path | None, output: Path | None) -> dict[str, Any]:
    """Add the feeds of an OPML file to a file of feeds, or make a new one of them; with neither, only tell.

    Args:
        file: the OPML file.
        there: what is watched already, where no file is added to.
        into: a `feeds.yaml` to add to.
        output: one to make.

    Returns:
        `{"file", "flaw", "added": [url, ...], "known", "repeated", "refused": [{"feed", "why"}], "lines", "written"}`.

    Raises:
        UserError: the OPML can't be read, or the other file can't be written.
    """
    listed = read_file(file)
    found = plan(listed.outlines, load_feeds(into) if into else () if output else there)
    written = into or output
    if not found.add:
        written = None
    elif into:
        add_feeds(into, found.add)
    elif output:
        new_file(output, found.add)
    return {
        "file": str(file),
        "flaw": listed.flaw,
        "added": [feed.url for feed in found.add],
        "known": found.known,
        "repeated": found.repeated,
        "refused": [{"feed": feed, "why": why} for feed, why in found.refused],
        "lines": feeds_text(found.add),
        "written": str(written) if written else None,
    }


def own_feeds_file(directory: Path, cwd: Path, *, is_named: bool) -> Path:
    """Choose the `feeds.yaml` that belongs to the user.

    Raises:
        UserError: there is only the one that comes with the program.
    """
    if not is_named and directory == packaged() and directory.parent != cwd:
        raise UserError(
            "The feeds in use are those that come with the program, which an update replaces.",
            "Write a configuration of your own with `armswatch init DIR`, and name it with -c DIR.",
        )
    return directory / FEEDS


def import_text(report: dict[str, Any]) -> str:
    """Write what an import came to, for people."""
    count = len(report["added"])
    lines = [
        f"{count} feed{'' if count == 1 else 's'} {'added to ' + report['written'] if report['written'] else 'to add'}."
    ]
    if report["flaw"]:
        lines.append(
            f"{report['file']} is broken ({report['flaw']}); each entry was read by itself, so look them over."
        )
    lines += [f"already there: {url}" for url in report["known"]]
    lines += [f"listed more than once, the first counts: {url}" for url in report["repeated"]]
    lines += [f"refused: {each['feed']}: {each['why']}" for each in report["refused"]]
    return "\n".join(terminal_safe(line) for line in lines)
