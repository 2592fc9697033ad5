"""What can be asked of and done to topics and groups on a Kafka cluster."""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from core import catalogue
from core.errors import LogError, LogUnavailable, PartitionMismatch, UnknownTopic
from stream.kafka_client import KafkaSettings, milliseconds
from stream.kafka_errors import translated, translation
from stream.kafka_transactions import LEDGER
from stream.log import TopicPartition, TopicSpec

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import errors
    from kafka.admin import ConfigResource, OffsetSpec
    from kafka.protocol.consumer import IsolationLevel
    from kafka.structs import OffsetAndMetadata

_UNKNOWN = errors.UnknownTopicOrPartitionError.errno
_FOR_EVER = -1
# A dead letter holds a record, which may be as large as brokers take, and more.
_ROOMY = {"max.message.bytes": str(4 * 1024**2)}


class Kept(NamedTuple):
    """How a topic is kept."""

    compacted: bool
    retention_ms: int  # negative: for ever


class KafkaTopics:
    """Topics and groups, each named as the program does. May be used from any thread."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        self._admin: Any = settings.admin()
        self._counts: dict[str, int] = {}
        self._here: dict[str, set[TopicPartition]] = {}  # what this process has committed, by group

    def partitions(self, topic: str) -> int:
        """Tell how many partitions a topic has. Remembered, since their number is fixed.

        Raises:
            UnknownTopic: there is no such topic.
        """
        if topic not in self._counts:
            self._counts.update(self._look_up([topic]))
        if topic not in self._counts:
            raise UnknownTopic(f"there is no topic {topic}")
        return self._counts[topic]

    def sources(self, topic: str, partitions: Collection[int] | None = None) -> list[TopicPartition]:
        """List a topic's partitions, or check those asked for.

        Raises:
            UnknownTopic: there is no such topic or partition.
        """
        count = self.partitions(topic)
        wanted = range(count) if partitions is None else sorted(set(partitions))
        for partition in wanted:
            if not 0 <= partition < count:
                raise UnknownTopic(f"topic {topic} has no partition {partition}, only {count}")
        return [TopicPartition(topic, partition) for partition in wanted]

    def forget(self) -> None:
        """Look topics up again: one may have been deleted."""
        self._counts.clear()

    def all(self) -> list[TopicPartition]:
        """List every partition of every topic of the program's."""
        with translated():
            found = self._admin.describe_topics()
        return [
            TopicPartition(topic["name"].removeprefix(self.settings.topic_prefix), partition["partition_index"])
            for topic in found
            if self.settings.is_ours(topic["name"])
            for partition in topic["partitions"]
        ]

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """See `EventLog.create`."""
        there = self._look_up([spec.name for spec in specs])
        kept = self.kept(there)
        for spec in specs:
            _check(spec, there.get(spec.name), kept.get(spec.name))
        missing = [spec for spec in specs if spec.name not in there]
        try:
            with translated():
                self._create(missing)
        except errors.TopicAlreadyExistsError:  # somebody else makes them too
            self.create(specs)
            return
        changed = {
            spec.name: _retention(spec)
            for spec in specs
            if spec.name in kept and kept[spec.name].retention_ms != _retention(spec)
        }
        if changed:
            self._keep_for(changed)

    def _keep_for(self, retention_ms: Mapping[str, int]) -> None:
        with translated():
            told = self._admin.alter_configs(
                [self._resource(name, {"retention.ms": str(age)}) for name, age in retention_ms.items()]
            )
        refused = {name: said for name, said in told.get("topic", {}).items() if said != "OK"}  # returned, not raised
        if refused:
            raise LogError(f"the broker refuses to change how long topics are kept: {refused}")

    def kept(self, names: Iterable[str]) -> dict[str, Kept]:
        """Tell how topics that exist are kept."""
        resources = [self._resource(name, None) for name in names]
        if not resources:
            return {}
        with translated():
            found = self._admin.describe_configs(resources, config_filter="all")["topic"]
        if refused := sorted(name for name, config in found.items() if "cleanup.policy" not in config):
            raise LogError(
                f"the broker does not tell how {', '.join(refused)} is kept: it wants DescribeConfigs allowed"
            )
        return {
            name.removeprefix(self.settings.topic_prefix): Kept(
                "compact" in config["cleanup.policy"]["value"], int(config["retention.ms"]["value"])
            )
            for name, config in found.items()
        }

    def bounds(self, sources: Sequence[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """Tell where partitions begin and end, records of transactions under way included."""
        starts = self._offsets(dict.fromkeys(sources, OffsetSpec.EARLIEST))
        ends = self._offsets(dict.fromkeys(sources, OffsetSpec.LATEST))
        return {source: (starts[source], ends[source]) for source in sources}

    def settled_ends(self, sources: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Tell where partitions end, once every transaction is over that has written to them up to now.

        A commit that has returned may not be seen yet by readers: its last step is the broker's own. A state that is
        read without waiting for it would miss its owner's last words.

        Raises:
            LogUnavailable: a transaction stays open.
        """
        wanted = self._offsets(dict.fromkeys(sources, OffsetSpec.LATEST))
        deadline = time.monotonic() + self.settings.abort_patience.total_seconds()
        pause = 0.002
        while True:
            stable = self._offsets(dict.fromkeys(sources, OffsetSpec.LATEST), IsolationLevel.READ_COMMITTED)
            if all(stable[source] >= wanted[source] for source in sources):
                return wanted
            if time.monotonic() > deadline:
                raise LogUnavailable("a transaction stays open, past its own timeout")
            time.sleep(pause)
            pause = min(2 * pause, 0.1)

    def first_at(self, source: TopicPartition, time_ms: int) -> int | None:
        """Give an offset before which nothing is as young as the time; None when nothing at all is."""
        found = self._offsets({source: time_ms})[source]
        return None if found < 0 else found

    def sizes(self) -> dict[TopicPartition, int]:
        """Give the bytes that each partition takes on disk, on one of its brokers."""
        with translated():
            brokers = self._admin.describe_log_dirs()
        prefix = self.settings.topic_prefix
        return {
            TopicPartition(topic["name"].removeprefix(prefix), partition["partition_index"]): partition[
                "partition_size"
            ]
            for broker in brokers
            for directory in broker["log_dirs"]
            for topic in directory["topics"]
            for partition in topic["partitions"]
        }

    def delete_before(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Delete the records before these offsets."""
        with translated():
            self._admin.delete_records({self.settings.foreign(source): at for source, at in offsets.items()})

    def committed(self, group: str, sources: Iterable[TopicPartition] = ()) -> None:
        """Note what this process has committed, so that it is asked after even before the broker shows it."""
        self._here.setdefault(group, set()).update(sources)

    def positions(self, group: str) -> dict[TopicPartition, int]:
        """See `LogAdmin.positions`."""
        name = self.settings.named(group)
        with translated():
            shown = self._admin.list_group_offsets(name)[name]
        sources = {self.settings.own(source) for source in shown} | self._here.get(group, set())
        if not sources:
            return {}
        consumer = self.settings.consumer(name)
        try:
            with translated():  # unlike the above, this waits for commits that are under way
                patience = milliseconds(self.settings.abort_patience)
                found = {
                    source: consumer.committed(self.settings.foreign(source), timeout_ms=patience) for source in sources
                }
        finally:
            consumer.close(autocommit=False)
        return {source: at for source, at in found.items() if at is not None}

    def groups(self) -> Sequence[str]:
        """See `LogAdmin.groups`."""
        with translated():
            names = {each["group_id"]: self.settings.unnamed(each["group_id"]) for each in self._admin.list_groups()}
            ours = [name for name, own in names.items() if own and not own.startswith(LEDGER)]
            shown = self._admin.list_group_offsets(ours) if ours else {}
        found = {own for name, offsets in shown.items() if offsets and (own := names[name])}
        return sorted(found | {group for group, sources in self._here.items() if sources})

    def rewind(self, group: str, positions: Mapping[TopicPartition, int]) -> None:
        """See `LogAdmin.rewind`."""
        name = self.settings.named(group)
        with translated():
            if self._admin.describe_groups([name])[name]["members"]:
                raise LogError(f"group {group} has members: stop the stage first")
            results = self._admin.alter_group_offsets(
                name, {self.settings.foreign(source): OffsetAndMetadata(at, "", -1) for source, at in positions.items()}
            )
        if refused := {error.__name__ for error in results.values() if error is not errors.NoError}:
            raise LogError(f"group {group} cannot be rewound: {', '.join(sorted(refused))}")
        self.committed(group, positions)

    def close(self) -> None:
        """Let go of the connection."""
        self._admin.close()

    def _create(self, specs: Sequence[TopicSpec]) -> None:
        settings = self.settings
        wanted = {
            settings.topic_prefix + spec.name: {
                "num_partitions": spec.partitions,
                "replication_factor": settings.replication_factor,
                "configs": {
                    "cleanup.policy": "compact" if spec.compacted else "delete",
                    "retention.ms": str(_retention(spec)),
                    "min.insync.replicas": str(settings.min_insync_replicas),
                    "message.timestamp.type": "CreateTime",
                    **(_ROOMY if spec.name == catalogue.DEAD_LETTERS else {}),
                },
            }
            for spec in specs
        }
        if not wanted:
            return
        try:
            self._admin.create_topics(wanted)
        except errors.InvalidReplicationFactorError as error:  # perhaps not all brokers are up yet
            raise LogUnavailable(
                f"each topic is to be kept on {settings.replication_factor} brokers, and the cluster has fewer: start "
                "them, or set log.replication_factor, and log.min_insync_replicas, to what there is"
            ) from error
        self._admin.wait_for_topics(list(wanted))

    def _look_up(self, topics: Sequence[str]) -> dict[str, int]:
        prefix = self.settings.topic_prefix
        if not topics:
            return {}
        with translated():
            found = self._admin.describe_topics([prefix + topic for topic in topics])
        for topic in found:
            if topic["error_code"] not in {0, _UNKNOWN}:
                raise translation(errors.for_code(topic["error_code"])(f"topic {topic['name']}"))
        return {
            topic["name"].removeprefix(prefix): len(topic["partitions"]) for topic in found if not topic["error_code"]
        }

    def _offsets(
        self, specs: Mapping[TopicPartition, Any], isolation: Any = IsolationLevel.READ_UNCOMMITTED
    ) -> dict[TopicPartition, int]:
        if not specs:
            return {}
        with translated():
            found = self._admin.list_partition_offsets(
                {self.settings.foreign(source): spec for source, spec in specs.items()}, isolation_level=isolation
            )
        return {self.settings.own(source): each.offset for source, each in found.items()}

    def _resource(self, name: str, configs: Mapping[str, str] | None) -> Any:
        return ConfigResource("TOPIC", self.settings.topic_prefix + name, configs)


def _retention(spec: TopicSpec) -> int:
    return _FOR_EVER if spec.retention is None else milliseconds(spec.retention)


def _check(spec: TopicSpec, partitions: int | None, kept: Kept | None) -> None:
    if spec.partitions < 1:
        raise PartitionMismatch(f"topic {spec.name} needs at least 1 partition, not {spec.partitions}")
    if partitions is None or kept is None:
        return
    if partitions != spec.partitions:
        raise PartitionMismatch(f"topic {spec.name} has {partitions} partitions, not {spec.partitions}")
    if kept.compacted != spec.compacted:
        kinds = {True: "compacted", False: "a plain log"}
        raise PartitionMismatch(f"topic {spec.name} is {kinds[kept.compacted]}, not {kinds[spec.compacted]}")
