"""Words to systemd, over real datagram sockets."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from armswatch.notify import Notifier


class Manager:
    """The other end of $NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(2)

    def hears(self) -> str:
        return self._socket.recv(4096).decode()

    def hears_nothing_more(self) -> bool:
        self._socket.setblocking(False)
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@armswatch-test-{os.getpid()}"


@pytest.fixture
def manager(address: str) -> Iterator[Manager]:
    manager = Manager("\0" + address[1:] if address.startswith("@") else address)
    yield manager
    manager.close()


def test_every_message_is_one_datagram(manager: Manager, address: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address})
    notifier.ready()
    notifier.status("3 feeds,\n1 failing")
    notifier.stopping()
    assert [manager.hears() for _ in range(3)] == ["READY=1", "STATUS=3 feeds, 1 failing", "STOPPING=1"]


def test_a_reload_says_when_it_began(manager: Manager, address: str) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    Notifier({"NOTIFY_SOCKET": address}).reloading()
    said = dict(line.split("=") for line in manager.hears().splitlines())
    assert said["RELOADING"] == "1"
    assert before <= int(said["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_a_status_that_stays_the_same_is_told_once(manager: Manager, address: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address})
    for text in ("quiet", "quiet", "busy"):
        notifier.status(text)
    assert [manager.hears(), manager.hears()] == ["STATUS=quiet", "STATUS=busy"]
    assert manager.hears_nothing_more()


def test_the_watchdog_is_kept_quiet_at_half_its_time(manager: Manager, address: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())})
    for now in (100.0, 101.0, 104.9):
        notifier.alive(now)
    assert manager.hears() == "WATCHDOG=1"
    assert manager.hears_nothing_more()
    notifier.alive(105.0)
    assert manager.hears() == "WATCHDOG=1"


@pytest.mark.parametrize(
    "environ",
    [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}],
    ids=["unset", "zero", "no number", "another process's"],
)
def test_without_a_watchdog_of_its_own_nothing_is_sent(manager: Manager, address: str, environ: dict[str, str]) -> None:
    Notifier({"NOTIFY_SOCKET": address, **environ}).alive(0.0)
    assert manager.hears_nothing_more()


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@no-one-listens", "vsock:2:1234"])
def test_a_manager_that_is_not_there_does_no_harm(address: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    notifier.ready()
    notifier.alive(0.0)


def test_a_manager_that_does_not_read_holds_nothing_up(address: str, manager: Manager) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address})
    begun = time.monotonic()
    for _ in range(2000):  # far more than the queue of a socket takes
        notifier.ready()
    assert time.monotonic() - begun < 2
    assert manager.hears() == "READY=1"
