"""Run the demo on the real service."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from armswatch import logs, wiring
from armswatch.clock import utc_now
from armswatch.demo import show
from armswatch.service import Service
from config.loader import load
from core.types import Alert
from delivery.render import alert_text
from stream.log import EventLog

_WIDEST = 110


class DemoService:
    """The service as the demo needs it: started by being made."""

    def __init__(self, directory: Path) -> None:
        self._service = Service(load(directory, _environ()), watch=False)
        self._service.start()

    @property
    def log(self) -> EventLog:
        """The log that it writes to."""
        return self._service.log

    @property
    def topic_ids(self) -> Sequence[str]:
        """The topics that it matches."""
        return wiring.topic_ids(self._service.config)

    def stop(self) -> None:
        """Stop it and close its log."""
        self._service.stop()


def _environ() -> dict[str, str]:
    """Leave out what would lead the demo to the user's own data."""
    return {key: value for key, value in os.environ.items() if not key.startswith("ARMSWATCH_")}


def run(*, seconds: float, keep: bool) -> None:
    """Show the demo on standard output. The service's own log lines are left out: the demo tells its story itself."""
    logs.configure("text", verbose=False, write=lambda _line: None)
    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
    colour = sys.stdout.isatty()

    def render(alert: Alert) -> str:
        return alert_text(alert, width=width, colour=colour, now=utc_now())

    show.run(seconds=seconds, out=sys.stdout, make_service=DemoService, render=render, keep=keep)
