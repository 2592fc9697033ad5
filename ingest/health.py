"""What a poll leaves in its feed's state: health, validators, moves, and when to come back. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from core.types import FeedState
from ingest.model import Failed, Fetched, Request
from ingest.schedule import Pace, due_after_failure, due_after_success, interval_s

_WHOLE_EVERY = 50  # polls; some servers answer 304 for ever to a validator of theirs
_MOVE_POLLS = 3
_MOVE_TIME = timedelta(days=1)
_DOUBT_FAILURES = 3  # from here on every other poll goes to the configured address


class Moment(NamedTuple):
    """What the rules need of the moment and of the configuration."""

    now: datetime
    jitter: float  # 0..1
    pace: Pace


def request_for(state: FeedState, configured: str) -> Request:
    """Choose what to ask: the address in force, with its validators.

    Now and then the whole document is asked for. Where an address that a redirect led to keeps failing, the configured
    one is tried in turn with it.
    """
    url = state.url or configured
    if url != configured and state.failures >= _DOUBT_FAILURES and state.failures % 2:
        return Request(configured)
    if (state.polls + 1) % _WHOLE_EVERY == 0:
        return Request(url)
    return Request(url, state.etag, state.last_modified)


def after_failure(state: FeedState, failed: Failed, at: Moment) -> FeedState:
    """Record a poll that failed. What is known of the feed's entries stays as it is."""
    failures = state.failures + 1
    counters = dict(state.counters)
    counters[failed.reason] = counters.get(failed.reason, 0) + 1
    return replace(
        state,
        polls=state.polls + 1,
        last_poll=at.now,
        next_due=due_after_failure(at.now, failed, failures, at.pace, at.jitter),
        failures=failures,
        reason=str(failed.reason),
        detail=failed.detail,
        counters=counters,
    )


def after_unchanged(state: FeedState, asked: Request, fetched: Fetched, at: Moment) -> FeedState:
    """Record a 304, or a document with the very bytes of the last one."""
    return _after_success(state, state, asked, fetched, at, known=1.0)


def after_document(
    before: FeedState,
    changed: FeedState,
    asked: Request,
    fetched: Fetched,
    at: Moment,
    *,
    body_hash: str,
    ttl_s: float | None,
    news: bool,
) -> FeedState:
    """Record a document that was parsed.

    Args:
        before: the state before the poll.
        changed: the same with what the document changed in what is known of its entries.
        asked: the request.
        fetched: the reply.
        at: the moment.
        body_hash: of the document.
        ttl_s: the interval that the document asks for.
        news: it brought something new.
    """
    changed = replace(
        changed,
        body_hash=body_hash,
        ttl_s=ttl_s or 0.0,
        last_new=at.now if news else before.last_new,
    )
    # The first document has nothing to overlap with, which is no reason to hurry.
    known = 1.0 if not before.baseline or changed.overlap is None else changed.overlap
    return _after_success(before, changed, asked, fetched, at, known=known)


def _after_success(
    before: FeedState, changed: FeedState, asked: Request, fetched: Fetched, at: Moment, *, known: float
) -> FeedState:
    again = fetched.status == 304  # noqa: PLR2004 - HTTP's number for not modified
    seconds = interval_s(
        replace(before, ttl_s=changed.ttl_s), at.pace, known=known, cache_max_age_s=fetched.cache_max_age_s
    )
    state = replace(
        changed,
        url=asked.url,
        etag=fetched.etag or (changed.etag if again else ""),
        last_modified=fetched.last_modified or (changed.last_modified if again else ""),
        polls=before.polls + 1,
        last_poll=at.now,
        last_success=at.now,
        interval_s=seconds,
        next_due=due_after_success(at.now, seconds, at.pace, at.jitter),
        failures=0,
        reason="",
        detail="",
    )
    return _after_move(state, fetched.moved_to, at.now)


def _after_move(state: FeedState, moved_to: str, now: datetime) -> FeedState:
    """Follow a permanent redirect for good once it has held for some polls and some time; forget one that hasn't."""
    if not moved_to or moved_to == state.url:
        return replace(state, moved_to="", moved_since=None, moved_polls=0)
    if moved_to != state.moved_to or state.moved_since is None:
        return replace(state, moved_to=moved_to, moved_since=now, moved_polls=1)
    polls = state.moved_polls + 1
    if polls >= _MOVE_POLLS and now - state.moved_since >= _MOVE_TIME:
        return replace(state, url=moved_to, moved_to="", moved_since=None, moved_polls=0)
    return replace(state, moved_polls=polls)
