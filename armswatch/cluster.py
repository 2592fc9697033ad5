"""The log on a Kafka cluster: what `stream` is to know of it, from the configuration, and the log opened."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from config import log_settings
from config.loader import Config
from config.log_settings import CLIENT_SECRET, KEY_PASSWORD, PASSWORD
from core.errors import LogError, LogRefused, LogUnavailable, PartitionMismatch
from stream import slots
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.kafka_diagnosis import why_unreachable
from stream.kafka_security import ClientCredentials, PasswordLogin, Secret, Security, Tls, TokenFile, TokenLogin

Clock = Callable[[], datetime]

# What the client logs of a broker that it cannot use says less than we do, and many times over.
logging.getLogger("kafka").setLevel(logging.CRITICAL)


class ClusterLog(KafkaLog):
    """A Kafka log with this process's place on its data directory, which it leaves when it is closed."""

    def __init__(self, settings: KafkaSettings, slot: slots.Slot, *, clock: Clock) -> None:
        super().__init__(settings, clock=clock)
        self.slot = slot

    def close(self) -> None:
        """See `EventLog.close`."""
        super().close()
        self.slot.release()


def open_member(config: Config, clock: Clock) -> ClusterLog:
    """Open the log as one of the processes that work on it.

    Raises:
        LogUnavailable: no broker can be reached for now.
        LogRefused: the cluster does not let us in as configured.
        StorageUnusable: the data directory cannot be written.
    """
    slot = slots.claim(config.data_dir)
    try:
        settings = settings_of(config, slot.name)
        _reach(config, settings)
        return ClusterLog(settings, slot, clock=clock)
    except BaseException:
        slot.release()
        raise


def open_onlooker(config: Config, clock: Clock) -> KafkaLog:
    """Open the log beside those that work on it, without a place of its own.

    Raises:
        LogUnavailable, LogRefused: as `open_member`.
    """
    settings = settings_of(config)
    _reach(config, settings)
    return KafkaLog(settings, clock=clock)


def in_words(error: LogError) -> LogError:
    """Add to what the cluster refuses where to learn more."""
    if isinstance(error, PartitionMismatch):
        return PartitionMismatch(f"Kafka: {error}. `armswatch check --online` tells what to set.")
    kind = LogUnavailable if isinstance(error, LogUnavailable) else LogRefused
    return kind(f"Kafka: {error}. `armswatch check --online` tells what is missing.")


def _reach(config: Config, settings: KafkaSettings) -> None:
    broken = why_unreachable(settings.bootstrap_servers, security_of(config))
    if broken and broken.lasting:
        raise LogRefused(f"Kafka, {broken}. `armswatch check --online` looks again.")
    if broken:
        raise LogUnavailable(f"Kafka, {broken}")


def settings_of(config: Config, slot: str = "") -> KafkaSettings:
    """Give what `stream` is to know of the cluster."""
    log = kafka(config)
    settings = KafkaSettings(
        bootstrap_servers=tuple(log.bootstrap_servers),
        security=security_of(config).client_arguments(),
        topic_prefix=log.topic_prefix,
        replication_factor=log.replication_factor,
        min_insync_replicas=log.min_insync_replicas,
        compression=log.compression,
        session_timeout=log.session_timeout,
        transaction_timeout=log.transaction_timeout,
        request_timeout=log.request_timeout,
    )
    return replace(settings, slot=slot) if slot else settings


def security_of(config: Config) -> Security:
    """Give what the cluster wants of us."""
    log = kafka(config)
    return Security(_tls(config, log), _login(config, log))


def kafka(config: Config) -> log_settings.KafkaLog:
    """Give the settings of a log that is known to be on Kafka."""
    log = config.settings.log
    assert isinstance(log, log_settings.KafkaLog)
    return log


def _tls(config: Config, log: log_settings.KafkaLog) -> Tls | None:
    if log.tls is None:
        return None
    given = log.tls
    password = _secret(config, given.key_password_file, KEY_PASSWORD)
    return Tls(
        ca=given.ca,
        certificate=given.certificate,
        key=given.key,
        key_password=password if password != Secret() else None,
        verify_host_name=given.verify_host_name,
    )


def _login(config: Config, log: log_settings.KafkaLog) -> PasswordLogin | TokenLogin | None:
    match log.sasl:
        case log_settings.PasswordLogin(mechanism=mechanism, user=user, password_file=file):
            return PasswordLogin(mechanism, user, _secret(config, file, PASSWORD))
        case log_settings.TokenLogin(token_file=Path() as file):
            return TokenLogin(TokenFile(file))
        case log_settings.TokenLogin(token_endpoint=str(endpoint), client_id=client, client_secret_file=file):
            return TokenLogin(ClientCredentials(endpoint, client, _secret(config, file, CLIENT_SECRET), log.sasl.scope))
    return None


def _secret(config: Config, file: Path | None, variable: str) -> Secret:
    return Secret(file) if file else Secret(value=config.secrets.get(variable, ""))
