"""One broker with a listener for every way of coming to it, an authorizer, and certificates of its own authority."""

from __future__ import annotations

import base64
import json
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from stream.kafka_client import KafkaSettings
from stream.kafka_security import PasswordLogin, PasswordMechanism, Secret, Security, Tls, TokenFile, TokenLogin
from tests.stream.kafka_broker import Broker, free_ports, skipping

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient
    from kafka.admin import UserScramCredentialUpsertion

PASSWORD = "correct horse"
REAUTH_S = 3
_LISTENERS = ("PLAINTEXT", "LOGIN", "TLS", "MUTUAL", "TOKEN", "EXPIRED", "OTHERHOST", "TLSLOGIN", "ASTRAY", "REAUTH")
_SECURITY = {
    "PLAINTEXT": "PLAINTEXT",
    "LOGIN": "SASL_PLAINTEXT",
    "TLS": "SSL",
    "MUTUAL": "SSL",
    "TOKEN": "SASL_PLAINTEXT",
    "EXPIRED": "SSL",
    "OTHERHOST": "SSL",
    "TLSLOGIN": "SASL_SSL",
    "REAUTH": "SASL_PLAINTEXT",  # wants the login again every few seconds
    "ASTRAY": "PLAINTEXT",  # sends its clients where nobody is
}
_COMMON = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Secured:
    """A broker that runs, and what it takes to come to it."""

    broker: Broker
    ports: dict[str, int]
    ca: Path
    other_ca: Path
    client: Path  # certificate and key in one file
    stranger: Path  # one of another authority
    directory: Path

    def server(self, listener: str) -> str:
        """Where a listener is."""
        return f"127.0.0.1:{self.ports[listener]}"

    def settings(self, listener: str, security: Security) -> KafkaSettings:
        """Come to a listener so."""
        return KafkaSettings(
            bootstrap_servers=(self.server(listener),),
            security=security.client_arguments(),
            request_timeout=timedelta(seconds=5),
            session_timeout=timedelta(seconds=6),
        )

    def set_password(self, user: str, password: str) -> None:
        """Let a user come by SCRAM with this password."""
        admin = KafkaAdminClient(bootstrap_servers=[self.server("PLAINTEXT")])
        try:
            done = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, "SCRAM-SHA-256", password)])
            assert set(done.values()) == {None}, done
        finally:
            admin.close()

    def tls(self, **changes: object) -> Tls:
        """TLS as it is right for this broker, but for these changes."""
        return replace(Tls(ca=self.ca), **changes)  # type: ignore[arg-type]

    def token(self, *, seconds: float = 3600) -> TokenLogin:
        """A login by a token that is good for so long."""
        file = self.directory / f"token{seconds:g}"
        file.write_text(unsigned_token("carol", seconds) + "\n")
        return TokenLogin(TokenFile(file))

    def no_token(self) -> TokenLogin:
        """A login by a token that is not there."""
        return TokenLogin(TokenFile(self.directory / "no-token"))


def login(mechanism: PasswordMechanism = "PLAIN", user: str = "alice", password: str = PASSWORD) -> PasswordLogin:
    """A login by password; right by default."""
    return PasswordLogin(mechanism, user, Secret(value=password))


def unsigned_token(subject: str, seconds: float) -> str:
    """Make a token as the broker's test module takes it: nobody has signed it."""
    now = time.time()
    parts = ({"alg": "none"}, {"sub": subject, "iat": now - 10, "exp": now + seconds})
    head, claims = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{claims}."


@contextmanager
def secured_broker(directory: Path) -> Iterator[Secured]:
    """Have one."""
    with skipping():
        made = _made(directory)
        made.broker.start()
    try:
        made.set_password("alice", PASSWORD)
        yield made
    finally:
        made.broker.stop()


def _made(directory: Path) -> Secured:
    directory.mkdir(parents=True, exist_ok=True)
    authority, other = trustme.CA(), trustme.CA()
    names = {"ca.pem": authority.cert_pem, "other.pem": other.cert_pem}
    for name, blob in names.items():
        blob.write_to_path(str(directory / name))
    past = datetime.now(UTC) - timedelta(days=1)
    stores = {
        "TLS": authority.issue_cert("127.0.0.1"),
        "MUTUAL": authority.issue_cert("127.0.0.1"),
        "TLSLOGIN": authority.issue_cert("127.0.0.1"),
        "OTHERHOST": authority.issue_cert("kafka.example.org"),
        "EXPIRED": authority.issue_cert("127.0.0.1", not_before=past - timedelta(days=9), not_after=past),
    }
    for name, cert in {
        **stores,
        "client": authority.issue_cert("desk.example.org"),
        "stranger": other.issue_cert("x.example.org"),
    }.items():
        (directory / f"{name}.pem").write_bytes(_pem(cert))
    ports = dict(zip(_LISTENERS, free_ports(len(_LISTENERS)), strict=True))
    controller, main = free_ports(2)
    broker = Broker(directory / "broker", _properties(directory, ports, stores, controller), ports=(main, controller))
    broker.port = ports["PLAINTEXT"]
    broker.servers = (f"127.0.0.1:{broker.port}",)
    return Secured(
        broker,
        ports,
        directory / "ca.pem",
        directory / "other.pem",
        directory / "client.pem",
        directory / "stranger.pem",
        directory,
    )


def _address(listener: str, ports: dict[str, int]) -> str:
    return f"{listener}://127.0.0.1:{ports[listener]}"


def _pem(cert: trustme.LeafCert) -> bytes:
    """Write key and certificates into one, the key as Java reads it."""
    key = load_pem_private_key(cert.private_key_pem.bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + b"".join(
        blob.bytes() for blob in cert.cert_chain_pems
    )


def _properties(directory: Path, ports: dict[str, int], stores: dict[str, trustme.LeafCert], controller: int) -> str:
    where = ",".join(_address(name, ports) for name in ports)
    kinds = ",".join(f"{name}:{kind}" for name, kind in _SECURITY.items())
    lines = [
        f"listeners={where},CONTROLLER://127.0.0.1:{controller}",
        f"advertised.listeners={where.replace(_address('ASTRAY', ports), 'ASTRAY://astray.invalid:9092')}",
        f"listener.security.protocol.map={kinds},CONTROLLER:PLAINTEXT",
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found=false",
        "super.users=User:ANONYMOUS;User:root",
        "message.max.bytes=900000",
        "ssl.truststore.type=PEM",
        f"ssl.truststore.location={directory / 'ca.pem'}",
    ]
    for name in stores:
        lines += [
            f"listener.name.{name.lower()}.ssl.keystore.type=PEM",
            f"listener.name.{name.lower()}.ssl.keystore.location={directory / name}.pem",
        ]
    lines.append("listener.name.mutual.ssl.client.auth=required")
    users = " ".join(f'user_{user}="{PASSWORD}"' for user in ("alice", "bob"))
    for name in ("login", "tlslogin", "reauth"):
        lines += [
            f"listener.name.{name}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256",
            f"listener.name.{name}.plain.sasl.jaas.config={_COMMON}.plain.PlainLoginModule required {users};",
            f"listener.name.{name}.scram-sha-256.sasl.jaas.config={_COMMON}.scram.ScramLoginModule required;",
        ]
    lines.append(f"listener.name.reauth.scram-sha-256.connections.max.reauth.ms={REAUTH_S * 1000}")
    module = f"{_COMMON}.oauthbearer.OAuthBearerLoginModule"
    lines += [
        "listener.name.token.sasl.enabled.mechanisms=OAUTHBEARER",
        f'listener.name.token.oauthbearer.sasl.jaas.config={module} required unsecuredLoginStringClaim_sub="broker";',
    ]
    return "\n".join(lines) + "\n"
