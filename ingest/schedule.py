"""When a feed is due next. Pure: the time and the randomness come in as arguments.

A feed is never given up: failures make it rarer, up to `polling.max_interval`, and no rarer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from config.settings import Feed, Polling
from core.types import FeedState
from ingest.model import Failed, Reason

LONGEST_WAIT_S = 86_400.0  # a server's Retry-After counts up to this; a feed that is gone is asked this often
_JITTER = 0.1  # share of an interval over which feeds with the same one spread out
_LOW_OVERLAP, _HIGH_OVERLAP = 1 / 3, 2 / 3  # share of a document's entries that were known
_MAX_DOUBLINGS = 30


class Pace(NamedTuple):
    """How often a feed may be polled, in seconds."""

    interval: float
    fixed: bool  # the interval is the user's own for this feed: neither ttl nor overlap change it
    shortest: float
    longest: float

    def bounded(self, seconds: float) -> float:
        """Bring an interval within the bounds."""
        return min(max(seconds, self.shortest), self.longest)


def pace_of(feed: Feed, polling: Polling) -> Pace:
    """Work out a feed's pace from the configuration."""
    interval = feed.interval or polling.interval
    shortest, longest = polling.min_interval.total_seconds(), polling.max_interval.total_seconds()
    return Pace(interval.total_seconds(), feed.interval is not None, shortest, max(shortest, longest))


def interval_s(state: FeedState, pace: Pace, *, known: float, cache_max_age_s: float | None) -> float:
    """Choose the interval after a poll that went well.

    Where few entries were known already, some may have come and gone between two polls: the interval is halved. It
    grows back as that passes. Within the bounds, what the server says of its cache and the document of its `ttl` is
    honoured, save that a document which loses entries is asked sooner than its `ttl`.

    Args:
        state: as it was before the poll, with the document's `ttl_s`.
        pace: the feed's.
        known: share of the document's entries that were known before; 1 for a document that had not changed.
        cache_max_age_s: for how long the server says the reply stays fresh.
    """
    if pace.fixed:
        return pace.bounded(pace.interval)
    before = min(state.interval_s or pace.interval, pace.interval)
    hurried = known < _LOW_OVERLAP
    own = before / 2 if hurried else min(pace.interval, before * 1.5) if known > _HIGH_OVERLAP else before
    return pace.bounded(max(own, cache_max_age_s or 0.0, 0.0 if hurried else state.ttl_s))


def due_after_success(now: datetime, seconds: float, pace: Pace, jitter: float) -> datetime:
    """Say when to poll next, an interval from now; `jitter` in 0..1 spreads feeds out."""
    return now + timedelta(seconds=pace.bounded(seconds * (1 + _JITTER * (jitter - 0.5))))


def due_after_failure(now: datetime, failed: Failed, failures: int, pace: Pace, jitter: float) -> datetime:
    """Say when to try again after so many failures in a row (1 for the first)."""
    backed_off = pace.interval * 2.0 ** min(failures - 1, _MAX_DOUBLINGS)
    wait = pace.bounded(backed_off * (1 + _JITTER * (jitter - 0.5)))
    if failed.reason is Reason.GONE:
        wait = LONGEST_WAIT_S
    if failed.retry_after_s is not None:
        wait = max(wait, min(failed.retry_after_s * (1 + _JITTER * jitter), LONGEST_WAIT_S))
    return now + timedelta(seconds=wait)


def due_at_start(state: FeedState | None, now: datetime, pace: Pace) -> float:
    """Say in how many seconds a feed is due that was due already when the service stopped; 0 is at once.

    The wall clock may have been set since, so the state's word counts only within the bounds.
    """
    if state is None or state.next_due is None:
        return 0.0
    longest = LONGEST_WAIT_S if state.reason in {Reason.GONE, Reason.RATE_LIMITED} else pace.longest
    return min(max(0.0, (state.next_due - now).total_seconds()), longest)
