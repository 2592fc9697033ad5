"""How the program reaches a Kafka cluster: its settings, and the clients made from them."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from stream.kafka_errors import quieten, translated

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its import uses an API of Python that is on its way out
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from stream import log

Compression = Literal["none", "gzip", "lz4", "zstd"]
_BOOTSTRAP_MS = 8_000
_NAMESPACE = "armswatch."  # topics are called so by the program; groups and transactions become so on the cluster
_LARGEST = 8 * 1024**2  # bytes of a request; how large a record may be is for the broker to say, topic by topic
_BACKOFF = {"retry_backoff_ms": 5, "reconnect_backoff_max_ms": 1000}
_METADATA_MS = 10_000  # how long a group may go without partitions that were not known when it was formed


def _own_slot() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """Where the cluster is, and how to behave on it.

    Args:
        security: what the client takes for TLS and SASL (`security_protocol`, `ssl_cafile`, `sasl_mechanism`, ...).
        topic_prefix: put before the name of every topic, group and transactional id, which otherwise begin with
            "armswatch.".
        slot: names this worker. One that starts in the slot of another ends what that one left unfinished, at once;
            without one its readers wait until the transaction times out.
        session_timeout: how long a member may be silent before its partitions go to others.
        transaction_timeout: how long a transaction may stay open before the broker ends it.
        request_timeout: how long the broker may take for one answer.
    """

    bootstrap_servers: tuple[str, ...]
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)
    topic_prefix: str = ""
    replication_factor: int = 1
    min_insync_replicas: int = 1
    compression: Compression = "none"
    slot: str = field(default_factory=_own_slot)
    session_timeout: timedelta = timedelta(seconds=10)
    heartbeat: timedelta = timedelta(seconds=1)
    transaction_timeout: timedelta = timedelta(seconds=30)
    request_timeout: timedelta = timedelta(seconds=10)

    @property
    def abort_patience(self) -> timedelta:
        """How long a transaction may stay open that nobody ends: the broker looks for such every 10 s by default."""
        return self.transaction_timeout + timedelta(seconds=15)

    def named(self, name: str) -> str:
        """Name a group or a transactional id as the cluster does."""
        return f"{self.topic_prefix}{_NAMESPACE}{name}"

    def unnamed(self, name: str) -> str | None:
        """Name a group of the cluster as the program does; None when it isn't one of the program's."""
        start = self.topic_prefix + _NAMESPACE
        return name.removeprefix(start) if name.startswith(start) else None

    def is_ours(self, topic: str) -> bool:
        """Tell whether a topic of the cluster is one of the program's: others may use the cluster too."""
        return topic.startswith(self.topic_prefix + _NAMESPACE)

    def foreign(self, source: log.TopicPartition) -> Any:
        """Name a partition as the cluster does."""
        return TopicPartition(self.topic_prefix + source.topic, source.partition)

    def own(self, source: Any) -> log.TopicPartition:
        """Name a partition of the cluster as the program does."""
        return log.TopicPartition(source.topic.removeprefix(self.topic_prefix), source.partition)

    def admin(self) -> Any:
        """Make a client that administers."""
        return _made(KafkaAdminClient, **self._common())

    def consumer(self, group: str | None = None) -> Any:
        """Make a client that reads, of a group (named as the cluster does) or of none."""
        return _made(
            KafkaConsumer,
            **self._common(),
            group_id=group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            metadata_max_age_ms=_METADATA_MS,
            session_timeout_ms=milliseconds(self.session_timeout),
            heartbeat_interval_ms=milliseconds(self.heartbeat),
            partition_assignment_strategy=(CooperativeStickyAssignor,),
            metrics_enabled=False,
        )

    def producer(self, transactional_id: str) -> Any:
        """Make a client that writes in transactions. What an earlier one of this id left open is ended by its init."""
        return _made(
            KafkaProducer,
            **self._common(),
            transactional_id=transactional_id,
            compression_type=None if self.compression == "none" else self.compression,
            transaction_timeout_ms=milliseconds(self.transaction_timeout),
            delivery_timeout_ms=milliseconds(self.request_timeout) + 5_000,
            max_block_ms=milliseconds(self.request_timeout),
            max_request_size=_LARGEST,
            batch_size=262_144,
            linger_ms=5,
            metrics_enabled=False,
        )

    def _common(self) -> dict[str, Any]:
        quieten()
        return {
            "bootstrap_servers": list(self.bootstrap_servers),
            "bootstrap_timeout_ms": _BOOTSTRAP_MS,
            "request_timeout_ms": milliseconds(self.request_timeout),
            **_BACKOFF,
            **self.security,
        }


def _made(make: Any, **options: Any) -> Any:
    """Make a client. One that finds no broker raises, and would leave its connections and a thread behind.

    Raises:
        LogUnavailable: no broker answers.
    """
    opened: list[Any] = []

    def connections(**more: Any) -> Any:
        opened.append(make.DEFAULT_CONFIG["kafka_client"](**more))
        return opened[-1]

    with translated():
        try:
            return make(**options, kafka_client=connections)
        except BaseException:
            for each in opened:
                each.close()
            raise


def milliseconds(duration: timedelta) -> int:
    """Give a duration in the client's unit."""
    return duration // timedelta(milliseconds=1)
