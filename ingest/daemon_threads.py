"""Blocking calls in threads that nothing waits for, not even the end of the program."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class DaemonThreads:
    """Runs blocking calls beside the event loop it is used in, so many at a time, each in a thread of its own.

    A program waits at its end for the threads of an executor: a call that hangs for a minute would hang it as long.
    """

    def __init__(self, most: int, name: str) -> None:
        self._slots = asyncio.Semaphore(most)
        self._name = name

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call in a thread. When the wait is cancelled, the call goes on and keeps its place until it ends."""
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(outcome: Callable[[], None]) -> None:
            self._slots.release()
            if not done.done():
                outcome()

        def work() -> None:
            try:
                outcome = partial(done.set_result, call())
            except Exception as error:  # noqa: BLE001 - raised again where the call is waited for
                outcome = partial(done.set_exception, error)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(settle, outcome)

        try:
            threading.Thread(target=work, name=self._name, daemon=True).start()
        except RuntimeError as error:  # the system gives no more threads
            self._slots.release()
            raise OSError(str(error)) from error
        return await done
