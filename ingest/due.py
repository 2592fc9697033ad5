"""Which feeds are due: a heap of due times on the monotonic clock, which no change of the wall clock disturbs."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from core.types import FeedId

_SLACK = 64  # entries that no longer count, beyond as many as do, before the heap is built anew


class DueHeap:
    """Feeds by due time, each at most once. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._due: dict[FeedId, float] = {}
        self._heap: list[tuple[float, FeedId]] = []  # may hold times that no longer count

    def put(self, feed: FeedId, at: float) -> None:
        """Make a feed due at a time, instead of any other."""
        self._due[feed] = at
        heapq.heappush(self._heap, (at, feed))
        if len(self._heap) > 2 * len(self._due) + _SLACK:
            self._heap = [(when, which) for which, when in self._due.items()]
            heapq.heapify(self._heap)

    def drop(self, feed: FeedId) -> None:
        """Forget a feed; nothing happens when it isn't there."""
        self._due.pop(feed, None)

    def pop(self, now: float) -> Iterator[FeedId]:
        """Take out the feeds that are due, the longest due first."""
        while self._heap and self._heap[0][0] <= now:
            at, feed = heapq.heappop(self._heap)
            if self._due.get(feed) == at:
                del self._due[feed]
                yield feed

    def at(self, feed: FeedId) -> float | None:
        """Tell when a feed is due; None when it isn't there."""
        return self._due.get(feed)

    def __len__(self) -> int:
        return len(self._due)
