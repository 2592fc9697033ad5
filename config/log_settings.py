"""The shapes of `log` in `armswatch.yaml`: an embedded log, or one on a Kafka cluster and how to reach it.

Secrets are not in here, only where to find them: in a file, or in an environment variable (`SECRETS`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

from config import values
from config.duration import PositiveDuration, format_duration
from config.topic import Model

RESTART: dict[str, Any] = {"x-restart": True}  # marks a key that only counts after a restart
PASSWORD, CLIENT_SECRET, KEY_PASSWORD = SECRETS = (
    "ARMSWATCH_LOG_SASL_PASSWORD",
    "ARMSWATCH_LOG_SASL_CLIENT_SECRET",
    "ARMSWATCH_LOG_TLS_KEY_PASSWORD",
)
KINDS = ("sqlite", "kafka")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
_LEAST_SESSION = timedelta(seconds=3)  # three heartbeats

File = Annotated[Path, BeforeValidator(values.file), WithJsonSchema({"type": "string", "minLength": 1})]
Misfit = tuple[tuple[str, ...], str]  # a key within `log`, and what is wanted of it


def _instead(**keys: str) -> dict[str, Any]:
    """Say of keys that may never be written what to do instead."""
    return {
        "x-instead": {key: f"not here, for secrets never stand in these files: {told}" for key, told in keys.items()}
    }


def _one_of(known: Collection[str], value: Any) -> Any:
    if value not in known:
        near = get_close_matches(value, known, n=1) if isinstance(value, str) else []
        raise ValueError(f"one of {', '.join(known)}" + (f"; did you mean {near[0]}?" if near else ""))
    return value


def _kind(value: Any) -> Any:
    return _one_of(KINDS, value)


def _mechanism(value: Any) -> Any:
    return _one_of(MECHANISMS, value)


class Log(Model):
    """What every kind of log has."""

    kind: Annotated[Literal["sqlite", "kafka"], BeforeValidator(_kind)] = Field(
        default="sqlite", description="Which kind.", json_schema_extra=RESTART
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=1024,
        description="Partitions of each log topic; fixed when the log is made.",
        json_schema_extra=RESTART,
    )
    keep_items: PositiveDuration = Field(
        default=timedelta(days=30), description="How long items stay on the log.", json_schema_extra=RESTART
    )
    keep_alerts: PositiveDuration = Field(
        default=timedelta(days=1825),
        description="How long matches, alerts and dead letters stay on the log.",
        json_schema_extra=RESTART,
    )


class EmbeddedLog(Log):
    """A log in the data directory, for one machine. Needs nothing else."""

    kind: Annotated[Literal["sqlite"], BeforeValidator(_kind)] = Field(
        default="sqlite",
        description=(
            "`sqlite`: embedded, in the data directory. `kafka`: on a cluster, which takes more keys; the how-to "
            '"Use Kafka" has them.'
        ),
        json_schema_extra=RESTART,
    )


class Tls(Model):
    """Encryption, and a client certificate where the brokers want one. `{}` takes all defaults. Files are PEM."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra=_instead(key_password=f"`key_password_file`, or ${KEY_PASSWORD}"),
    )

    ca: File | None = Field(
        default=None,
        description="The authorities that sign the brokers' certificates; those of the system if left out.",
        json_schema_extra=RESTART,
    )
    certificate: File | None = Field(
        default=None,
        description="Our own certificate, with those between it and its authority.",
        json_schema_extra=RESTART,
    )
    key: File | None = Field(
        default=None, description="Its private key, if not in the same file.", json_schema_extra=RESTART
    )
    key_password_file: File | None = Field(
        default=None,
        description=f"A file that holds the key's password, if it has one; or set ${KEY_PASSWORD}.",
        json_schema_extra=RESTART,
    )
    verify_host_name: bool = Field(
        default=True,
        description="`false` takes a certificate that is for another host, as long as its authority is trusted.",
        json_schema_extra=RESTART,
    )


class PasswordLogin(Model):
    """A login by user and password."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra=_instead(password=f"`password_file`, or ${PASSWORD}")
    )

    mechanism: Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], BeforeValidator(_mechanism)] = Field(
        description="How the password is proved. PLAIN sends it as it is: only with `tls`.", json_schema_extra=RESTART
    )
    user: Annotated[str, StringConstraints(min_length=1), AfterValidator(values.one_line)] = Field(
        description="The user.", json_schema_extra=RESTART
    )
    password_file: File | None = Field(
        default=None,
        description=f"A file that holds the password, read again for each connection made; or set ${PASSWORD}.",
        json_schema_extra=RESTART,
    )


class TokenLogin(Model):
    """A login by OAuth token: from a file, or fetched by client credentials."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra=_instead(
            client_secret=f"`client_secret_file`, or ${CLIENT_SECRET}",
            token="`token_file`, or a `token_endpoint`",  # noqa: S106 - words about one
        ),
    )

    mechanism: Annotated[Literal["OAUTHBEARER"], BeforeValidator(_mechanism)] = Field(
        description="`OAUTHBEARER`.", json_schema_extra=RESTART
    )
    token_file: File | None = Field(
        default=None,
        description="A file that holds a token, which something else keeps fresh; read for each connection made.",
        json_schema_extra=RESTART,
    )
    token_endpoint: Annotated[str, AfterValidator(values.endpoint)] | None = Field(
        default=None, description="Where tokens are fetched by client credentials.", json_schema_extra=RESTART
    )
    client_id: Annotated[str, AfterValidator(values.one_line)] = Field(
        default="", description="The id to fetch them with.", json_schema_extra=RESTART
    )
    client_secret_file: File | None = Field(
        default=None,
        description=f"A file that holds the secret to fetch them with; or set ${CLIENT_SECRET}.",
        json_schema_extra=RESTART,
    )
    scope: Annotated[str, AfterValidator(values.one_line)] = Field(
        default="", description="The scope to ask for, if any.", json_schema_extra=RESTART
    )


def _login_shape(data: Any) -> str:
    mechanism = data.get("mechanism") if isinstance(data, dict) else getattr(data, "mechanism", None)
    return "TokenLogin" if mechanism == "OAUTHBEARER" else "PasswordLogin"


Login = Annotated[
    Annotated[PasswordLogin, Tag("PasswordLogin")] | Annotated[TokenLogin, Tag("TokenLogin")],
    Discriminator(_login_shape),
]


class KafkaLog(Log):
    """A log on a Kafka cluster, for several processes and machines."""

    kind: Annotated[Literal["kafka"], BeforeValidator(_kind)] = Field(
        description="`kafka`: on a Kafka cluster, 2.5 or later.", json_schema_extra=RESTART
    )
    bootstrap_servers: list[Annotated[str, AfterValidator(values.server)]] = Field(
        min_length=1,
        description="Brokers to begin with, each as `host:port`; name two or three, so that one may be away.",
        json_schema_extra=RESTART,
    )
    topic_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = Field(
        default="",
        description="Put before every topic, group and transactional id, which begin with `armswatch.`.",
        json_schema_extra=RESTART,
    )
    replication_factor: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Brokers that hold each record; 1 on a single broker. Counts when topics are made.",
        json_schema_extra=RESTART,
    )
    min_insync_replicas: int = Field(
        default=2,
        ge=1,
        le=100,
        description="Of those, how many must have a record before it counts as written; 1 on a single broker.",
        json_schema_extra=RESTART,
    )
    compression: Literal["none", "gzip", "lz4", "zstd"] = Field(
        default="lz4", description="How records are compressed.", json_schema_extra=RESTART
    )
    session_timeout: PositiveDuration = Field(
        default=timedelta(seconds=10),
        description="How long a process may be silent before others take over its work.",
        json_schema_extra=RESTART,
    )
    transaction_timeout: PositiveDuration = Field(
        default=timedelta(seconds=30),
        description="How long a transaction may stay open before the broker ends it.",
        json_schema_extra=RESTART,
    )
    request_timeout: PositiveDuration = Field(
        default=timedelta(seconds=10),
        description="How long a broker may take for one answer.",
        json_schema_extra=RESTART,
    )
    tls: Tls | None = Field(
        default=None, description="Encryption; none if left out, and `{}` for the defaults.", json_schema_extra=RESTART
    )
    sasl: Login | None = Field(default=None, description="The login; none if left out.", json_schema_extra=RESTART)

    def misfits(self, secrets: Mapping[str, str]) -> Iterator[Misfit]:
        """Name the keys that don't fit together, or lack a secret, each with what is wanted of it."""
        if self.min_insync_replicas > self.replication_factor:
            key = "min_insync_replicas" if "min_insync_replicas" in self.model_fields_set else "replication_factor"
            bound = {
                "min_insync_replicas": f"at most replication_factor ({self.replication_factor})",
                "replication_factor": (
                    f"at least min_insync_replicas ({self.min_insync_replicas}); with 1, set both to 1"
                ),
            }
            yield (key,), bound[key]
        if self.session_timeout < _LEAST_SESSION:
            yield ("session_timeout",), f"at least {format_duration(_LEAST_SESSION)}"
        if self.transaction_timeout <= self.request_timeout:
            longer = f"longer than request_timeout ({format_duration(self.request_timeout)})"
            key = "transaction_timeout" if "transaction_timeout" in self.model_fields_set else "request_timeout"
            shorter = f"shorter than transaction_timeout ({format_duration(self.transaction_timeout)})"
            yield (key,), longer if key == "transaction_timeout" else shorter
        if self.tls and not self.tls.certificate and self.tls.key:
            yield ("tls", "key"), "a `certificate` beside it"
        match self.sasl:
            case PasswordLogin(password_file=None) if PASSWORD not in secrets:
                yield ("sasl",), f"a `password_file`, or ${PASSWORD} set"
            case TokenLogin():
                yield from _token_misfits(self.sasl, secrets)


def _token_misfits(login: TokenLogin, secrets: Mapping[str, str]) -> Iterator[Misfit]:
    if bool(login.token_file) == bool(login.token_endpoint):
        yield ("sasl",), "either a `token_file` or a `token_endpoint`"
    elif login.token_endpoint:
        if not login.client_id:
            yield ("sasl",), "a `client_id` for the `token_endpoint`"
        if not login.client_secret_file and CLIENT_SECRET not in secrets:
            yield ("sasl",), f"a `client_secret_file`, or ${CLIENT_SECRET} set"


def located(log: EmbeddedLog | KafkaLog, find: Callable[[Path], Path]) -> EmbeddedLog | KafkaLog:
    """Put where each file is in the place of how it was written."""
    if not isinstance(log, KafkaLog):
        return log
    return log.model_copy(
        update={"tls": log.tls and _found(log.tls, find), "sasl": log.sasl and _found(log.sasl, find)}
    )


def _found(section: Model, find: Callable[[Path], Path]) -> Model:
    return section.model_copy(update={name: find(value) for name, value in section if isinstance(value, Path)})


def _log_shape(data: Any) -> str:
    """Choose the kind that is meant, so that a misspelt kind isn't told key by key."""
    kind = data.get("kind", "sqlite") if isinstance(data, dict) else getattr(data, "kind", "sqlite")
    near = get_close_matches(kind, KINDS, n=1) if isinstance(kind, str) else []
    return "KafkaLog" if near == ["kafka"] else "EmbeddedLog"


AnyLog = Annotated[
    Annotated[EmbeddedLog, Tag("EmbeddedLog")] | Annotated[KafkaLog, Tag("KafkaLog")], Discriminator(_log_shape)
]
