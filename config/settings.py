"""The shapes of `armswatch.yaml` and `feeds.yaml`. Every key has a type, a default and a sentence; the reference is made from here."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, StringConstraints

from config.topic import Model

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_duration(value: Any) -> Any:
    """Read `30s`, `15m`, `6h`, `2d`, `1h30m`; leave anything that isn't text to pydantic."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"(\d+(\.\d+)?(ms|[smhdw]))+", value):
        raise ValueError("a duration such as 30s, 15m, 6h or 2d")
    return timedelta(seconds=sum(float(n) * _UNITS[u] for n, _, u in re.findall(r"(\d+(\.\d+)?)(ms|[smhdw])", value)))


Duration = Annotated[timedelta, BeforeValidator(parse_duration, json_schema_input_type=str)]

FeedKind = Literal[
    "wire", "newspaper", "broadcaster", "state_media", "think_tank", "government", "trade_press", "aggregator", "other"
]


class Log(Model):
    """The event log."""

    kind: Literal["sqlite"] = Field(default="sqlite", description="`sqlite`: embedded, in the data directory.")
    partitions: int = Field(
        default=4, ge=1, le=1024, description="Partitions of each topic; fixed when the log is made."
    )
    keep_items: Duration = Field(default=timedelta(days=30), description="How long items stay on the log.")
    keep_alerts: Duration = Field(
        default=timedelta(days=1825), description="How long matches, alerts and dead letters stay."
    )


class Polling(Model):
    """When feeds are polled."""

    interval: Duration = Field(default=timedelta(minutes=15), description="Where a feed has none of its own.")
    min_interval: Duration = Field(default=timedelta(minutes=2), description="Never more often than this.")
    max_interval: Duration = Field(default=timedelta(hours=6), description="Never less often, however a feed fails.")
    deadline: Duration = Field(
        default=timedelta(seconds=30), description="Wall clock for connect, headers and body, redirects included."
    )
    concurrency: int = Field(default=50, ge=1, le=1000, description="Polls at once.")
    per_host: int = Field(default=2, ge=1, le=100, description="Polls at once on one host.")
    max_body_bytes: int = Field(default=10_000_000, ge=1000, description="Largest document, after decompression.")
    max_entries: int = Field(
        default=2000, ge=1, description="Entries taken of one document; the rest is counted as cut."
    )
    max_title_chars: int = Field(default=1000, ge=10)
    max_summary_chars: int = Field(default=20_000, ge=10)
    backlog_age: Duration = Field(
        default=timedelta(days=2),
        description="At the first poll of a feed, entries older than this (or without a date) are backlog and alert no one.",
    )
    parse_processes: int = Field(default=1, ge=1, le=64, description="Worker processes that parse.")
    parse_cpu: Duration = Field(
        default=timedelta(seconds=10), description="CPU time for one document; then the worker is replaced."
    )
    parse_memory_bytes: int = Field(
        default=1_000_000_000, ge=100_000_000, description="Address space of a parse worker."
    )
    remember: Duration = Field(
        default=timedelta(days=60), description="How long an entry that left the document is still known."
    )


class Network(Model):
    """How feeds are reached."""

    allow_private: list[str] = Field(
        default=[],
        description="Hosts, addresses or CIDR ranges that may be private. All other private addresses are refused.",
    )
    user_agent: str = Field(
        default="Armswatch/{version} (+{contact})", description="With {version} and {contact} filled in."
    )
    contact: str = Field(
        default="https://armswatch.invalid/contact", description="Where a publisher can reach you: an address or URL."
    )


class Alerts(Model):
    """What becomes an alert."""

    likeness: float = Field(
        default=0.6, gt=0, le=1, description="Share of common text from which two items are copies."
    )
    copy_window: Duration = Field(
        default=timedelta(days=7), description="How long an alerted item silences its copies."
    )


class Settings(Model):
    """`armswatch.yaml`."""

    data_dir: Path | None = Field(default=None, description="Where the log and the archive live.")
    log: Log = Log()
    polling: Polling = Polling()
    network: Network = Network()
    alerts: Alerts = Alerts()


class Feed(Model):
    """One feed of `feeds.yaml`."""

    url: AnyHttpUrl
    name: str = Field(default="", max_length=200, description="The outlet; the host where empty.")
    language: Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3})?$")] = ""
    country: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    kind: FeedKind = "other"
    origin: str = Field(default="", max_length=100, description="Group of outlets that share copy.")
    interval: Duration | None = Field(default=None, description="Its own polling interval.")


class FeedsFile(Model):
    """`feeds.yaml`."""

    feeds: list[Feed] = Field(min_length=0)
