"""A broker that knows its users by password and lets each do only what was granted: its settings, and logins."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from stream.kafka_client import KafkaSettings
from tests.stream.kafka_broker import Broker

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient
    from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

ADMIN = "admin"
USERS = ("emitter", "desk", *(f"user{number}" for number in range(40)))  # brokers read passwords at their start only
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


def password(user: str) -> str:
    """What a user logs in with."""
    return f"{user}-secret"


_KNOWN = " ".join(f'user_{name}="{password(name)}"' for name in (ADMIN, *USERS))
SETTINGS = f"""\
listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.plaintext.plain.sasl.jaas.config={_LOGIN} username="{ADMIN}" password="{password(ADMIN)}" {_KNOWN};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{ADMIN};User:ANONYMOUS
"""


class Grant(NamedTuple):
    """What somebody may do to what, in the words of `kafka-acls.sh`."""

    resource: str  # topic, group, transactional-id, cluster
    pattern: str  # literal, prefixed
    name: str
    operation: str


def client(user: str) -> dict[str, str]:
    """What kafka-python takes to come as this user."""
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": user,
        "sasl_plain_password": password(user),
    }


def properties(user: str) -> str:
    """What Java's client takes to come as this user."""
    login = f'{_LOGIN} username="{user}" password="{password(user)}";'
    return f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config={login}\n"


def librdkafka(user: str) -> str:
    """What kcat takes to come as this user."""
    names = f"sasl.username={user}\nsasl.password={password(user)}\n"
    return f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n{names}"


def settings(broker: Broker, user: str, prefix: str = "") -> KafkaSettings:
    """How the program reaches the broker as this user."""
    return KafkaSettings(
        bootstrap_servers=broker.servers,
        security=client(user),
        topic_prefix=prefix,
        heartbeat=timedelta(milliseconds=300),
        session_timeout=timedelta(seconds=6),
        transaction_timeout=timedelta(seconds=10),
        request_timeout=timedelta(seconds=5),
    )


def grant(broker: Broker, user: str, grants: Iterable[Grant]) -> None:
    """Let the user do these things, and only these."""
    admin = KafkaAdminClient(bootstrap_servers=list(broker.servers), **client(ADMIN))
    try:
        done = admin.create_acls([acl(user, each) for each in grants])
        assert not done["failed"], done
    finally:
        admin.close()


def acl(user: str, each: Grant) -> ACL:
    """Write a grant to a user as kafka-python takes it."""
    resource = ResourcePattern(
        ResourceType[each.resource.upper().replace("-", "_")],
        each.name,
        ACLResourcePatternType[each.pattern.upper()],
    )
    operation = ACLOperation["".join(f"_{c}" if c.isupper() else c for c in each.operation).strip("_").upper()]
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, resource)
