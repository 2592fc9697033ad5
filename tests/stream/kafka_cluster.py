"""Three Kafka brokers that stand in for each other, quick to notice that one is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stream.kafka_broker import GIVEN, Broker, free_ports, identity, skipping

_NODES = (1, 2, 3)
_PROPERTIES = """\
node.id={node}
controller.quorum.voters={voters}
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
default.replication.factor=3
min.insync.replicas=2
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.quorum.fetch.timeout.ms=1500
controller.quorum.election.timeout.ms=500
"""


class Cluster:
    """Three brokers, each a controller too; every topic that asks for it is on all three, two of which must answer."""

    def __init__(self, directory: Path) -> None:
        ports = free_ports(2 * len(_NODES))
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in zip(_NODES, ports[len(_NODES) :], strict=True))
        cluster = identity()
        self.nodes: dict[int, Broker] = {
            node: Broker(
                directory / str(node),
                _PROPERTIES.format(node=node, voters=voters),
                ports=(ports[node - 1], ports[len(_NODES) + node - 1]),
                cluster=cluster,
            )
            for node in _NODES
        }

    @property
    def servers(self) -> Sequence[str]:
        """Where clients find it."""
        return tuple(server for broker in self.nodes.values() for server in broker.servers)

    def start(self) -> None:
        """Start those that don't run and wait until all answer: one alone never does."""
        for broker in self.nodes.values():
            if not broker.runs:
                broker.launch()
        for broker in self.nodes.values():
            broker.await_ready()

    def kill(self) -> None:
        """End all of them at once."""
        for broker in self.nodes.values():
            broker.kill()


@contextmanager
def cluster(directory: Path) -> Iterator[Cluster]:
    """Have a cluster, or skip where there can be none."""
    if GIVEN:
        pytest.skip("KAFKA_BOOTSTRAP_SERVERS names brokers that are not ours to kill")
    with skipping():
        running = Cluster(directory)
    try:
        with skipping():
            running.start()
        yield running
    finally:
        running.kill()
