"""What the headers of a reply ask of us. Pure: text and times in, numbers out."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_DETAIL = 200
_SECONDS = re.compile(r"\d{1,10}")
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[\s,])no-(?:cache|store)", re.IGNORECASE)


def http_date(text: str) -> datetime | None:
    """Read an HTTP date as an aware time in UTC; None when it isn't one."""
    try:
        value = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def retry_after_s(text: str, now: datetime) -> float | None:
    """Read Retry-After, seconds or a date; None when there is none that can be read."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    at = http_date(text) if text else None
    return None if at is None else max(0.0, (at - now).total_seconds())


def max_age_s(cache_control: str, age: str, expires: str, date: str, now: datetime) -> float | None:
    """Tell for how many seconds from now a reply stays fresh; None when it doesn't say, or says not to keep it.

    `Expires` is reckoned against the server's own `Date`, for its clock may be wrong.
    """
    if _NO_CACHE.search(cache_control):
        return None
    if found := _MAX_AGE.search(cache_control):
        spent = float(age) if _SECONDS.fullmatch(age.strip()) else 0.0
        return max(0.0, float(found[1]) - spent)
    until = http_date(expires) if expires else None
    if until is None:
        return None
    return max(0.0, (until - (http_date(date) or now)).total_seconds())


def one_line(text: str) -> str:
    """Make text of unknown origin fit for a log line: no control characters, at most 200 characters."""
    clean = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text[: 4 * _MAX_DETAIL])
    clean = " ".join(clean.split())
    return clean if len(clean) <= _MAX_DETAIL else clean[: _MAX_DETAIL - 1] + "…"
