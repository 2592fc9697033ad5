"""What `armswatch check` looks at: configuration, topics, data directory, log, archive."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from archive.queries import Archive
from armswatch import wiring
from config.loader import Config
from core import catalogue
from core.errors import ArmswatchError, ConfigError, UserError
from processors.suspicions import suspicions_of
from processors.topic import compile_loaded
from stream.kafka_security import PasswordLogin, Security
from stream.service_lock import holder
from stream.sqlite import SqliteLog

Outcome = Literal["ok", "warning", "failed"]
_LEAST_FREE_BYTES = 500_000_000
_IN_THE_CLEAR = frozenset({"PLAIN", "OAUTHBEARER"})  # what they send can be used again


class Finding(NamedTuple):
    """What one look found."""

    what: str
    outcome: Outcome
    says: str


def check(config: Config, *, online: bool = False) -> list[Finding]:
    """Look at everything that can be wrong before, or while, the service runs. Changes nothing.

    Args:
        config: what to look at.
        online: go over the network too, to the brokers of the log.
    """
    return [
        _configuration(config),
        *_topics(config),
        _contact(config),
        _data_dir(config.data_dir),
        *_guarded("log", lambda: _cluster(config, online=online) if wiring.on_kafka(config) else _log(config)),
        *_guarded("archive", lambda: _archive(config)),
    ]


def _configuration(config: Config) -> Finding:
    feeds, topics = len(config.enabled_feeds), len(config.topics)
    off = f" ({len(config.topics_off)} more are off)" if config.topics_off else ""
    says = f"{config.directory}: {feeds} feeds to poll, {topics} topics{off}"
    if not feeds or not topics:
        return Finding(
            "configuration", "warning", f"{says}: nothing will ever alert. Add feeds to feeds.yaml, topics to topics/."
        )
    return Finding("configuration", "ok", says)


def _topics(config: Config) -> Iterator[Finding]:
    for loaded in config.topics:
        what = f"topic {loaded.file.topic}"
        examples = len(loaded.file.must_match) + len(loaded.file.must_not_match)
        try:
            compile_loaded(loaded)
        except ConfigError as error:
            yield Finding(what, "failed", str(error))
        else:
            yield Finding(what, "ok", f"{loaded.shown}: {examples} examples pass")
            for odd in suspicions_of(loaded):
                yield Finding(what, "warning", str(odd))


def _contact(config: Config) -> Finding:
    if config.settings.network.contact:
        return Finding("contact", "ok", f"publishers see {config.settings.network.contact}")
    return Finding("contact", "warning", "network.contact is empty: publishers who see our requests cannot reach you")


def _data_dir(directory: Path) -> Finding:
    place = next(path for path in (directory, *directory.parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Finding(
            "data directory", "failed", f"{place} is not a directory that can be written. Set data_dir to one that is."
        )
    free = shutil.disk_usage(place).free
    says = f"{directory}: {free / 1e9:.1f} GB free" + ("" if directory.exists() else ", will be made")
    if free < _LEAST_FREE_BYTES:
        return Finding("data directory", "warning", f"{says}. The service waits when the disk is full; make room.")
    return Finding("data directory", "ok", says)


def _log(config: Config) -> Iterator[Finding]:
    path = wiring.log_path(config)
    if not path.exists():
        yield Finding("log", "ok", "none yet: it is made at the first run")
        return
    log = SqliteLog.open_readonly(path)
    try:
        infos = log.describe()
    finally:
        log.close()
    partitions = {info.source.topic: 0 for info in infos}
    for info in infos:
        partitions[info.source.topic] += 1
    wanted = config.settings.log.partitions
    wrong = {topic: count for topic, count in partitions.items() if count != wanted}
    if wrong:
        told = ", ".join(f"{topic} has {count}" for topic, count in wrong.items())
        yield Finding("log", "failed", f"log.partitions is {wanted}, but {told}. Set it to what the log was made with.")
    records = sum(info.records for info in infos if info.source.topic == catalogue.ITEMS)
    pid = holder(path)
    yield Finding(
        "log",
        "ok",
        f"{path}: {records:,} items kept; " + (f"process {pid} runs the service" if pid else "no service runs"),
    )


def _cluster(config: Config, *, online: bool) -> Iterator[Finding]:
    from armswatch import cluster  # noqa: PLC0415 - only where the log is on Kafka
    from stream.kafka_diagnosis import diagnose  # noqa: PLC0415

    settings, security = cluster.settings_of(config), cluster.security_of(config)
    where = ", ".join(settings.bootstrap_servers)
    yield Finding("log", "ok", f"Kafka at {where}, {'with' if security.tls else 'without'} TLS, {_login(security)}")
    if security.login and not security.tls and security.login.mechanism in _IN_THE_CLEAR:
        says = f"{security.login.mechanism} without TLS: whoever listens on the way gets in as we do. Set log.tls"
        yield Finding("login", "warning", says)
    try:
        security.check_files()
    except UserError as error:
        yield Finding("log", "failed", str(error))
        return
    if not online:
        yield Finding("cluster", "ok", "not asked: --online does, and tells what is wrong there")
        return
    groups = [name for name in wiring.STAGES if name != "archive"] + ["archive.*"]
    for found in diagnose(settings, security, wiring.topic_specs(config), groups):
        yield Finding(*found)


def _login(security: Security) -> str:
    if security.login is None:
        return "without a login"
    user = f" as {security.login.user}" if isinstance(security.login, PasswordLogin) else ""
    return f"by {security.login.mechanism}{user}"


def _archive(config: Config) -> Iterator[Finding]:
    path = wiring.archive_path(config)
    if not path.exists():
        yield Finding("archive", "ok", "none yet: it is built from the log")
        return
    with Archive.open(path) as archive:
        counts = archive.counts()
    yield Finding("archive", "ok", f"{path}: {counts.items:,} items, {counts.alerts:,} alerts")


def _guarded(what: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(look())
    except ArmswatchError as error:
        return [Finding(what, "failed", str(error))]
