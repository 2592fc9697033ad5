"""What came of one poll, for whoever looks on."""

from __future__ import annotations

from typing import NamedTuple

from core.types import FeedId


class PollDone(NamedTuple):
    """One poll that ended, its outcome durably on the log."""

    feed: FeedId
    name: str
    url: str
    outcome: str  # `ok`, `not_modified`, `unchanged`, or the reason code of its failure
    reached: bool  # the feed was read, or is as it was
    new: int = 0  # items
    updated: int = 0  # revisions of known items
    backlog: int = 0  # items that were there before we watched
    elapsed_s: float = 0.0  # from the request until all is decided
    detail: str = ""  # of a failure, for people
