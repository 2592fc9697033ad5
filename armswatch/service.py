"""The background service: starts the stages, keeps them running, reloads, drains."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from archive.fold import ArchiveStep
from armswatch import wiring
from armswatch.clock import utc_now
from armswatch.liveness import Pulse
from armswatch.timers import Timers
from config.loader import Config
from config.reload import reload as reload_config
from config.watch import ConfigWatcher
from core.errors import ArmswatchError, ConfigError
from ingest.outcome import PollDone
from ingest.service import Ingest, IngestStatus
from processors.alerts import AlertStep
from processors.match import MatchStep
from processors.topic import CompiledTopics
from stream.log import EventLog
from stream.worker import Worker, WorkerStatus

DRAIN = timedelta(seconds=8)  # of the 10 s that SIGTERM is allowed
_TICK = timedelta(seconds=1)
_RETENTION = timedelta(hours=1)
_log = structlog.get_logger("service")


class ServiceStatus(NamedTuple):
    """How the running service is."""

    started: datetime
    ingest: IngestStatus | None
    workers: Mapping[str, WorkerStatus]
    log_away: bool = False  # when ingest last tried; the workers say so themselves


class Service:
    """Every stage asked for, over one log, in one process.

    Args:
        config: what to run on.
        environ: the environment that a reload reads the configuration with.
        only: the stages to run; all when empty.
        observe: called for every poll that ended, from ingest's thread.
        watch: reload when a configuration file changes.
        opening: opens the log.
    """

    def __init__(
        self,
        config: Config,
        environ: Mapping[str, str] = os.environ,
        *,
        only: Collection[str] = (),
        observe: Callable[[PollDone], None] | None = None,
        watch: bool = True,
        opening: Callable[[Config, wiring.Clock], EventLog] = wiring.open_log,
    ) -> None:
        self.config = config
        self._environ = environ
        self._only = frozenset(only or wiring.STAGES)
        self._observe = observe or (lambda _poll: None)
        self._watch = watch
        self._failed = threading.Event()
        self._stopping = threading.Event()
        self._reloading = threading.Lock()
        topics = wiring.compiled(config)  # before anything is opened: a wrong topic costs nothing
        self._archive_lock = wiring.lock_archive(config) if "archive" in self._only else None
        try:
            self.log = opening(config, utc_now)
        except BaseException:
            self._let_go_of_archive()
            raise
        self._steps = {
            name: step for name, step in wiring.stages(config, self.log, topics, utc_now).items() if name in self._only
        }
        self._workers = {name: Worker(self.log, step, clock=utc_now) for name, step in self._steps.items()}
        self._threads: dict[str, threading.Thread] = {}
        self._ingest = self._make_ingest() if "ingest" in self._only else None
        self._timers = Timers(utc_now, time.monotonic)
        self._watcher: ConfigWatcher | None = None
        self.started = utc_now()

    def start(self) -> None:
        """Start every stage and the timed jobs; returns at once."""
        for name in self._workers:
            self._start_worker(name)
        if self._ingest:
            self._ingest.start()
            self._timers.every(_TICK, "poll_tick", self._ingest.tick)
        self._timers.every(_RETENTION, "retention", self._expire)
        self._timers.start()
        if self._watch:
            self._watcher = ConfigWatcher(self.config.directory, self.reload)
            self._watcher.start()
        _log.info(
            "started", feeds=len(self.config.enabled_feeds), topics=list(wiring.topic_ids(self.config)),
            stages=sorted(self._only), data_dir=str(self.config.data_dir), pid=os.getpid(),
        )  # fmt: skip

    def once(self) -> list[PollDone]:
        """Poll every feed once and take what came through every stage; returns when all is committed."""
        polls: list[PollDone] = []
        if self._ingest:
            self._ingest.start()
            polls = self._ingest.poll_all()
        for worker in self._workers.values():
            worker.run_until_idle(wiring.settling(self.config))
        return polls

    def watch_clock(self) -> None:
        """Notice a clock that was set; to be called about every second."""
        self._timers.watch()

    def failed(self) -> bool:
        """Tell whether a stage died of something unforeseen: the service must end, to be started anew."""
        asleep = self._ingest is not None and self._ingest.ended() and not self._stopping.is_set()
        return self._failed.is_set() or asleep

    def status(self) -> ServiceStatus:
        """Tell how every stage is."""
        workers = {name: worker.status() for name, worker in list(self._workers.items())}
        away = self._ingest is not None and self._ingest.log_away()
        return ServiceStatus(self.started, self._ingest.status() if self._ingest else None, workers, away)

    def pulses(self) -> list[Pulse]:
        """Give of every stage what shows whether its loop comes round: a worker's status is another one each time."""
        found = [
            Pulse(name, thread.is_alive(), worker.status())
            for name, worker in list(self._workers.items())
            if (thread := self._threads.get(name))
        ]
        if ingest := self._ingest:
            found.append(Pulse("ingest", not ingest.ended(), ingest.ticks()))
            found.append(Pulse("ingest's log", thread_alive=True, sign=ingest.writes_tried()))
        return found

    def reload(self) -> None:
        """Read the configuration again. A wrong one is told, and the running one stays. Safe from any thread."""
        with self._reloading:
            if self._stopping.is_set():
                return
            try:
                read = reload_config(self.config, self.config.directory, self._environ)
                if read.config is None:
                    raise ConfigError(read.mistakes)
                self._apply(read.config)
            except ArmswatchError as error:
                _log.error("reload_refused", why=str(error), next="the running configuration stays")
                return
            _log.info("reloaded", changed=list(read.changed) or "nothing")
            if read.restart_needed:
                _log.warning("restart_needed", keys=list(read.restart_needed), next="they count from the next start on")

    def _apply(self, new: Config) -> None:
        """Go over to a configuration; what only counts after a restart stays as it is."""
        topics = wiring.compiled(new)
        settings = new.settings.model_copy(update={"log": self.config.settings.log})
        new = replace(new, settings=settings, data_dir=self.config.data_dir)
        wiring.create_topics(self.log, new)
        others = wiring.topic_ids(new) != wiring.topic_ids(self.config)
        self.config = new
        for step in self._steps.values():
            if isinstance(step, MatchStep):
                step.topics = topics
            elif isinstance(step, AlertStep):
                step.rules = new.settings.alerts
        if self._ingest:
            self._ingest.reload(new.enabled_feeds, new.settings)
        if others and "archive" in self._workers:
            self._renew_archive(topics)

    def _renew_archive(self, topics: CompiledTopics) -> None:
        """Have the archive read the alert topics there are now: a reader's topics are settled when it joins."""
        self._halt("archive", time.monotonic() + DRAIN.total_seconds())
        self._steps["archive"] = wiring.stages(self.config, self.log, topics, utc_now)["archive"]
        self._workers["archive"] = Worker(self.log, self._steps["archive"], clock=utc_now)
        self._start_worker("archive")

    def _halt(self, name: str, deadline: float) -> None:
        """Stop a stage once the batch in hand is committed."""
        worker = self._workers.pop(name)  # first, so that its end is no failure
        worker.stop()
        if name in self._threads:
            self._threads.pop(name).join(max(0.1, deadline - time.monotonic()))
        else:
            worker.close()
        step = self._steps[name]
        if isinstance(step, ArchiveStep):
            step.close()

    def stop(self, timeout: timedelta = DRAIN) -> None:
        """Drain: no new polls; what is in hand is finished and committed; then the log is closed. Idempotent."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        deadline = time.monotonic() + timeout.total_seconds()
        if self._watcher:
            self._watcher.stop()
        self._timers.stop()
        if self._ingest:
            self._ingest.stop(timeout * 0.6)
        for name in list(self._workers):
            self._halt(name, deadline)
        self.log.close()
        self._let_go_of_archive()
        _log.info("stopped")

    def _let_go_of_archive(self) -> None:
        if self._archive_lock:
            self._archive_lock.release()

    def _make_ingest(self) -> Ingest:
        return Ingest(
            self.log,
            feeds=self.config.enabled_feeds,
            settings=self.config.settings,
            clock=utc_now,
            monotonic=time.monotonic,
            random=random.random,
            observe=self._observe,
        )

    def _start_worker(self, name: str) -> None:
        worker = self._workers[name]
        thread = threading.Thread(target=self._guard, args=(name, worker), name=name)
        self._threads[name] = thread
        thread.start()

    def _guard(self, name: str, worker: Worker) -> None:
        try:
            worker.run()
        except Exception:  # noqa: BLE001 - whatever it is, it must end the service and not just this thread
            _log.exception("stage_died", stage=name, next="the service stops; start it again, nothing is lost")
            self._failed.set()
        else:
            if not self._stopping.is_set() and self._workers.get(name) is worker:
                self._failed.set()

    def _expire(self) -> None:
        now, keep = utc_now(), self.config.settings.log
        removed = self.log.expire(now)
        archive = self._steps.get("archive")
        if isinstance(archive, ArchiveStep):
            archive.expire(now, keep.keep_items, keep.keep_alerts)
        if removed:
            _log.info("expired", records=removed)
