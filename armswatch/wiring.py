"""The whole wiring on one screen: configuration in, a log and its stages out. The only place that chooses a log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from archive.fold import ArchiveStep
from config.loader import Config
from core import catalogue
from core.errors import StorageUnusable
from core.types import TopicId
from processors.alerts import AlertStep
from processors.match import MatchStep
from processors.topic import CompiledTopics, compile_topics
from stream.log import EventLog, TopicSpec
from stream.sqlite import SqliteLog
from stream.step import Step

LOG_FILE = "log.sqlite"
ARCHIVE_FILE = "archive.sqlite"
STAGES = ("ingest", "match", "alert", "archive")

Clock = Callable[[], datetime]


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
    """Open the log as the one service on it, with every topic made.

    Raises:
        AlreadyRunning, StorageUnusable, PartitionMismatch: as the log says.
    """
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"The data directory {config.data_dir} cannot be made: {error.strerror}."
        raise StorageUnusable(
            what, "Set `data_dir`, or $ARMSWATCH_DATA_DIR, to a directory that can be written."
        ) from error
    log = SqliteLog(log_path(config), clock=clock)
    try:
        create_topics(log, config)
    except BaseException:
        log.close()
        raise
    return log


def read_log(config: Config) -> EventLog:
    """Open the log to look at it, beside a service that may be running."""
    return SqliteLog.open_readonly(log_path(config))


def create_topics(log: EventLog, config: Config) -> None:
    """Make the topics that are missing."""
    settings = config.settings.log
    kinds = catalogue.catalogue(topic_ids(config), settings.keep_items, settings.keep_alerts)
    log.create([TopicSpec(kind.name, settings.partitions, kind.compacted, kind.retention) for kind in kinds])


def compiled(config: Config) -> CompiledTopics:
    """Compile the topics and hold them to their examples.

    Raises:
        ConfigError: with every mistake, and every example that fails, by file and line.
    """
    return compile_topics(config.topics)


def stages(config: Config, log: EventLog, topics: CompiledTopics, clock: Clock) -> dict[str, Step]:
    """Make the step of every stage but ingest, by name, in the order of the flow."""
    return {
        "match": MatchStep(topics, clock=clock),
        "alert": AlertStep(log, rules=config.settings.alerts, clock=clock),
        "archive": ArchiveStep(log, archive_path(config), topic_ids=topic_ids(config)),
    }
