"""The service's signs of life: to systemd, and to the file that `armswatch probe` reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from armswatch.liveness import Heartbeat, HeartbeatFile, Liveness
from armswatch.notify import Notifier
from armswatch.service import Service, ServiceStatus

_STATUS_EVERY_S = 10.0
_log = structlog.get_logger("vitals")


class Vitals:
    """Says that a service is ready, alive, ailing, stopping. Used by the main loop alone, but for `alert_raised`.

    Args:
        service: to look at.
        clock: the wall clock.
        monotonic: seconds of the system's monotonic clock.
        notifier: to the service manager.
        liveness: finds what hangs.
    """

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        notifier: Notifier | None = None,
        liveness: Liveness | None = None,
    ) -> None:
        self._service, self._clock, self._monotonic = service, clock, monotonic
        self._notifier = notifier or Notifier()
        self._liveness = liveness or Liveness()
        self._file = HeartbeatFile(service.config.data_dir)
        self._ailing: tuple[str, ...] = ()
        self._told = float("-inf")
        self._last_alert: datetime | None = None
        self._file_failed = False

    def alert_raised(self) -> None:
        """Note that an alert was raised now. Allowed from any thread."""
        self._last_alert = self._clock()

    def ready(self) -> None:
        """Say that the service has started, or has read its configuration again."""
        self._notifier.ready()
        self.beat()

    def reloading(self) -> None:
        """Say that it reads its configuration."""
        self._notifier.reloading()

    def stopping(self) -> None:
        """Say that it drains and ends."""
        self._notifier.stopping()
        self._file.close()

    def beat(self) -> None:
        """Say that it lives, unless something hangs. To be called about every second."""
        now, status = self._monotonic(), self._service.status()
        ailing = self._liveness.ailing(self._service.pulses(), now)
        if ailing and not self._ailing:
            _log.error(
                "hangs",
                what=list(ailing),
                next="no more signs of life, so that whoever watches starts the service anew",
            )
        self._ailing = ailing
        if not ailing:
            self._notifier.alive(now)
        if now - self._told >= _STATUS_EVERY_S:
            self._told = now
            self._notifier.status(summary(status, self._last_alert, self._clock()))
        self._write(Heartbeat(now, ailing, unready(status)))

    def _write(self, heartbeat: Heartbeat) -> None:
        try:
            self._file.beat(heartbeat)
        except OSError as error:
            if not self._file_failed:
                _log.warning("heartbeat_not_written", why=str(error), next="to `armswatch probe` the service is dead")
            self._file_failed = True
        else:
            self._file_failed = False


def unready(status: ServiceStatus) -> tuple[str, ...]:
    """Tell which stages are not at work, and why."""
    ingest = ("ingest cannot reach the log and tries again",) if status.log_away else ()
    return ingest + tuple(
        f"{name} tries again since {worker.retrying_since:%Y-%m-%d %H:%M:%S} UTC: {worker.last_error}"
        for name, worker in status.workers.items()
        if worker.retrying_since
    )


def summary(status: ServiceStatus, last_alert: datetime | None, now: datetime) -> str:
    """Put the service's state on one line."""
    parts = []
    if status.ingest:
        feeds = status.ingest
        parts.append(f"{feeds.feeds} feeds, {feeds.failing} failing" + (", offline" if feeds.offline else ""))
    troubled = ["ingest"] if status.log_away else []
    troubled += [name for name, worker in status.workers.items() if worker.retrying_since]
    if troubled:
        parts.append(f"{', '.join(troubled)} trying again")
    parts.append(f"last alert {_ago(now - last_alert)}" if last_alert else "no alert since the start")
    return "; ".join(parts)


def _ago(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} d ago"
