"""Whether a cluster answers: asked now and then, since a client that only waits for records says nothing of it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

from core.errors import LogError, LogUnavailable
from stream.kafka_client import KafkaSettings
from stream.kafka_errors import translated

_EVERY = 2.0  # seconds


class Pulse:
    """Asks the cluster for a sign of life, in a thread of its own, from the first reader on."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._patience = settings.request_timeout.total_seconds()
        self._answered = time.monotonic()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Ask from now on. Idempotent."""
        if self._thread is None:
            self._answered = time.monotonic()
            self._thread = threading.Thread(target=self._run, name="kafka-pulse", daemon=True)
            self._thread.start()

    def check(self) -> None:
        """Do nothing while the cluster answers.

        Raises:
            LogUnavailable: it has not for longer than one answer may take.
        """
        silent = time.monotonic() - self._answered
        if self._thread is not None and silent > self._patience + _EVERY:
            raise LogUnavailable(f"no broker has answered for {silent:.0f} s")

    def end(self) -> None:
        """Ask no more. Returns at once, though a question may be under way."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(LogError), translated():
                admin = self._settings.admin()
                try:
                    self._ask(admin)
                finally:
                    admin.close()
            self._over.wait(_EVERY)

    def _ask(self, admin: Any) -> None:
        while True:
            admin.describe_cluster()
            self._answered = time.monotonic()
            if self._over.wait(_EVERY):
                return
