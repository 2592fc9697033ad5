"""Tells in words what is wrong between this machine and a Kafka cluster, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from stream.kafka_probe import Reached, probe
from stream.kafka_reach import Broken
from stream.kafka_security import Security

_TIMEOUT_S = 5.0


def probe_all(servers: Sequence[str], security: Security) -> dict[str, Reached | Broken]:
    """Come to each of these brokers, all at once."""
    with ThreadPoolExecutor(max_workers=len(servers), thread_name_prefix="kafka-probe") as pool:
        return dict(zip(servers, pool.map(lambda server: _probed(server, security), servers), strict=True))


def _probed(server: str, security: Security) -> Reached | Broken:
    try:
        return probe(server, security, _TIMEOUT_S)
    except Broken as broken:
        return broken


def why_unreachable(servers: Sequence[str], security: Security) -> Broken | None:
    """Say why none of these brokers lets us in, with its name first; None when one does.

    What waiting does not help goes before what it may.
    """
    found = probe_all(servers, security)
    if any(isinstance(each, Reached) for each in found.values()):
        return None
    broken = [(server, each) for server, each in found.items() if isinstance(each, Broken)]
    server, first = min(broken, key=lambda each: not each[1].lasting)
    return Broken(first.rung, f"{server}: {first.says}", lasting=first.lasting)
