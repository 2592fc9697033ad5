"""The whole wiring on one screen: configuration in, a log and its stages out. The only place that chooses a log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from archive.fold import ArchiveStep
from armswatch.clock import utc_now
from config.loader import Config
from core import catalogue
from core.errors import LogError, StorageUnusable
from core.types import TopicId
from processors.alerts import AlertStep
from processors.match import MatchStep
from processors.topic import CompiledTopics, compile_topics
from stream.log import EventLog, TopicSpec
from stream.service_lock import ServiceLock, holder
from stream.slots import instance_of
from stream.sqlite import SqliteLog
from stream.step import Step

LOG_FILE = "log.sqlite"
ARCHIVE_FILE = "archive.sqlite"
STAGES = ("ingest", "match", "alert", "archive")
_KAFKA_SETTLES = timedelta(seconds=3)

Clock = Callable[[], datetime]


def on_kafka(config: Config) -> bool:
    """Tell whether the log is on a Kafka cluster, and so may be worked on by many processes."""
    return config.settings.log.kind == "kafka"


def log_path(config: Config) -> Path:
    """Where the embedded log lives."""
    return config.data_dir / LOG_FILE


def archive_path(config: Config) -> Path:
    """Where the archive lives."""
    return config.data_dir / ARCHIVE_FILE


def topic_ids(config: Config) -> tuple[TopicId, ...]:
    """The topic models' ids."""
    return tuple(TopicId(topic.file.topic) for topic in config.topics)


def open_log(config: Config, clock: Clock) -> EventLog:
    """Open the log to work on it, with every topic made: an embedded one as the only service on it.

    Raises:
        AlreadyRunning, StorageUnusable, PartitionMismatch, LogUnavailable, LogRefused: as the log says.
    """
    _make_data_dir(config)
    log = _open_member(config, clock) if on_kafka(config) else SqliteLog(log_path(config), clock=clock)
    try:
        create_topics(log, config)
    except BaseException:
        log.close()
        raise
    return log


def read_log(config: Config) -> EventLog:
    """Open the log to look at it, beside services that may be running."""
    return _open_onlooker(config, utc_now) if on_kafka(config) else SqliteLog.open_readonly(log_path(config))


def operate_log(config: Config, clock: Clock) -> EventLog:
    """Open the log to put something right in it: an embedded one when no service runs, one on Kafka at any time."""
    return _open_onlooker(config, clock) if on_kafka(config) else open_log(config, clock)


def archive_group(config: Config) -> str:
    """Name the group of this data directory's archive: on a cluster each directory has one of its own."""
    return f"archive.{instance_of(config.data_dir)}" if on_kafka(config) else "archive"


def has_log(config: Config) -> bool:
    """Tell whether there is a log to look at. One on Kafka is taken to be there."""
    return on_kafka(config) or log_path(config).exists()


def service_pid(config: Config) -> int | None:
    """Tell the process that works on this data directory: the service, or on Kafka the one that fills the archive."""
    return holder(archive_path(config) if on_kafka(config) else log_path(config))


def lock_archive(config: Config) -> ServiceLock | None:
    """Make sure that only this process fills the archive. On the embedded log, having that is enough.

    Raises:
        AlreadyRunning: another one does.
    """
    _make_data_dir(config)
    return ServiceLock(archive_path(config)) if on_kafka(config) else None


def settling(config: Config) -> timedelta:
    """How long to wait for more before a stage is taken to be done: on Kafka it takes a while to join the group."""
    return _KAFKA_SETTLES if on_kafka(config) else timedelta(0)


def _make_data_dir(config: Config) -> None:
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"The data directory {config.data_dir} cannot be made: {error.strerror}."
        raise StorageUnusable(
            what, "Set `data_dir`, or $ARMSWATCH_DATA_DIR, to a directory that can be written."
        ) from error


def topic_specs(config: Config) -> list[TopicSpec]:
    """List the log's topics, as they are to be kept."""
    settings = config.settings.log
    kinds = catalogue.catalogue(topic_ids(config), settings.keep_items, settings.keep_alerts)
    return [TopicSpec(kind.name, settings.partitions, kind.compacted, kind.retention) for kind in kinds]


def create_topics(log: EventLog, config: Config) -> None:
    """Make the topics that are missing."""
    try:
        log.create(topic_specs(config))
    except LogError as error:
        if not on_kafka(config):
            raise
        from armswatch import cluster  # noqa: PLC0415 - as below

        raise cluster.in_words(error) from error


def _open_member(config: Config, clock: Clock) -> EventLog:
    from armswatch import cluster  # noqa: PLC0415 - its client takes time and memory that an embedded log need not spend

    return cluster.open_member(config, clock)


def _open_onlooker(config: Config, clock: Clock) -> EventLog:
    from armswatch import cluster  # noqa: PLC0415 - as above

    return cluster.open_onlooker(config, clock)


def compiled(config: Config) -> CompiledTopics:
    """Compile the topics and hold them to their examples.

    Raises:
        ConfigError: with every mistake, and every example that fails, by file and line.
    """
    return compile_topics(config.topics)


def stages(config: Config, log: EventLog, topics: CompiledTopics, clock: Clock) -> dict[str, Step]:
    """Make the step of every stage but ingest, by name, in the order of the flow."""
    archive = ArchiveStep(log, archive_path(config), topic_ids=topic_ids(config))
    archive.name = archive_group(config)
    return {
        "match": MatchStep(topics, clock=clock),
        "alert": AlertStep(log, rules=config.settings.alerts, clock=clock),
        "archive": archive,
    }
