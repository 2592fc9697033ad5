"""Looks over a Kafka cluster that lets us in: its brokers, our topics on it, and what we may do. Changes nothing."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from stream.kafka_client import KafkaSettings
from stream.kafka_errors import translated
from stream.log import TopicSpec

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import errors
    from kafka.admin import ConfigResource

Outcome = Literal["ok", "warning", "failed"]
_MESSAGE_BYTES = 1_000_000  # the broker's default is a little more
_UNKNOWN = errors.UnknownTopicOrPartitionError.errno
_DENIED = frozenset({errors.TopicAuthorizationFailedError.errno, errors.ClusterAuthorizationFailedError.errno})
_TRIES, _PAUSE_S = 20, 0.25  # a coordinator's first answer waits for a topic of the broker's own
_NEEDED = {
    "READ": "Read",
    "WRITE": "Write",
    "DESCRIBE_CONFIGS": "DescribeConfigs (AlterConfigs includes it)",
}
_USEFUL = {
    "ALTER_CONFIGS": "AlterConfigs: retention stays as it is when it is changed in the configuration",
    "DELETE": "Delete: old records stay until the brokers drop them",
}


class Finding(NamedTuple):
    """What one look found."""

    what: str
    outcome: Outcome
    says: str


class _Topic(NamedTuple):
    """A topic as the cluster tells it."""

    name: str
    error: int
    partitions: Sequence[Mapping[str, Any]]
    may: Collection[str] | None  # None: not told


def survey(
    admin: Any, settings: KafkaSettings, specs: Sequence[TopicSpec], groups: Sequence[str], who: str
) -> Iterator[Finding]:
    """Look over the cluster.

    Args:
        admin: a client that administers.
        settings: what it was made from.
        specs: the topics as they are to be.
        groups: the groups that will read, named as the program does.
        who: the user as whom we come, in words.

    Raises:
        LogUnavailable: the cluster stops answering.
    """
    specs = [spec._replace(name=settings.topic_prefix + spec.name) for spec in specs]  # named as the cluster does
    with translated():
        brokers = admin.describe_cluster()["brokers"]
        yield Finding("cluster", "ok", f"{len(brokers)} broker{'s' if len(brokers) != 1 else ''} up")
        topics = {topic.name: topic for topic in _described(admin, specs)}
        missing = [spec for spec in specs if topics[spec.name].error == _UNKNOWN]
        drafts = _drafted(admin, settings, missing)
        yield from _missing(missing, drafts, len(brokers), settings, who)
        yield from _existing(specs, topics)
        yield from _rights(topics.values(), who)
        yield from _copies(admin, topics, drafts)
        yield from _groups(admin, settings, groups, who)
        yield from _transactions(admin, settings, who)


def _described(admin: Any, specs: Sequence[TopicSpec]) -> Iterator[_Topic]:
    for each in admin.describe_topics([spec.name for spec in specs]):
        yield _Topic(each["name"], each["error_code"], each["partitions"], each.get("authorized_operations"))


def _drafted(admin: Any, settings: KafkaSettings, missing: Sequence[TopicSpec]) -> dict[str, Mapping[str, Any]]:
    """Have the cluster say whether it would make these topics, without making them."""
    wanted = {
        spec.name: {
            "num_partitions": spec.partitions,
            "replication_factor": settings.replication_factor,
        }
        for spec in missing
    }
    if not wanted:
        return {}
    found = admin.create_topics(wanted, validate_only=True, raise_errors=False)["topics"]
    return {each["name"]: each for each in found}


def _missing(
    missing: Sequence[TopicSpec],
    drafts: Mapping[str, Mapping[str, Any]],
    brokers: int,
    settings: KafkaSettings,
    who: str,
) -> Iterator[Finding]:
    if not missing:
        return
    refused = {name: draft for name, draft in drafts.items() if draft["error_code"]}
    if not refused:
        yield Finding("topics", "ok", f"{len(missing)} of them will be made: {_listed(spec.name for spec in missing)}")
        return
    denied = [name for name, draft in refused.items() if draft["error_code"] in _DENIED]
    if denied:
        says = f"{who} may not make {_listed(denied)}: grant Create, or have somebody make them"
        yield Finding("topics", "failed", says)
    for name in sorted(refused.keys() - set(denied)):
        draft = refused[name]
        if draft["error_code"] == errors.InvalidReplicationFactorError.errno:
            says = (
                f"there are too few brokers for log.replication_factor ({settings.replication_factor}): {brokers}. Add "
                f"brokers, or lower it with log.min_insync_replicas"
            )
        else:
            says = f"{name} cannot be made: {draft['error_message'] or errors.for_code(draft['error_code']).__name__}"
        yield Finding("topics", "failed", says)
        return  # the same is said of all of them


def _existing(specs: Sequence[TopicSpec], topics: Mapping[str, _Topic]) -> Iterator[Finding]:
    there = [spec for spec in specs if not topics[spec.name].error]
    wrong = [spec for spec in there if len(topics[spec.name].partitions) != spec.partitions]
    for spec in wrong:
        count = len(topics[spec.name].partitions)
        says = (
            f"it has {count} partitions, and log.partitions is {spec.partitions}: set it to what the log was made with"
        )
        yield Finding(f"topic {spec.name}", "failed", says)
    for spec in there:
        if leaderless := sum(partition["leader_id"] < 0 for partition in topics[spec.name].partitions):
            says = f"{leaderless} of its partitions cannot be used now, for the brokers that hold them are away"
            yield Finding(f"topic {spec.name}", "failed", says)
    if there and not wrong:
        yield Finding("topics", "ok", f"{len(there)} of them are there, each with {there[0].partitions} partitions")


def _rights(topics: Collection[_Topic], who: str) -> Iterator[Finding]:
    hidden = [topic.name for topic in topics if topic.error in _DENIED]
    if hidden:
        yield Finding("grants on topics", "failed", f"{who} may not even see {_listed(hidden)}: grant Read and Write")
    seen = [topic for topic in topics if topic.error not in _DENIED and topic.may is not None]
    for operation, name in _NEEDED.items():
        without = [topic.name for topic in seen if operation not in (topic.may or ())]
        if without:
            yield Finding("grants on topics", "failed", f"{who} has no {name} on {_listed(without)}: grant it")
    for operation, says in _USEFUL.items():
        without = [topic.name for topic in seen if operation not in (topic.may or ())]
        if without:
            yield Finding("grants on topics", "warning", f"{who} has no {says} ({_listed(without)})")
    if seen and not hidden and all(_NEEDED.keys() <= set(topic.may or ()) for topic in seen):
        yield Finding("grants on topics", "ok", f"{who} may read and write them")


def _copies(admin: Any, topics: Mapping[str, _Topic], drafts: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Look at what topics demand: copies in step, and the size of messages."""
    there = [topic for topic in topics.values() if not topic.error]
    resources = [ConfigResource("TOPIC", topic.name) for topic in there]
    shown = admin.describe_configs(resources, config_filter="all").get("topic", {}) if resources else {}
    configs = dict(shown)
    configs |= {name: draft["configs"] for name, draft in drafts.items() if draft.get("configs")}
    for topic in there:
        least = int(configs.get(topic.name, {}).get("min.insync.replicas", {}).get("value") or 1)
        short = [partition for partition in topic.partitions if len(partition["isr_nodes"]) < least]
        if short:
            says = (
                f"{len(short)} of its partitions take nothing now: fewer than {least} brokers (min.insync.replicas) "
                f"hold their newest records. Bring brokers back, or lower it"
            )
            yield Finding(f"topic {topic.name}", "failed", says)
    limits = {
        name: int(config["max.message.bytes"]["value"])
        for name, config in configs.items()
        if "max.message.bytes" in config
    }
    small = {name: limit for name, limit in limits.items() if limit < _MESSAGE_BYTES}
    if small:
        says = (
            f"the largest message is {min(small.values()):,} bytes on {_listed(small)}: what is longer becomes a dead "
            f"letter. Set message.max.bytes on the brokers, or max.message.bytes on these topics, to 1048588 or more"
        )
        yield Finding("message size", "warning", says)
    elif limits:
        yield Finding("message size", "ok", f"up to {min(limits.values()):,} bytes")


def _groups(admin: Any, settings: KafkaSettings, groups: Sequence[str], who: str) -> Iterator[Finding]:
    denied = [
        name
        for name in map(settings.named, groups)
        if _denied(partial(admin.describe_groups, [name]), errors.GroupAuthorizationFailedError)
    ]
    if denied:
        yield Finding("groups", "failed", f"{who} may not use {_listed(denied)}: grant Read on them")
    else:
        yield Finding("groups", "ok", f"{who} may use {_listed(map(settings.named, groups))}")


def _transactions(admin: Any, settings: KafkaSettings, who: str) -> Iterator[Finding]:
    name = settings.named("check")
    if _denied(lambda: admin.describe_transactions([name]), errors.TransactionalIdAuthorizationFailedError):
        says = f"{who} may not write in transactions: grant Write on {settings.named('')}*"
        yield Finding("transactions", "failed", says)
    else:
        yield Finding("transactions", "ok", f"{who} may write in them")


def _denied(ask: Callable[[], object], refusal: type[BaseException]) -> bool:
    for _ in range(_TRIES):
        try:
            ask()
        except refusal:
            return True
        except errors.TransactionalIdNotFoundError:
            return False
        except (errors.UnsupportedVersionError, errors.IncompatibleBrokerVersion):  # an old broker can't tell
            return False
        except (errors.CoordinatorNotAvailableError, errors.CoordinatorLoadInProgressError):
            time.sleep(_PAUSE_S)
        else:
            return False
    ask()
    return False


def _listed(names: Collection[str] | Iterator[str]) -> str:
    return ", ".join(sorted(names))
