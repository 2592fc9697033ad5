"""Tell systemd how the service is: ready, reloading, stopping, alive. Its protocol is one datagram for each message."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

_ADDRESS = "NOTIFY_SOCKET"
_EVERY, _WHOSE = "WATCHDOG_USEC", "WATCHDOG_PID"


class Notifier:
    """Speaks to the service manager named by the environment, or to no one where there is none.

    Never fails and never blocks: a manager that doesn't listen must not stop the service.

    Args:
        environ: with $NOTIFY_SOCKET, and $WATCHDOG_USEC where the manager wants to hear from us regularly.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = _address(environ.get(_ADDRESS, ""))
        self.watchdog_s = _watchdog_s(environ) if self._address else None  # None: no one waits for `alive`
        self._pinged = float("-inf")
        self._told = ""

    def ready(self) -> None:
        """Say that the start, or a reload, is over."""
        self._send("READY=1")

    def starting(self, why: str, patience_s: float) -> None:
        """Say what the start waits for, and ask not to be given up before so many seconds are over."""
        self.status(why)
        self._send(f"EXTEND_TIMEOUT_USEC={int(patience_s * 1_000_000)}")

    def reloading(self) -> None:
        """Say that the configuration is being read; `ready` must follow."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Show one line to people, in `systemctl status`; nothing is sent while it stays the same."""
        if text != self._told:
            self._told = text
            self._send(f"STATUS={' '.join(text.split())}")

    def alive(self, now: float) -> None:
        """Keep the watchdog quiet; may be called as often as one likes, and sends at half its time.

        Args:
            now: monotonic seconds.
        """
        if self.watchdog_s is not None and now - self._pinged >= self.watchdog_s / 2:
            self._pinged = now
            self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)
            try:
                sock.sendto("\n".join(lines).encode(), self._address)
            except OSError:  # no one is there, or its queue is full
                return


def _address(text: str) -> str | None:
    """Read a path or an abstract name; other kinds, such as a virtual machine's vsock, aren't spoken."""
    if text.startswith("@"):
        return "\0" + text[1:]
    return text if text.startswith("/") else None


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    usec, pid = environ.get(_EVERY, ""), environ.get(_WHOSE, "")
    if not usec.isdecimal() or int(usec) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(usec) / 1_000_000
