"""A data directory on which the service has done a round: seven items, five of them on topic, in several partitions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from armswatch import wiring
from armswatch.clock import utc_now
from armswatch.service import Service
from config.loader import Config, load
from stream.log import EventLog
from tests.e2e.program import write_config
from tests.e2e.sample import rss, shells, weather
from tests.feedserver import FeedServer, Reply

TOPIC = "armswatch.alerts.russia-dprk-arms"


def configured(directory: Path, log: str = "", urls: tuple[str, ...] = ("http://127.0.0.1:9/a.xml",)) -> Config:
    """Write a configuration, with these lines on the log; load it."""
    write_config(directory, urls)
    if log:
        with (directory / "armswatch.yaml").open("a") as file:
            file.write(f"log: {log}\n")
    return load(directory, {"HOME": str(directory)})


def polled(directory: Path) -> Config:
    """Have a round done by the real service."""
    with FeedServer() as server:
        server.route("/a.xml", Reply(rss([*map(shells, range(1, 6)), weather(1), weather(2)])))
        config = configured(directory, urls=(server.url("/a.xml"),))
        a_round(config)
    return config


def a_round(config: Config, *only: str) -> None:
    """Do one round of these stages, or of all."""
    service = Service(config, only=only, watch=False)
    try:
        service.once()
    finally:
        service.stop()


def alerts(log: EventLog) -> list[bytes]:
    """Every alert on the log, in order."""
    partitions = sorted(info.source for info in log.describe() if info.source.topic == TOPIC)
    return [record.value or b"" for source in partitions for record in log.scan(source)]


def positions(config: Config) -> Mapping[str, Mapping[str, int]]:
    """Where each group stands, by partition."""
    with closing(wiring.read_log(config)) as log:
        return {
            group: {f"{source.topic}/{source.partition}": at for source, at in log.positions(group).items()}
            for group in log.groups()
        }


def opened(config: Config) -> closing[EventLog]:
    """Open the log as its service would."""
    return closing(wiring.open_log(config, utc_now))
