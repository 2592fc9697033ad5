"""What goes wrong with Kafka, in the program's words; and its client's log, kept from flooding ours."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import LogError, LogRefused, LogUnavailable, PartitionsLost, UnknownTopic

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import errors

TOO_LATE = (
    errors.CommitFailedError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.RebalanceInProgressError,
    errors.FencedInstanceIdError,
)
REFUSED = (
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.InvalidRecordError,
    errors.InvalidTimestampError,
    errors.InvalidTopicError,
    errors.KafkaConfigurationError,
    errors.UnsupportedVersionError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the client raises as the log's errors."""
    try:
        yield
    except errors.KafkaError as error:
        raise translation(error) from error


def translation(error: BaseException) -> LogError:
    """Say in the program's words what the client said; whatever time may put right is `LogUnavailable`."""
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    if isinstance(error, LogError):
        return error
    if isinstance(error, TOO_LATE):
        return PartitionsLost(f"the group has gone on without this reader ({said})")
    if isinstance(error, errors.UnknownTopicOrPartitionError):
        return UnknownTopic(f"the broker does not know it ({said})")
    if isinstance(error, errors.AuthorizationError):
        return LogRefused(f"the broker does not allow it ({said})")
    if isinstance(error, REFUSED):
        return LogError(f"the broker refuses it ({said})")
    return LogUnavailable(f"Kafka does not answer as it should ({said})")


class Sparing(logging.Filter):
    """Lets each kind of message through once in a while, with the number of those kept back."""

    def __init__(self, every: float) -> None:
        super().__init__()
        self._every = every
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter.filter`."""
        kind = record.name, record.levelno, str(record.msg)[:40]
        now = time.monotonic()
        last, kept = self._seen.get(kind, (-self._every, 0))
        if now - last < self._every:
            self._seen[kind] = last, kept + 1
            return False
        self._seen[kind] = now, 0
        said = record.getMessage()
        if record.exc_info and record.exc_info[1]:  # without its traceback, which is of the client's inner parts
            said += f": {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        if kept:
            said += f" ({kept} more like it)"
        record.msg, record.args, record.exc_info = said, None, None
        return True


_sparing = Sparing(30)


def quieten() -> None:
    """Rate-limit what the client logs: an outage alone brings hundreds of lines a minute from it."""
    for name in [name for name in logging.root.manager.loggerDict if name == "kafka" or name.startswith("kafka.")]:
        logging.getLogger(name).addFilter(_sparing)  # a filter holds for its own logger only; adding twice is once
