"""The real clock, and telling when it was set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Return the wall-clock time, aware, in UTC."""
    return datetime.now(UTC)


def jump(before: tuple[datetime, float], after: tuple[datetime, float]) -> timedelta:
    """Return by how much the wall clock moved against the monotonic clock between two readings of both.

    Args:
        before: (wall clock, monotonic seconds), read one right after the other.
        after: the same, later.
    """
    elapsed = timedelta(seconds=after[1] - before[1])
    return (after[0] - before[0]) - elapsed
