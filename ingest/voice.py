"""What is said about feeds in the log: when one begins to fail and when it is back, once each; and about the network.

A feed that can't be connected to is not spoken of until it is clear that not the whole network is away.
"""

from __future__ import annotations

import structlog

from core.reasons import says
from core.types import FeedId
from ingest.outcome import PollDone

_HELD_S = 6.0  # a little longer than `reach` takes to tell that the network is down

_log = structlog.get_logger("ingest")


class Voice:
    """Remembers what was said. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._told: set[FeedId] = set()  # said to be failing
        self._held: dict[FeedId, tuple[float, PollDone]] = {}  # failing, not said yet

    def poll_done(self, done: PollDone) -> None:
        """Say what a poll brought."""
        facts = {"feed": done.name, "outcome": done.outcome, "new": done.new, "updated": done.updated}
        tell = _log.info if done.new or done.updated else _log.debug
        tell("poll", **facts, backlog=done.backlog, ms=round(done.elapsed_s * 1000))

    def read(self, done: PollDone) -> None:
        """Say that a feed is back, if it was said to be failing."""
        self._held.pop(done.feed, None)
        if done.feed in self._told:
            self._told.discard(done.feed)
            _log.info("feed_recovered", feed=done.name, url=done.url)

    def failed(self, done: PollDone, now: float, *, hold: bool, offline: bool) -> None:
        """Say that a feed has begun to fail; later, if it may be the network; not at all while that is down."""
        if done.feed in self._told or offline:
            return
        if hold:
            self._held.setdefault(done.feed, (now, done))
        else:
            self._tell(done)

    def tick(self, now: float) -> None:
        """Say what was held back long enough."""
        for since, done in list(self._held.values()):
            if now - since >= _HELD_S:
                self._tell(done)

    def network(self, turn: str, feeds: int) -> None:
        """Say that the network went or came back."""
        if turn == "offline":
            self._held.clear()
            _log.warning(
                "offline",
                says=f"no network: none of {feeds} feeds could be reached; `make demo` shows the pipeline without one",
                next="a few feeds are tried again every half minute; all, once one answers",
            )
        elif turn == "online":
            _log.info("online", says="the network is back", next="every feed that failed is polled again now")

    def forget(self, feed: FeedId) -> None:
        """Forget a feed that is watched no more."""
        self._told.discard(feed)
        self._held.pop(feed, None)

    def _tell(self, done: PollDone) -> None:
        self._held.pop(done.feed, None)
        self._told.add(done.feed)
        _log.warning(
            "feed_failing", feed=done.name, url=done.url, reason=done.outcome, says=says(done.outcome),
            detail=done.detail, next="tried on, ever more rarely; told again when it is back",
        )  # fmt: skip
