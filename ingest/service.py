"""The ingest stage: an event loop in a thread of its own that polls every feed when it is due, and gives none up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from config.settings import Feed, Settings
from core.errors import ArmswatchError, LogUnavailable
from ingest.fleet import Fleet
from ingest.outcome import PollDone
from stream.log import EventLog

_GRACE_S = 2.0  # beyond the time given for polls, to commit what they brought
_log = structlog.get_logger("ingest")


class IngestStatus(NamedTuple):
    """How ingest is."""

    feeds: int  # watched by this fetcher
    reached: int  # whose last poll went well
    failing: int  # whose last poll failed
    in_flight: int  # polled at this moment
    items: int  # published since the start, backlog included
    offline: bool


class Ingest:
    """Polls feeds, and publishes what is new. Every method may be called from any thread.

    Args:
        log: where items and feed states go.
        feeds: the feeds to watch; of those, the ones in its partitions are polled.
        settings: of polling and network.
        clock: the wall clock, aware, UTC.
        monotonic: seconds that no one can set.
        random: 0..1, for jitter.
        observe: called in ingest's thread with every poll whose outcome is on the log.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        feeds: Sequence[Feed],
        settings: Settings,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: Callable[[], float],
        observe: Callable[[PollDone], None] = lambda _done: None,
    ) -> None:
        self._fleet = Fleet(log, clock=clock, monotonic=monotonic, random=random, observe=observe)
        self._feeds, self._settings = feeds, settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="ingest")
        self._ready: Future[None] = Future()
        self._stopping = asyncio.Event()
        self._patience_s = 0.0
        self._ticking = threading.Event()  # a tick that the loop hasn't come to yet
        self._ticks = 0

    def start(self) -> None:
        """Join the group and take up the feeds; returns once that is done.

        Raises:
            LogError: the log refuses.
        """
        self._thread.start()
        self._ready.result()

    def tick(self) -> None:
        """Poll what is due. To be called about every second; a loop that is behind is not pressed."""
        if self._ticking.is_set() or self._stopping.is_set():
            return
        self._ticking.set()
        self._call(self._tick)

    def reload(self, feeds: Sequence[Feed], settings: Settings) -> None:
        """Watch these feeds from now on: new ones are polled at once, known ones keep their state."""
        self._call(lambda: self._fleet.watch(feeds, settings))

    def poll_all(self) -> list[PollDone]:
        """Poll every feed that is ours once, due or not; returns when all is committed."""
        return asyncio.run_coroutine_threadsafe(self._fleet.poll_all(), self._loop).result()

    def status(self) -> IngestStatus:
        """Tell how it is."""
        fleet = self._fleet
        return IngestStatus(
            len(fleet.ours), len(fleet.reached), len(fleet.failing), len(fleet.under_way), fleet.items, fleet.offline
        )

    def ticks(self) -> int:
        """Tell how many ticks its loop has come to; while it doesn't hang, that grows every second."""
        return self._ticks

    def writes_tried(self) -> int:
        """Tell how often it has gone to the log; while that doesn't hang, it grows every few seconds."""
        return self._fleet.writes_tried

    def log_away(self) -> bool:
        """Tell whether the log could not be used when it last tried."""
        return self._fleet.log_away

    def ended(self) -> bool:
        """Tell whether its thread has run and ended: by `stop`, or by a defect."""
        return self._ready.done() and not self._thread.is_alive()

    def stop(self, timeout: timedelta) -> None:
        """Start no more polls, give those in flight so long, commit what they brought, and leave. Idempotent."""
        if not self._thread.is_alive():
            self._loop.close()  # where it never ran, nothing else closes it
            return
        self._patience_s = timeout.total_seconds()
        self._call(self._stopping.set)
        self._thread.join(self._patience_s + _GRACE_S)

    def _call(self, call: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:  # the loop has ended: there is nothing to do any more
            return

    def _tick(self) -> None:
        self._ticking.clear()
        self._ticks += 1
        self._fleet.poll_due()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        except Exception:  # noqa: BLE001 - told, and then `ended` tells the service
            _log.exception("ingest_died", next="the service ends; start it again, nothing is lost")
        finally:
            self._loop.close()

    async def _main(self) -> None:
        try:
            await self._fleet.open(self._feeds, self._settings)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in `start`
            try:
                await self._fleet.close(0.0)
            finally:
                self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        await self._stopping.wait()
        try:
            await self._fleet.close(self._patience_s)
        except (ArmswatchError, OSError) as error:
            unavailable = isinstance(error, LogUnavailable)
            _log.warning("ingest_not_drained", why=str(error), next="polled again at the next start", away=unavailable)
