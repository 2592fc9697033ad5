"""From the archive's rows back to values, and its read errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from archive.answers import LogPosition
from archive.schema import from_us_or_none
from core.errors import LogUnavailable, StorageUnusable

T = TypeVar("T")

_TIMES = frozenset(
    [
        "last_poll",
        "last_success",
        "last_new",
        "next_due",
        "published",
        "first_seen",
        "matched",
        "created",
        "updated",
        "time",
    ]
)
_JSON = frozenset(("counters", "facets", "evidence", "missing"))
_FLAGS = frozenset(("baseline", "backlog"))
BUILT_ANEW = "Start the service: it sets the file aside and builds a new one from the log."


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell a lock or missing rights as `LogUnavailable`, and damage as `StorageUnusable`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LogUnavailable(f"the archive {path} cannot be read for now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StorageUnusable(f"The archive {path} is damaged: {error}.", BUILT_ANEW) from error


def struct(kind: type[T], row: dict[str, Any]) -> T:
    """Make a value of a row whose columns are named like the value's fields."""
    fields = {name: _value(name, column) for name, column in row.items() if not name.startswith("log_")}
    if "log_topic" in row:
        fields["at"] = LogPosition(row["log_topic"], row["log_partition"], row["log_offset"])
    return msgspec.convert(fields, kind)


def _value(name: str, column: Any) -> Any:
    if name in _TIMES:
        return from_us_or_none(column)
    if name in _JSON:
        return msgspec.json.decode(column) if column else ()
    return bool(column) if name in _FLAGS else column
