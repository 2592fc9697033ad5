"""Durations as the configuration writes them: `30s`, `15m`, `6h`, `2d`, `1h30m`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

_MICROSECONDS = {"w": 604_800_000_000, "d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000}
_MICROSECONDS |= {"s": 1_000_000, "ms": 1000}
_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(ms|[smhdw])")
_LONGEST = timedelta(days=36_500)
PATTERN = r"^([0-9]{1,12}(\.[0-9]{1,6})?(ms|[smhdw]))+$"
POSITIVE_PATTERN = "^(?=.*[1-9])" + PATTERN[1:]
_WHOLE = re.compile(PATTERN[:-1] + r"\Z")


def parse_duration(value: Any) -> Any:
    """Read a duration; a timedelta is left as it is.

    Raises:
        ValueError: with what is wanted, if it is no duration or longer than a hundred years.
    """
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _WHOLE.match(value):
        raise ValueError("a duration such as 30s, 15m, 6h or 2d")
    microseconds = sum(float(number) * _MICROSECONDS[unit] for number, unit in _PART.findall(value))
    if microseconds > _LONGEST / timedelta(microseconds=1):
        raise ValueError("a duration of at most 36500d")
    return timedelta(microseconds=round(microseconds))


def format_duration(value: timedelta) -> str:
    """Write a duration that is not negative as `parse_duration` reads it; exact to a microsecond."""
    left = value // timedelta(microseconds=1)
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, _MICROSECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if left:
        parts.append(f"{left / 1000:.3f}".rstrip("0").rstrip(".") + "ms")
    return "".join(parts) or "0s"


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("a duration longer than 0s")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": PATTERN}, mode="validation"),
]
PositiveDuration = Annotated[
    Duration,
    AfterValidator(_positive),
    WithJsonSchema({"type": "string", "pattern": POSITIVE_PATTERN}, mode="validation"),
]
