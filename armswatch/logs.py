"""Log lines: JSON for machines, aligned text on a terminal. Never bodies, never secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.text import terminal_safe

Format = Literal["json", "text"]
_NOISY = ("apscheduler", "httpx", "httpcore", "aiohttp", "asyncio", "watchfiles")


def configure(style: Format, *, verbose: bool, write: Callable[[str], None] | None = None) -> None:
    """Set up logging for the process.

    Args:
        style: `json`, one object a line, or `text`.
        verbose: show debug lines.
        write: takes one finished line; standard error when None.
    """
    level = logging.DEBUG if verbose else logging.INFO
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    final = _renderers(style)
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_factory(write or _to_stderr),
        cache_logger_on_first_use=False,
    )
    _adopt_stdlib(shared, final, write or _to_stderr, verbose=verbose)


def _renderers(style: Format) -> list[structlog.types.Processor]:
    if style == "json":
        return [structlog.processors.JSONRenderer(sort_keys=False, default=str)]
    return [_safe_values, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)]


def _safe_values(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Keep control characters of feeds away from the terminal."""
    return {
        key: terminal_safe(value) if isinstance(value, str) and key != "exception" else value
        for key, value in event.items()
    }


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")  # one write a line: threads must not mix theirs
    sys.stderr.flush()


class _LineLogger:
    """Hands finished lines to a function."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.msg = self.debug = self.info = self.warning = self.error = self.critical = write


def _factory(write: Callable[[str], None]) -> Callable[..., _LineLogger]:
    return lambda *_args: _LineLogger(write)


class _LineHandler(logging.Handler):
    """Takes the log records of libraries into the same lines."""

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        self._write(self.format(record))


def _adopt_stdlib(shared: list[Any], final: list[Any], write: Callable[[str], None], *, verbose: bool) -> None:
    handler = _LineHandler(write)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    # What Kafka's client says of an outage is said better by the stages, and once.
    logging.getLogger("kafka").setLevel(logging.WARNING if verbose else logging.CRITICAL)
