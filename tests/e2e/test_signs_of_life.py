"""The real service as systemd and a container's health check see it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.program import Program, armswatch, environ, write_config

WATCHDOG_S = 3


class Manager:
    """Stands where systemd stands."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.heard: list[str] = []

    def wait_for(self, wanted: Callable[[str], bool], timeout_s: float = 20) -> str:
        self._socket.settimeout(timeout_s)
        while True:
            message = self._socket.recv(4096).decode()
            self.heard.append(message)
            if wanted(message):
                return message

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path / "desk", ["http://127.0.0.1:9/feed.xml"])


@pytest.fixture
def service(config: Path, tmp_path: Path, manager: Manager) -> Iterator[Program]:
    told = [f"NOTIFY_SOCKET={tmp_path / 'notify'}", f"WATCHDOG_USEC={WATCHDOG_S}000000"]
    program = Program("run", "-c", str(config), "--log-format", "json", wrapper=["env", *told])
    yield program
    program.close()


def test_systemd_hears_of_start_life_reload_and_end(service: Program, manager: Manager) -> None:
    manager.wait_for(lambda said: said == "READY=1")
    assert service.events("started")
    assert "1 feeds" in manager.wait_for(lambda said: said.startswith("STATUS="))
    manager.wait_for(lambda said: said == "WATCHDOG=1", WATCHDOG_S)
    begun = time.monotonic()
    manager.wait_for(lambda said: said == "WATCHDOG=1", WATCHDOG_S)
    assert time.monotonic() - begun < WATCHDOG_S
    service.signal(signal.SIGHUP)
    manager.wait_for(lambda said: said.startswith("RELOADING=1\nMONOTONIC_USEC="))
    manager.wait_for(lambda said: said == "READY=1")
    service.signal(signal.SIGTERM)
    manager.wait_for(lambda said: said == "STOPPING=1")
    assert service.wait() == 0


def test_a_probe_follows_the_service_from_before_its_start_to_after_its_end(service: Program, config: Path) -> None:
    service.wait_for("started")
    eventually_well(config)
    service.signal(signal.SIGSTOP)  # hangs, as a whole
    assert armswatch("probe", "-c", str(config)).returncode == 0  # but not for long enough
    service.signal(signal.SIGCONT)
    service.signal(signal.SIGTERM)
    service.wait()
    after = armswatch("probe", "-c", str(config))
    assert after.returncode == 7
    assert "No service runs here" in after.stderr


def eventually_well(config: Path) -> None:
    end = time.monotonic() + 15
    while (asked := armswatch("probe", "--ready", "-c", str(config))).returncode:
        assert time.monotonic() < end, asked.stderr
    assert asked.stdout == "At work.\n"


def test_a_probe_loads_neither_the_configuration_nor_the_service(tmp_path: Path) -> None:
    """Its cost is that of starting Python, for it is asked every few seconds."""
    told = {**environ(), "ARMSWATCH_DATA_DIR": str(tmp_path)}
    asked = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "armswatch", "probe"],
        capture_output=True, text=True, check=False, env=told, cwd=os.sep,
    )  # fmt: skip
    assert asked.returncode == 7
    loaded = {line.rpartition("|")[2].strip() for line in asked.stderr.splitlines() if line.startswith("import time")}
    assert "armswatch.liveness" in loaded
    assert not loaded & {"pydantic", "yaml", "structlog", "rich", "kafka", "asyncio", "sqlite3", "stream.sqlite"}
