"""The shapes of `armswatch.yaml` and `feeds.yaml`.

Every key has a type, a default and a sentence; schemas and reference are made from here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from config import values
from config.duration import Duration, PositiveDuration, format_duration
from config.log_settings import RESTART, AnyLog, EmbeddedLog
from config.log_settings import Log as Log  # noqa: PLC0414 - part of what this module offers
from config.topic import Model

FeedKind = Literal[
    "wire", "newspaper", "broadcaster", "state_media", "think_tank", "government", "trade_press", "aggregator", "other"
]


class Polling(Model):
    """When feeds are polled, and how much is taken of each."""

    interval: PositiveDuration = Field(
        default=timedelta(minutes=15), description="Time between two polls of a feed that has no interval of its own."
    )
    min_interval: PositiveDuration = Field(
        default=timedelta(minutes=2), description="No feed is polled more often than this."
    )
    max_interval: PositiveDuration = Field(
        default=timedelta(hours=6), description="No feed is polled less often than this, however it fails."
    )
    deadline: PositiveDuration = Field(
        default=timedelta(seconds=30),
        description="Wall clock for one poll: connect, headers and body, redirects included.",
    )
    concurrency: int = Field(default=50, ge=1, le=1000, description="Polls under way at once.")
    per_host: int = Field(default=2, ge=1, le=100, description="Polls under way at once on one host.")
    max_body_bytes: int = Field(
        default=10_000_000, ge=1000, le=1_000_000_000, description="Largest document, after decompression."
    )
    max_entries: int = Field(
        default=2000, ge=1, le=100_000, description="Entries taken of one document; the rest is counted as cut."
    )
    max_title_chars: int = Field(
        default=1000, ge=10, le=1_000_000, description="A longer title is cut, and counted as cut."
    )
    max_summary_chars: int = Field(
        default=20_000, ge=10, le=1_000_000, description="A longer summary is cut, and counted as cut."
    )
    backlog_age: Duration = Field(
        default=timedelta(days=2),
        description="Older (or undated) entries of a feed's first poll are backlog and alert no one.",
    )
    parse_processes: int = Field(
        default=1, ge=1, le=64, description="Worker processes that parse documents.", json_schema_extra=RESTART
    )
    parse_cpu: PositiveDuration = Field(
        default=timedelta(seconds=10),
        description="CPU time for one document; past it the worker is replaced.",
        json_schema_extra=RESTART,
    )
    parse_memory_bytes: int = Field(
        default=1_000_000_000,
        ge=100_000_000,
        le=1_000_000_000_000,
        description="Address space of a parse worker.",
        json_schema_extra=RESTART,
    )
    remember: PositiveDuration = Field(
        default=timedelta(days=60), description="How long an entry that has left its document is still known."
    )

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Name the keys that don't fit together, each with what is wanted of it."""
        for lesser, greater in _IN_ORDER:
            low, high = getattr(self, lesser), getattr(self, greater)
            if low > high:
                if _blamed(lesser, greater, self.model_fields_set) == lesser:
                    yield lesser, f"at most {greater} ({_shown(high)})"
                else:
                    yield greater, f"at least {lesser} ({_shown(low)})"


_IN_ORDER = (
    ("min_interval", "max_interval"),
    ("interval", "max_interval"),
    ("min_interval", "interval"),
    ("per_host", "concurrency"),
)


def _blamed(lesser: str, greater: str, written: Collection[str]) -> str:
    """Blame the key that was written rather than the default that it doesn't fit; where both were, the usual one."""
    if lesser in written and greater in written:
        return greater if greater == "interval" else lesser
    return lesser if lesser in written else greater


def _shown(value: timedelta | int) -> str:
    return format_duration(value) if isinstance(value, timedelta) else str(value)


class Network(Model):
    """How feeds are reached."""

    allow_private: list[Annotated[str, AfterValidator(values.private_host)]] = Field(
        default=[],
        description="Host names, addresses or CIDR ranges that may be private. Every other private address is refused.",
    )
    user_agent: Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(values.user_agent)] = (
        Field(
            default="Armswatch/{version} (+{contact})",
            description="How the program names itself; parentheses around {contact} fall away without one.",
        )
    )
    contact: Annotated[str, StringConstraints(max_length=200), AfterValidator(values.header_text)] = Field(
        default="",
        description="Where a publisher can reach you: a mail address or the URL of a page. Please set it.",
    )

    def user_agent_for(self, version: str) -> str:
        """Fill in the user agent for this version of the program."""
        text = self.user_agent
        if not self.contact:
            text = re.sub(r"\s*\([^()]*\{contact\}[^()]*\)", "", text)
        return text.format(version=version, contact=self.contact).strip()


class Alerts(Model):
    """What becomes an alert."""

    likeness: float = Field(
        default=0.6, gt=0, le=1, description="Share of common text from which two items are copies of each other."
    )
    copy_window: Duration = Field(
        default=timedelta(days=7), description="How long an item that was alerted silences its copies."
    )


def _data_dir(value: Any) -> Any:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a directory")
    values.one_line(value)
    if value.startswith("~") and value != "~" and not value.startswith("~/"):
        raise ValueError("a directory; `~` stands for your own home only")
    return Path(value)


Directory = Annotated[Path, BeforeValidator(_data_dir), WithJsonSchema({"type": "string", "minLength": 1})]


class Settings(Model):
    """`armswatch.yaml`: how the program works. Every key may be left out, and so may the file."""

    data_dir: Directory | None = Field(
        default=None,
        description=(
            "Where the log and the archive live; relative to the configuration directory, `~` is your home. "
            "By default $STATE_DIRECTORY, else armswatch in $XDG_STATE_HOME or ~/.local/state. "
            "$ARMSWATCH_DATA_DIR overrides it."
        ),
        json_schema_extra=RESTART,
    )
    log: AnyLog = Field(
        default=EmbeddedLog(), description="The event log, on which everything is kept: embedded, or on Kafka."
    )
    polling: Polling = Polling()
    network: Network = Network()
    alerts: Alerts = Alerts()

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, data: Any) -> Any:
        """Take a key with nothing after it for one left out: that is what a section of comments looks like."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class Feed(Model):
    """One feed of `feeds.yaml`."""

    url: Annotated[
        str, AfterValidator(values.feed_url), WithJsonSchema({"type": "string", "pattern": r"^https?://\S+$"})
    ] = Field(
        description="Its address, http or https. As written it is the feed's identity: another address is another feed."
    )
    name: Annotated[str, AfterValidator(values.one_line)] = Field(
        default="", max_length=200, description="The outlet, as alerts show it; the host where empty."
    )
    language: Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3})?$")] = Field(
        default="", description="ISO 639 code of its language, such as `en` or `ko`."
    )
    country: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = Field(
        default="", description="ISO 3166 code of the outlet's country, such as `KR`."
    )
    kind: FeedKind = Field(default="other", description="What sort of outlet it is. Alerts mark state media.")
    origin: Annotated[str, AfterValidator(values.one_line)] = Field(
        default="",
        max_length=100,
        description="A name that outlets share which carry the same copy: together they count as one origin.",
    )
    interval: PositiveDuration | None = Field(
        default=None, description="Time between two polls; `polling.interval` where left out."
    )
    enabled: bool = Field(default=True, description="`false` keeps the entry here but does not poll it.")


class FeedsFile(Model):
    """`feeds.yaml`: what is watched."""

    feeds: list[Feed] = Field(min_length=1, description="The feeds, at least one of them enabled.")
