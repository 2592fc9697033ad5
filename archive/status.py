"""How the service is, put together from what the archive and the log tell: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from archive.answers import FeedRow
from core.catalogue import ALERTS_PREFIX
from core.reasons import says
from core.reports import Counts, FeedReport, GroupLag, Health, Silence, StatusReport
from core.types import FeedId
from core.words import ago, count, span
from stream.log import PartitionInfo, TopicPartition

_LATE = timedelta(minutes=5)  # a poll this late says that no one polls
_PARKED = "gone"  # the reason code of a feed that its server says is gone for good
_BEHIND = 1000  # records that a stage may be behind and still count as keeping up


def status_report(
    *,
    now: datetime,
    feeds: Sequence[FeedRow],
    watched: Mapping[FeedId, tuple[str, str]],
    lags: Mapping[FeedId, float],
    counts: Counts,
    groups: Sequence[GroupLag],
    running: bool | None = None,
) -> StatusReport:
    """Put the report together.

    Args:
        now: the moment it is for.
        feeds: as the archive knows them; those that are not watched any more are left out.
        watched: every feed of the configuration, with its name and address.
        lags: median lag per feed, in seconds.
        counts: of the window that the report is about.
        groups: how far each stage is.
        running: whether a service holds the data directory, when that is known.
    """
    known = {feed.id: feed for feed in feeds}
    reports = tuple(
        feed_report(known[feed], now, lags.get(feed)) if feed in known else FeedReport(feed, name, url, "waiting")
        for feed, (name, url) in watched.items()
    )
    silence = silence_of(reports, groups, now, running=running)
    return StatusReport(now, reports, tuple(groups), counts, silence, running)


def feed_report(feed: FeedRow, now: datetime, lag_s: float | None) -> FeedReport:
    """Judge one feed."""
    overdue = max((now - feed.next_due).total_seconds(), 0.0) if feed.next_due else 0.0
    return FeedReport(
        id=feed.id,
        name=feed.name,
        url=feed.url,
        health=health_of(feed, now),
        last_poll=feed.last_poll,
        last_success=feed.last_success,
        last_new=feed.last_new,
        next_due=feed.next_due,
        interval_s=feed.interval_s,
        overdue_s=overdue,
        failures=feed.failures,
        reason=feed.reason,
        detail=feed.detail,
        overlap=feed.overlap,
        gaps=feed.gaps,
        items=feed.items,
        lag_s=lag_s,
        counters=feed.counters,
        moved_to=feed.moved_to,
    )


def health_of(feed: FeedRow, now: datetime) -> Health:
    """Say how a feed is: gone for good (`parked`), failing, polled by no one (`overdue`), new (`waiting`), or ok."""
    if feed.reason == _PARKED:
        return "parked"
    if feed.failures:
        return "failing"
    if feed.last_poll is None:
        return "waiting"
    if feed.next_due and now - feed.next_due > max(_LATE, timedelta(seconds=feed.interval_s)):
        return "overdue"
    return "ok"


def silence_of(
    feeds: Sequence[FeedReport], groups: Iterable[GroupLag], now: datetime, *, running: bool | None = None
) -> Silence:
    """Say whether the absence of alerts means that there was nothing to report."""
    ok = sum(feed.health == "ok" for feed in feeds)
    fatal = [*_not_watching(feeds, running), *_behind(groups)]
    troubled = _troubled(feeds, now)
    if fatal or (feeds and not ok):
        return Silence("nothing", len(feeds), ok, tuple(fatal + troubled))
    return Silence("partly" if troubled else "real", len(feeds), ok, tuple(troubled))


def group_lags(
    partitions: Iterable[PartitionInfo],
    positions: Mapping[str, Mapping[TopicPartition, int]],
    inputs: Mapping[str, Sequence[str]],
) -> list[GroupLag]:
    """Tell how far each reader group is behind, on each partition of the topics that it reads.

    Args:
        partitions: of the log, as `describe` lists them.
        positions: of each group; where it has none, it has all before it.
        inputs: the topics that each group reads.
    """
    return [
        GroupLag(
            group=group,
            topic=info.source.topic,
            partition=info.source.partition,
            position=(position := positions.get(group, {}).get(info.source, info.start)),
            end=info.end,
            lag=max(info.end - max(position, info.start), 0),
        )
        for group, topics in inputs.items()
        for info in sorted(partitions)
        if info.source.topic in topics
    ]


def _not_watching(feeds: Sequence[FeedReport], running: bool | None) -> list[str]:
    if not feeds:
        return ["no feed is watched"]
    return ["the service is not running"] if running is False else []


def _behind(groups: Iterable[GroupLag]) -> list[str]:
    """Tell which stages are too far behind; for alerts that are not in the archive yet, one is too many."""
    lags: dict[str, int] = {}
    untold = 0
    for each in groups:
        lags[each.group] = lags.get(each.group, 0) + each.lag
        if each.topic.startswith(ALERTS_PREFIX):
            untold += each.lag
    late = [f"stage {group} is {count(lag, 'record')} behind" for group, lag in lags.items() if lag >= _BEHIND]
    return [f"{count(untold, 'alert')} on the log but not in the archive yet", *late] if untold else late


def _troubled(feeds: Sequence[FeedReport], now: datetime) -> list[str]:
    """Tell in a few words what keeps feeds from being read, by kind of trouble."""
    reasons = []
    failing = [feed for feed in feeds if feed.health == "failing"]
    if failing:
        commonest = max(
            {feed.reason for feed in failing}, key=lambda code: (sum(f.reason == code for f in failing), code)
        )
        since = max((feed.last_success for feed in failing if feed.last_success), default=None)
        last = f", the last answer {ago(since, now)}" if since else ", none has ever answered"
        reasons.append(f"{count(len(failing), 'feed')} unreachable ({says(commonest)}{last})")
    parked = sum(feed.health == "parked" for feed in feeds)
    if parked:
        reasons.append(f"{count(parked, 'feed')} gone for good")
    late = [feed.overdue_s for feed in feeds if feed.health == "overdue"]
    if late:
        reasons.append(f"{count(len(late), 'feed')} not polled in time, up to {span(max(late))} late")
    waiting = sum(feed.health == "waiting" for feed in feeds)
    if waiting:
        reasons.append(f"{count(waiting, 'feed')} not polled yet")
    return reasons
