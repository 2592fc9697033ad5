"""Tells in words what is wrong between this machine and a Kafka cluster, and what to do. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TypeVar

from core.errors import LogError
from stream.kafka_client import KafkaSettings
from stream.kafka_probe import Reached, probe
from stream.kafka_reach import Broken, reach
from stream.kafka_security import PasswordLogin, Security
from stream.kafka_survey import Finding, survey
from stream.log import TopicSpec

T = TypeVar("T")
_TIMEOUT_S = 5.0


def diagnose(
    settings: KafkaSettings, security: Security, specs: Sequence[TopicSpec], groups: Sequence[str]
) -> list[Finding]:
    """Look at everything between us and the cluster, from the first broker's name to the last grant.

    Args:
        settings: how the cluster is reached.
        security: what the brokers are come to with.
        specs: the topics as they are to be.
        groups: the groups that will read, named as the program does.
    """
    probed = _probed(settings.bootstrap_servers, security)
    reached = [each for each in probed.values() if isinstance(each, Reached)]
    found = [_of_broker(server, each, others=bool(reached)) for server, each in probed.items()]
    if not reached:
        return found
    found += _of_advertised({broker for each in reached for broker in each.brokers} - set(settings.bootstrap_servers))
    there = tuple(server for server, each in probed.items() if isinstance(each, Reached))
    try:
        with closing(replace(settings, bootstrap_servers=there).admin()) as admin:
            found += survey(admin, settings, specs, groups, _who(security))
    except LogError as error:
        found.append(Finding("cluster", "failed", str(error)))
    return found


def why_unreachable(servers: Sequence[str], security: Security) -> Broken | None:
    """Say why none of these brokers lets us in, with its name first; None when one does.

    What waiting does not help goes before what it may.
    """
    found = _probed(servers, security)
    if any(isinstance(each, Reached) for each in found.values()):
        return None
    broken = [(server, each) for server, each in found.items() if isinstance(each, Broken)]
    server, first = min(broken, key=lambda each: not each[1].lasting)
    return Broken(first.rung, f"{server}: {first.says}", lasting=first.lasting)


def _probed(servers: Sequence[str], security: Security) -> dict[str, Reached | Broken]:
    return _at_once(servers, lambda server: probe(server, security, _TIMEOUT_S))


def _at_once(servers: Sequence[str], look: Callable[[str], T]) -> dict[str, T | Broken]:
    """Look at all of them at the same time."""

    def caught(server: str) -> T | Broken:
        try:
            return look(server)
        except Broken as broken:
            return broken

    with ThreadPoolExecutor(max_workers=max(len(servers), 1), thread_name_prefix="kafka-probe") as pool:
        return dict(zip(servers, pool.map(caught, servers), strict=True))


def _of_broker(server: str, found: Reached | Broken, *, others: bool) -> Finding:
    if isinstance(found, Reached):
        return Finding(f"broker {server}", "ok", found.says)
    return Finding(f"broker {server}", "warning" if others and not found.lasting else "failed", found.says)


def _of_advertised(servers: set[str]) -> Iterator[Finding]:
    found = _at_once(sorted(servers), lambda server: reach(server, _TIMEOUT_S))
    for server, broken in found.items():
        if isinstance(broken, Broken):
            says = (
                f"the cluster sends its clients here (`advertised.listeners` of that broker), and from this machine "
                f"{broken.says}"
            )
            yield Finding(f"broker {server}", "failed", says)


def _who(security: Security) -> str:
    if isinstance(security.login, PasswordLogin):
        return f"the user {security.login.user}"
    if security.login:
        return "the token's owner"
    return "our certificate" if security.tls and security.tls.certificate else "who comes without a login"
