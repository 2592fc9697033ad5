"""Times and spans of time in words, as people read them. Everything in UTC."""

from __future__ import annotations

from datetime import datetime

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_DAYS_FROM = 2 * 86_400  # "36 h" is clearer than "1 d 12 h"
_TWO_UNITS_BELOW = 3  # from 3 of a unit on, the smaller one says nothing that matters: "5 h", but "1 h 40 min"


def span(seconds: float) -> str:
    """Say a span of time in at most two units: `40 s`, `2 min`, `1 h 40 min`, `3 d`; under a second `0 s`."""
    left = round(abs(seconds))
    sign = "-" if seconds < 0 and left else ""
    for index, (size, unit) in enumerate(_UNITS):
        if left >= (_DAYS_FROM if unit == "d" else size):
            count, rest = divmod(left, size)
            smaller = _UNITS[index + 1] if index + 1 < len(_UNITS) else None
            more = rest // smaller[0] if smaller and count < _TWO_UNITS_BELOW else 0
            return f"{sign}{count} {unit}" + (f" {more} {smaller[1]}" if smaller and more else "")
    return "0 s"


def ago(then: datetime, now: datetime) -> str:
    """Say how long ago a moment was; a moment ahead of `now` reads `in 5 min`."""
    seconds = (now - then).total_seconds()
    if round(seconds) < 0:
        return f"in {span(-seconds)}"
    return f"{span(seconds)} ago" if round(seconds) else "just now"


def moment(time: datetime) -> str:
    """Write a moment to the second: `2026-11-24 08:19:29 UTC`."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def count(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: `1 feed`, `152 feeds`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def score(value: float, threshold: float) -> str:
    """Write a score beside its threshold, with as many digits as it takes to tell them apart (4 at most)."""
    digits = next((each for each in (2, 3) if f"{value:.{each}f}" != f"{threshold:.{each}f}"), 4)
    return f"score {value:.{digits}f}, {threshold:.{digits}f} needed"
