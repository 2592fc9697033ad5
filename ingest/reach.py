"""Tells "our network is down" from "this feed is down". A value of the polls so far; the time comes in with each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from core.types import FeedId

_QUIET_S = 5.0  # nothing was reached for so long, while at least so many were tried
_FEEDS, _HOSTS = 3, 2
_FIRST_PROBE_S, _LAST_PROBE_S = 30.0, 60.0
_FEW_LAST_PROBE_S = 300.0  # where so few feeds are watched that it may be they that are down

Turn = Literal["", "offline", "online"]


class Reach:
    """What could be reached of late. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self.offline = False
        self._failed: dict[FeedId, str] = {}  # since anything was last reached: feed -> host
        self._since = 0.0  # the first of these
        self._next_probe = 0.0
        self._pause_s = self._longest_pause_s = _FIRST_PROBE_S

    @property
    def unreached(self) -> Collection[FeedId]:
        """Feeds that failed to be reached since any was."""
        return self._failed.keys()

    def reached(self) -> Turn:
        """Note that a server answered, whatever it said."""
        turn: Turn = "online" if self.offline else ""
        self.offline = False
        self._failed.clear()
        return turn

    def missed(self, feed: FeedId, host: str, now: float) -> None:
        """Note that a feed's server could not be found or connected to."""
        if not self._failed:
            self._since = now
        self._failed[feed] = host

    def forget(self, feed: FeedId) -> None:
        """Forget a feed that is watched no more."""
        self._failed.pop(feed, None)

    def judge(self, feeds: int, now: float) -> Turn:
        """Decide whether the network is down, `feeds` being watched: told once, when it goes."""
        if self.offline or not self._failed:
            return ""
        enough = len(self._failed) >= _FEEDS and len(set(self._failed.values())) >= _HOSTS
        if len(self._failed) < feeds and not (enough and now - self._since >= _QUIET_S):
            return ""
        self.offline = True
        self._pause_s = _FIRST_PROBE_S
        self._longest_pause_s = _LAST_PROBE_S if enough else _FEW_LAST_PROBE_S
        self._next_probe = now + self._pause_s
        return "offline"

    def probe(self, now: float) -> bool:
        """Tell whether to try a few feeds again while the network is down; the pause grows a little each time."""
        if not self.offline or now < self._next_probe:
            return False
        self._pause_s = min(self._pause_s * 1.25, self._longest_pause_s)
        self._next_probe = now + self._pause_s
        return True
