"""Opens the log for the service, and waits for one that is away."""

from __future__ import annotations

import threading
import time

import structlog

from armswatch import wiring
from armswatch.notify import Notifier
from armswatch.wiring import Clock
from config.loader import Config
from core.errors import LogUnavailable
from stream.log import EventLog

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0
_SAID_EVERY_S = 60.0
_PATIENCE_S = 120.0  # a try and the pause after it are over long before
_log = structlog.get_logger("service")


class Stopped(Exception):
    """It was to stop before there was a log."""


def wait_for_log(config: Config, clock: Clock, stopping: threading.Event, notifier: Notifier | None = None) -> EventLog:
    """Open the log; while it is away, say why now and then, and try again.

    Raises:
        Stopped: `stopping` was set meanwhile.
        ArmswatchError: what waiting does not help.
    """
    manager = notifier or Notifier()
    pause = _FIRST_PAUSE_S
    said, until = "", 0.0
    while True:
        try:
            log = wiring.open_log(config, clock)
        except LogUnavailable as error:
            if str(error) != said or time.monotonic() >= until:
                said, until = str(error), time.monotonic() + _SAID_EVERY_S
                _log.warning("log_unavailable", why=said, next="tried again until it is there; nothing is polled")
            manager.starting(str(error), _PATIENCE_S)
        else:
            if said:
                _log.info("log_back")
            return log
        if stopping.wait(pause):
            raise Stopped
        pause = min(2 * pause, _LONGEST_PAUSE_S)
