"""What `armswatch log copy` does: moves an embedded log into the log that the configuration names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from archive.status import group_lags
from armswatch import wiring
from armswatch.archive_file import put_away
from armswatch.clock import utc_now
from config.loader import Config
from config.log_settings import KafkaLog
from core import catalogue
from core.errors import StorageUnusable, UserError
from core.log_reports import CopiedTopic, CopyReport
from stream import copying
from stream.copying import Limits, LogCopy, Step
from stream.log import EventLog, PartitionInfo, TopicPartition, TopicSpec
from stream.service_lock import ServiceLock
from stream.sqlite import SqliteLog

_ASIDE = "before-copy"
_NOT_ITS_OWN = ("archive",)  # its positions are in its file; on Kafka each data directory's has a group of its own
_JOINING = timedelta(seconds=60)
_EVERY = timedelta(seconds=2)
_SAYS = {
    "waiting": "Waiting until the cluster has given up an earlier copy that was killed ...",
    "compared": "Comparing record by record ...",
    "positioned": "Setting positions ...",
}
Say = Callable[[str], None]


def copy(config: Config, origin: Path | None, say: Say, monotonic: Callable[[], float]) -> CopyReport:
    """Copy an embedded log, with its groups' positions, into the configuration's log; go on where a copy broke off.

    The archive, whose positions are of the old log, is put away: it is filled again from the new one.

    Args:
        config: names the log to copy to.
        origin: the log file, or the data directory that has it; None for the one in the configuration's.
        say: told how far it is, every few seconds.
        monotonic: gives seconds.

    Raises:
        AlreadyRunning: a service runs on the log to copy, or on an embedded one to copy to.
        UserError: it cannot be copied there.
        LogError: the copy is not what the original is.
    """
    path = log_file(config, origin)
    with _held(path) as source:
        partitions = sorted(source.describe())
        _check_counts(config, partitions)
        progress = _Progress(partitions, say, monotonic)

        def tell(step: Step) -> None:
            if step.what == "begun" and (aside := put_away(config, _ASIDE)):
                say(f"The archive is put away as {aside.name}: it is filled again from the new log.")
            progress(step)

        with closing(wiring.open_log(config, utc_now)) as target:
            done = copying.copy(
                source, target, specs(config, partitions), tell=tell, without=_NOT_ITS_OWN, limits=limits(config)
            )
            return _report(done, target)


def log_file(config: Config, origin: Path | None) -> Path:
    """Find the embedded log to copy.

    Raises:
        UserError: it is the one to copy to.
        StorageUnusable: there is none.
    """
    path = origin or config.data_dir
    if path.is_dir():
        path /= wiring.LOG_FILE
    if config.settings.log.kind == "sqlite" and path.resolve() == wiring.log_path(config).resolve():
        raise UserError(
            f"The configuration's log is {path} itself.", "Set `log.kind: kafka` and where the brokers are, then copy."
        )
    if not path.is_file():
        raise StorageUnusable(f"There is no event log at {path}.", "Name the file, or its directory, with --from.")
    return path


def limits(config: Config) -> Limits:
    """Say how much to have in hand; on Kafka a copy that was killed is a member for as long as a session lasts."""
    log = config.settings.log
    return Limits(joining=_JOINING + log.session_timeout) if isinstance(log, KafkaLog) else Limits(joining=_JOINING)


def specs(config: Config, partitions: Iterable[PartitionInfo]) -> list[TopicSpec]:
    """Say how the topics of a log are to be kept, those of topic models that are gone included."""
    counts = Counter(info.source.topic for info in partitions)
    alerts = {name.removeprefix(catalogue.ALERTS_PREFIX) for name in counts if name.startswith(catalogue.ALERTS_PREFIX)}
    keep = config.settings.log
    known = {kind.name: kind for kind in catalogue.catalogue(tuple(sorted(alerts)), keep.keep_items, keep.keep_alerts)}
    return [
        TopicSpec(name, count, known[name].compacted, known[name].retention)
        if name in known
        else TopicSpec(name, count)
        for name, count in sorted(counts.items())
    ]


@contextmanager
def _held(path: Path) -> Iterator[EventLog]:
    """Open a log file to read, with no service able to start on it meanwhile."""
    lock = ServiceLock(path)
    try:
        with closing(SqliteLog.open_readonly(path)) as log:
            yield log
    finally:
        lock.release()


def _check_counts(config: Config, partitions: Sequence[PartitionInfo]) -> None:
    wanted = config.settings.log.partitions
    counts = Counter(info.source.topic for info in partitions)
    for topic, count in sorted(counts.items()):
        if count != wanted:
            raise UserError(
                f"The log to copy has {count} partitions of {topic}, and `log.partitions` is {wanted}.",
                f"Set `log.partitions: {count}`: what is in a partition stays in it.",
            )


class _Progress:
    """Tells how far a copy is, at most every few seconds."""

    def __init__(self, partitions: Iterable[PartitionInfo], say: Say, monotonic: Callable[[], float]) -> None:
        self._records = {info.source: info.records for info in partitions}
        self._done: Counter[TopicPartition] = Counter()
        self._say = say
        self._monotonic = monotonic
        self._said = monotonic()
        self._what = "begun"

    def __call__(self, step: Step) -> None:
        if step.what == "copied" and step.source:
            self._done[step.source] += step.records
        changed, self._what = step.what != self._what, step.what
        if not changed and self._monotonic() - self._said < _EVERY.total_seconds():
            return
        self._said = self._monotonic()
        if step.what == "copied" and step.source:
            whole = sum(self._records.values())
            where = f"{step.source.topic}/{step.source.partition}"
            self._say(f"{sum(self._done.values()):,} of {whole:,} records copied; at {where}.")
        elif changed and step.what in _SAYS:
            self._say(_SAYS[step.what])


def _report(done: LogCopy, target: EventLog) -> CopyReport:
    inputs = {group: sorted({source.topic for source in where}) for group, where in done.positions.items()}
    lags = group_lags(target.describe(), done.positions, inputs)
    topics = []
    for name in sorted({each.source.topic for each in done.partitions}):
        parts = [each for each in done.partitions if each.source.topic == name]
        topics.append(
            CopiedTopic(
                topic=name,
                partitions=len(parts),
                copied=sum(each.copied for each in parts),
                records=sum(each.records for each in parts),
                expired=sum(each.expired for each in parts),
            )
        )
    return CopyReport(done.resumed, sum(topic.copied for topic in topics), tuple(topics), tuple(lags))
