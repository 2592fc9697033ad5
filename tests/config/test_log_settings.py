"""The log's settings: both kinds, from the file and from the environment, and every mistake in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config import environment
from config.loader import Config, load
from config.log_settings import CLIENT_SECRET, SECRETS, EmbeddedLog, KafkaLog, PasswordLogin, Tls, TokenLogin
from config.reload import reload
from core.errors import ConfigError
from tests.config.tree import GOOD, write

KAFKA = "log:\n  kind: kafka\n  bootstrap_servers: [k:9092]\n"


def loaded(directory: Path, log: str, **environ: str) -> Config:
    """Load the good configuration with this log; variables are named without ARMSWATCH_LOG_."""
    named = {f"ARMSWATCH_LOG_{key}": value for key, value in environ.items()}
    files = {**GOOD, **({"armswatch.yaml": log} if log else {})}
    return load(write(directory, files), {"HOME": "/home/desk", **named})


def told(directory: Path, log: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        loaded(directory, log, **environ)
    return [str(mistake) for mistake in error.value.mistakes]


def test_without_a_word_the_log_is_embedded(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").settings.log == EmbeddedLog()
    assert loaded(tmp_path, "log:\n").settings.log == EmbeddedLog()
    assert loaded(tmp_path, "log: {partitions: 2}").settings.log == EmbeddedLog(partitions=2)


def test_a_whole_kafka_log(tmp_path: Path) -> None:
    log = loaded(
        tmp_path,
        """\
log:
  kind: kafka
  bootstrap_servers: [kafka-1.example.org:9093, "[::1]:9093"]
  topic_prefix: desk.
  replication_factor: 2
  min_insync_replicas: 1
  compression: zstd
  partitions: 12
  keep_items: 7d
  session_timeout: 20s
  transaction_timeout: 1m
  request_timeout: 15s
  tls: {ca: ca.pem, certificate: ~/desk.pem, key: /etc/desk.key, key_password_file: secret, verify_host_name: false}
  sasl: {mechanism: SCRAM-SHA-512, user: desk, password_file: password}
""",
    ).settings.log

    assert isinstance(log, KafkaLog)
    assert (log.partitions, log.keep_items, log.transaction_timeout) == (12, timedelta(days=7), timedelta(minutes=1))
    assert log.tls == Tls(
        ca=tmp_path / "ca.pem",
        certificate=Path("/home/desk/desk.pem"),
        key=Path("/etc/desk.key"),
        key_password_file=tmp_path / "secret",
        verify_host_name=False,
    )
    assert log.sasl == PasswordLogin(mechanism="SCRAM-SHA-512", user="desk", password_file=tmp_path / "password")


def test_every_key_can_come_from_the_environment_and_goes_before_the_file(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        KAFKA + "  partitions: 3\n  compression: gzip\n",
        BOOTSTRAP_SERVERS="a:1, b:2",
        PARTITIONS="7",
        REQUEST_TIMEOUT="7s",
        TLS_VERIFY_HOST_NAME="false",
        SASL_MECHANISM="OAUTHBEARER",
        SASL_TOKEN_ENDPOINT="https://id.example.org/token",
        SASL_CLIENT_ID="desk",
        SASL_CLIENT_SECRET="open sesame",
        COMPRESSION="",
    )

    log = config.settings.log
    assert isinstance(log, KafkaLog)
    assert (log.bootstrap_servers, log.partitions, log.compression) == (["a:1", "b:2"], 7, "gzip")
    assert log.tls == Tls(verify_host_name=False)
    assert isinstance(log.sasl, TokenLogin)
    assert config.secrets == {CLIENT_SECRET: "open sesame"}
    assert "open sesame" not in repr(config)


@pytest.mark.parametrize(("word", "tls"), [("true", Tls()), ("on", Tls()), ("false", None), ("", None)])
def test_encryption_as_a_whole_can_be_switched_in_the_environment(tmp_path: Path, word: str, tls: Tls | None) -> None:
    log = loaded(tmp_path, KAFKA, TLS=word).settings.log

    assert isinstance(log, KafkaLog)
    assert log.tls == tls


def test_there_is_a_variable_for_every_key() -> None:
    def leaves(model: Any) -> set[str]:
        return {name for name in model.model_fields if name not in ("tls", "sasl")}

    named = {str(path[-1]) for path in environment.variables().values()}
    assert named == {
        "tls",
        *(name for model in (EmbeddedLog, KafkaLog, Tls, PasswordLogin, TokenLogin) for name in leaves(model)),
    }
    assert not environment.variables().keys() & set(SECRETS)


MISTAKES = [
    ("log: {bootstrap_servers: [a:1]}", "armswatch.yaml:1: log.bootstrap_servers: only with `kind: kafka`"),
    ("log: {kind: kafak, bootstrap_servers: [a:1]}", "armswatch.yaml:1: log.kind: one of sqlite, kafka; did you mean kafka? (got kafak)"),
    ("log: {kind: rabbit}", "armswatch.yaml:1: log.kind: one of sqlite, kafka (got rabbit)"),
    ("log: {kind: kafka}", "armswatch.yaml:1: log.bootstrap_servers: this key is required"),
    (KAFKA + "  topic: x\n", "armswatch.yaml:4: log.topic: one of bootstrap_servers, compression, "),
    (KAFKA + "  topic_prefix: a b\n", "log.topic_prefix: at most 100 letters, digits, dots, dashes and underscores"),
    (KAFKA + "  compression: snappy\n", "log.compression: one of none, gzip, lz4, zstd (got snappy)"),
    (KAFKA + "  replication_factor: 1\n", "log.replication_factor: at least min_insync_replicas (2); with 1, set both"),
    (KAFKA + "  min_insync_replicas: 4\n", "log.min_insync_replicas: at most replication_factor (3) (got 4)"),
    (KAFKA + "  session_timeout: 1s\n", "log.session_timeout: at least 3s (got 1s)"),
    (KAFKA + "  transaction_timeout: 10s\n", "log.transaction_timeout: longer than request_timeout (10s) (got 10s)"),
    (KAFKA + "  request_timeout: 40s\n", "log.request_timeout: shorter than transaction_timeout (30s) (got 40s)"),
    (KAFKA + "  tls: {key: x}\n", "armswatch.yaml:4: log.tls.key: a `certificate` beside it (got x)"),
    (KAFKA + "  tls: {ca: 7}\n", "log.tls.ca: a file (got 7)"),
    (KAFKA + "  tls: {ca: ~bob/x}\n", "log.tls.ca: a file; `~` stands for your own home only"),
    (KAFKA + "  sasl: {user: x}\n", "log.sasl.mechanism: this key is required"),
    (KAFKA + "  sasl: {mechanism: SCRAM, user: x}\n", "log.sasl.mechanism: one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTH"),
    (KAFKA + "  sasl: {mechanism: PLAIN, user: x}\n", "log.sasl: a `password_file`, or $ARMSWATCH_LOG_SASL_PASSWORD set"),
    (KAFKA + "  sasl: {mechanism: PLAIN, user: x, scope: y}\n", "log.sasl.scope: only with `mechanism: OAUTHBEARER`"),
    (
        KAFKA + "  sasl: {mechanism: OAUTHBEARER, user: x}\n",
        "log.sasl.user: only with `mechanism: PLAIN or SCRAM-SHA-256 or SCRAM-SHA-512`",
    ),
    (KAFKA + "  sasl: {mechanism: OAUTHBEARER}\n", "log.sasl: either a `token_file` or a `token_endpoint`"),
    (
        KAFKA + "  sasl: {mechanism: OAUTHBEARER, token_endpoint: 'http://id.example.org/'}\n",
        "log.sasl.token_endpoint: an address that begins with https://",
    ),
    (
        KAFKA + "  sasl: {mechanism: OAUTHBEARER, token_endpoint: 'http://localhost/', client_id: x}\n",
        "log.sasl: a `client_secret_file`, or $ARMSWATCH_LOG_SASL_CLIENT_SECRET set",
    ),
    *(
        (f"log: {{kind: kafka, bootstrap_servers: [{server!r}]}}", "log.bootstrap_servers[0]: a host and a port such as kafka-1.")
        for server in ("kafka", "kafka:0", "kafka:x", "kafka:99999", "kafka:1/x", "http://kafka:1", ":9092", "a b:1")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("log", "wanted"), MISTAKES)
def test_mistakes_are_told_by_line_and_key_with_what_was_wanted(tmp_path: Path, log: str, wanted: str) -> None:
    mistakes = told(tmp_path, log)

    assert len(mistakes) == 1
    assert wanted in mistakes[0]


@pytest.mark.parametrize(
    ("log", "key"),
    [
        (KAFKA + "  sasl: {mechanism: PLAIN, user: x, password: hunter2}\n", "log.sasl.password"),
        (KAFKA + "  sasl: {mechanism: OAUTHBEARER, token_file: x, token: hunter2}\n", "log.sasl.token"),
        (KAFKA + "  sasl: {mechanism: OAUTHBEARER, token_file: x, client_secret: hunter2}\n", "log.sasl.client_secret"),
        (KAFKA + "  tls: {key_password: hunter2}\n", "log.tls.key_password"),
        (KAFKA + "  password: hunter2\n", "log.password"),
        ("log: {kind: kafka, bootstrap_servers: ['x:hunter2@k:1']}", "log.bootstrap_servers[0]"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path, log: str, key: str) -> None:
    mistakes = [mistake for mistake in told(tmp_path, log) if f" {key}: " in mistake]

    assert len(mistakes) == 1
    assert "hunter2" not in mistakes[0]
    assert "secrets never stand in these files" in mistakes[0] or key in ("log.password", "log.bootstrap_servers[0]")


def test_mistakes_of_the_environment_are_told_by_variable_all_at_once(tmp_path: Path) -> None:
    assert told(tmp_path, "polling: {interval: 5}", KIND="kafka", BOOTSTRAP_SERVERS="a", PARTITIONS="x", TLSCA="y") == [
        "$ARMSWATCH_LOG_BOOTSTRAP_SERVERS: log.bootstrap_servers[0]: a host and a port such as kafka-1.example.org:9092 (got a)",
        "$ARMSWATCH_LOG_PARTITIONS: log.partitions: a whole number (got x)",
        "$ARMSWATCH_LOG_TLSCA: a variable that there is; did you mean $ARMSWATCH_LOG_TLS_CA?",
        "armswatch.yaml:1: polling.interval: a duration such as 30s, 15m, 6h or 2d (got 5)",
    ]


def test_changes_of_the_log_are_told_and_need_a_restart(tmp_path: Path) -> None:
    def changed(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        current = loaded(tmp_path, before)
        write(tmp_path, {**GOOD, "armswatch.yaml": after})
        found = reload(current, tmp_path, {"HOME": "/home/desk"})
        return found.changed, found.restart_needed

    assert changed("log: {}", KAFKA) == (("log.kind: sqlite -> kafka",), ("log.kind",))
    assert changed(KAFKA, KAFKA + "  tls: {}\n") == (("log.tls: none -> set anew",), ("log.tls",))
    assert changed(KAFKA + "  tls: {}\n", KAFKA + "  tls: {ca: /x}\n") == (("log.tls.ca: none -> /x",), ("log.tls.ca",))
