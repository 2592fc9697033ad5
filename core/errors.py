"""Every error the program raises on purpose, split by who must act.

ArmswatchError
├── UserError                something the user can put right
│   ├── ConfigError          the configuration (carries every mistake found)
│   ├── AlreadyRunning       a second service on the same data
│   └── StorageUnusable      data directory or log file: missing rights, corrupt, of another version
├── LogError                 the event log
│   ├── LogUnavailable       for now: full disk, locked, broker away; try again
│   ├── LogRefused           the cluster does not let us in, or not do what we must, as configured
│   ├── PartitionsLost       the reader no longer owns what it wants to commit; its work must be dropped
│   ├── PartitionMismatch    a topic exists with another number of partitions
│   └── UnknownTopic         a topic that was never created
└── CodecError               bytes that are not a record of ours
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class ArmswatchError(Exception):
    """Base of every error raised on purpose."""


class UserError(ArmswatchError):
    """Something the user can put right: says what is wrong, where, and what to do."""

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what} {remedy}".strip())


class Mistake(NamedTuple):
    """One mistake in the configuration."""

    file: str
    line: int | None  # from 1
    key: str  # dotted path, e.g. feeds[3].url; empty for the file as a whole
    value: str  # as written, shortened; empty when there is none
    wanted: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        got = f" (got {self.value})" if self.value else ""
        what = f"{self.key}: " if self.key else ""
        return f"{where}: {what}{self.wanted}{got}"


class ConfigError(UserError):
    """The configuration is wrong; `mistakes` has all of them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        head = f"{count} mistake{'s' if count != 1 else ''} in the configuration:"
        super().__init__("\n".join([head, *(f"  {mistake}" for mistake in self.mistakes)]))


class AlreadyRunning(UserError):
    """Another service holds the same data directory."""


class StorageUnusable(UserError):
    """The data directory or a file in it cannot be used."""


class LogError(ArmswatchError):
    """Something about the event log."""


class LogUnavailable(LogError):
    """The log cannot be reached or written for now; nothing was written. Try again."""


class LogRefused(LogError):
    """The cluster does not let us in or not do what we must: somebody has to put the configuration or grants right."""


class PartitionsLost(LogError):
    """The reader no longer owns a partition it wants to commit to; nothing was written."""


class PartitionMismatch(LogError):
    """A topic exists with a number of partitions other than the one asked for."""


class UnknownTopic(LogError):
    """A topic that was never created."""


class CodecError(ArmswatchError):
    """Bytes that are not a record of the wanted kind."""

    def __init__(self, kind: str, why: str) -> None:
        self.kind = kind
        super().__init__(f"not a valid {kind} record: {why}")
