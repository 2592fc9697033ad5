"""What `status`, `alerts` and `why` ask of a data directory, beside a service that may be running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from archive.answer_why import why as archive_why
from archive.follow import follow
from archive.queries import Archive
from archive.status import group_lags, status_report
from archive.why import Explain
from armswatch import wiring
from armswatch.clock import utc_now
from armswatch.lags import counted
from config.loader import Config, LoadedTopic
from core import catalogue
from core.errors import UserError
from core.reports import Counts, Explanation, Silent, StatusReport, Why
from core.types import Alert, FeedId, TopicId
from ingest.identity import feed_id
from processors.topic import CompiledTopic, compile_loaded
from stream.log import TopicPartition

INPUTS: Mapping[str, Sequence[str]] = {"match": (catalogue.ITEMS,), "alert": (catalogue.MATCHES,)}


def service_pid(config: Config) -> int | None:
    """Tell the process that runs the service on this data, if one does."""
    return wiring.service_pid(config)


def status(config: Config, since: timedelta) -> StatusReport:
    """Put together how the service is; all counts are of the time `since`."""
    now = utc_now()
    watched: dict[FeedId, tuple[str, str]] = {feed_id(feed.url): (feed.name, feed.url) for feed in config.enabled_feeds}
    running = service_pid(config) is not None
    if not wiring.archive_path(config).exists():
        counts = Counts(now - since)
        return status_report(now=now, feeds=(), watched=watched, lags={}, counts=counts, groups=(), running=running)
    with Archive.open(wiring.archive_path(config)) as archive:
        log = wiring.read_log(config)
        try:
            names = wiring.topic_ids(config)
            inputs = {**INPUTS, "archive": (*INPUTS["match"], *INPUTS["alert"], *map(catalogue.alerts, names))}
            positions: dict[str, Mapping[TopicPartition, int]] = {group: log.positions(group) for group in INPUTS}
            positions["archive"] = archive.positions()
            groups = counted(log, group_lags(log.describe(), positions, inputs))
        finally:
            log.close()
        return status_report(
            now=now,
            feeds=archive.feeds(),
            watched=watched,
            lags=archive.lags(now - since),
            counts=archive.counts(now - since),
            groups=groups,
            running=running,
        )


def alerts(config: Config, *, since: timedelta, topic: TopicId | None, text: str, limit: int) -> list[Alert]:
    """List the alerts of the time `since`, oldest first."""
    check_topic(config, topic)
    with Archive.open(wiring.archive_path(config)) as archive:
        return archive.alerts(since=utc_now() - since, topic=topic, text=text, limit=limit)


def following(config: Config, topic: TopicId | None) -> Iterator[Alert]:
    """Yield alerts as they come, without end."""
    check_topic(config, topic)
    return follow(wiring.archive_path(config), topic=topic)


def silent(config: Config, *, since: timedelta, topic: TopicId | None, limit: int) -> list[Silent]:
    """List what concerned a topic and alerted no one: near misses and copies, oldest first."""
    check_topic(config, topic)
    with Archive.open(wiring.archive_path(config)) as archive:
        return archive.silent(since=utc_now() - since, topic=topic, limit=limit)[::-1]


def check_topic(config: Config, topic: TopicId | None) -> None:
    """Refuse a topic that isn't configured.

    Raises:
        UserError: it isn't.
    """
    known = wiring.topic_ids(config)
    if topic is not None and topic not in known:
        raise UserError(f"There is no topic {topic!r}.", f"The topics are: {', '.join(known) or 'none'}.")


def why(config: Config, question: str) -> Why:
    """Answer why a URL or text did or did not alert; scores are those of the topics as they are now."""
    explain = {TopicId(loaded.file.topic): _explainer(loaded) for loaded in config.topics}
    with Archive.open(wiring.archive_path(config)) as archive:
        return archive_why(archive, question, now=utc_now(), explain=explain)


def _explainer(loaded: LoadedTopic) -> Explain:
    compiled: list[CompiledTopic] = []  # only when asked: compiling takes a moment

    def explain(title: str, summary: str) -> Explanation:
        if not compiled:
            compiled.append(compile_loaded(loaded))
        return Explanation(TopicId(loaded.file.topic), *compiled[0].explain(title, summary))

    return explain
