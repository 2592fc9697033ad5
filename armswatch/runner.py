"""Run the service in the foreground: signals, the screen, and the end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Collection
from datetime import timedelta
from types import FrameType
from typing import Literal

import structlog
from rich.console import Console

from armswatch import logs, opening, wiring
from armswatch.clock import utc_now
from armswatch.exits import Exit
from armswatch.live import LiveView
from armswatch.service import Service
from armswatch.tap import Tap
from armswatch.vitals import Vitals
from config.loader import Config
from core.types import Alert
from stream.log import EventLog

Style = Literal["live", "json", "text"]
_STATUS_EVERY_S = 60.0
_FIRST_STATUS_S = 5.0
_log = structlog.get_logger("run")


def style_of(asked: str, *, live: bool) -> Style:
    """Choose how to show the service at work; `auto` is live where that is possible, else JSON lines."""
    if asked == "auto":
        return "live" if live else "json"
    return "json" if asked == "json" else "live" if asked == "live" else "text"


class Signals:
    """SIGTERM and SIGINT ask to stop, SIGHUP to reload. A second SIGINT ends at once."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.reload = threading.Event()
        self.wake = threading.Event()

    def install(self) -> None:
        """Take over the signals; main thread only."""
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        if self.stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.stop.set()
        self.wake.set()

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self.reload.set()
        self.wake.set()


def run(config: Config, *, only: Collection[str], style: Style, verbose: bool) -> Exit:
    """Run until a signal or a failure; returns when everything is drained and closed."""
    logs.configure("json" if style == "json" else "text", verbose=verbose)
    signals = Signals()
    signals.install()
    try:
        if style == "live":
            return _run_live(config, only, signals, verbose)
        return _run_plain(config, only, signals)
    except opening.Stopped:
        return Exit.OK


def _run_plain(config: Config, only: Collection[str], signals: Signals) -> Exit:
    service = Service(config, only=only, opening=_waiting(signals))
    vitals = Vitals(service, clock=utc_now)

    def alert_raised(alert: Alert) -> None:
        vitals.alert_raised()
        _log_alert(alert)

    # On Kafka each process would tell every alert; the ones that raise them are enough.
    tap = _tap(service, alert_raised) if "alert" in (only or wiring.STAGES) else None
    try:
        service.start()
        if tap:
            tap.start()
        _loop(service, signals, vitals, _status_logger(service))
    finally:
        vitals.stopping()
        if tap:
            tap.stop()
        service.stop()
    return Exit.FAILED if service.failed() else Exit.OK


def _run_live(config: Config, only: Collection[str], signals: Signals, verbose: bool) -> Exit:
    view = LiveView(Console())
    service = Service(config, only=only, observe=view.poll_done, opening=_waiting(signals))
    vitals = Vitals(service, clock=utc_now)
    view.attach(service)
    logs.configure("text", verbose=verbose, write=view.log_line)
    tap = Tap(
        service.log,
        lambda: wiring.topic_ids(service.config),
        on_alert=lambda alert: view.alert_raised(alert, utc_now()),
        on_match=view.match_found,
    )
    try:
        service.start()
        tap.start()
        with view:
            _loop(service, signals, vitals, lambda: None)
            view.log_line("Stopping: finishing what is in hand ...")
    finally:
        vitals.stopping()
        tap.stop()
        service.stop()
    return Exit.FAILED if service.failed() else Exit.OK


def _waiting(signals: Signals) -> Callable[[Config, wiring.Clock], EventLog]:
    return lambda config, clock: opening.wait_for_log(config, clock, signals.stop)


def _tap(service: Service, on_alert: Callable[[Alert], None]) -> Tap:
    return Tap(service.log, lambda: wiring.topic_ids(service.config), on_alert=on_alert, on_match=lambda _match: None)


def _loop(service: Service, signals: Signals, vitals: Vitals, every_second: Callable[[], None]) -> None:
    vitals.ready()
    while not signals.stop.is_set() and not service.failed():
        signals.wake.wait(1.0)
        signals.wake.clear()
        service.watch_clock()
        if signals.reload.is_set():
            signals.reload.clear()
            vitals.reloading()
            service.reload()
            vitals.ready()
        vitals.beat()
        every_second()


def _log_alert(alert: Alert) -> None:
    _log.info(
        "alert", topic=alert.data.topic, what=alert.data.level, headline=alert.data.headline,
        score=round(alert.data.score, 3), facets=list(alert.data.facets), link=alert.data.link, id=alert.id,
    )  # fmt: skip


def _status_logger(service: Service) -> Callable[[], None]:
    """Log a status line after a few seconds, then each minute."""
    due = utc_now() + timedelta(seconds=_FIRST_STATUS_S)

    def tell() -> None:
        nonlocal due
        now = utc_now()
        if due - now > timedelta(seconds=_STATUS_EVERY_S):
            due = now  # the clock was set back
        if now < due:
            return
        due = now + timedelta(seconds=_STATUS_EVERY_S)
        status = service.status()
        feeds = status.ingest._asdict() if status.ingest else {}
        _log.info("status", **feeds, stages={name: worker.state for name, worker in status.workers.items()})

    return tell
