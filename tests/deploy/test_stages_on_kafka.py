"""The stages as the Compose file runs them, each a process with a directory of its own, on a real broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
import yaml

from config import places
from tests.deploy.sources import DEPLOY, documents
from tests.e2e.program import environ
from tests.stream.kafka_broker import Broker, Given

[COMPOSE] = documents(DEPLOY / "compose.yaml")
LINES = {name: service["command"] for name, service in COMPOSE["services"].items() if name != "kafka"}
PROBE = COMPOSE["services"]["match"]["healthcheck"]["test"][2:]


def configuration(directory: Path, servers: tuple[str, ...]) -> Path:
    """The Compose file's own configuration, with this broker in place of the other, and a feed that is not there."""
    places.init(directory)
    told = yaml.safe_load((DEPLOY / "compose" / "armswatch.yaml").read_text(encoding="utf-8"))
    told["log"] |= {"bootstrap_servers": list(servers), "topic_prefix": f"deploy-{uuid.uuid4().hex[:8]}."}
    told["network"] = {"allow_private": ["127.0.0.0/8"]}
    (directory / "armswatch.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    (directory / "feeds.yaml").write_text("feeds:\n  - url: http://127.0.0.1:9/feed.xml\n", encoding="utf-8")
    return directory


class Container:
    """One service of the Compose file, without the container."""

    def __init__(self, name: str, config: Path, data: Path) -> None:
        self._environ = {**environ(), "ARMSWATCH_CONFIG": str(config), "ARMSWATCH_DATA_DIR": str(data / name)}
        self._said = (data / f"{name}.log").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "armswatch", *LINES[name]], env=self._environ, stderr=self._said, cwd=os.sep
        )

    def probed(self, *more: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "armswatch", *PROBE, *more],
            env=self._environ, capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def said(self) -> str:
        self._said.seek(0)
        return self._said.read()[-2000:]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._said.close()


@pytest.mark.slow
def test_every_stage_gets_to_work_answers_its_probe_and_ends_in_time(broker: Broker | Given, tmp_path: Path) -> None:
    config = configuration(tmp_path / "etc", broker.servers)
    containers = {name: Container(name, config, tmp_path) for name in LINES}
    try:
        end = time.monotonic() + 60
        for name, each in containers.items():
            while each.probed("--ready")[0]:
                assert time.monotonic() < end, f"{name}: {each.probed('--ready')}\n{each.said()}"
                assert each.process.poll() is None, f"{name}: {each.said()}"
                time.sleep(0.2)
            assert each.probed() == (0, "Alive.\n")
        for each in containers.values():
            each.process.send_signal(signal.SIGTERM)
        grace_s = int(COMPOSE["services"]["match"]["stop_grace_period"].removesuffix("s"))
        assert {name: each.process.wait(grace_s) for name, each in containers.items()} == dict.fromkeys(LINES, 0)
        assert {each.probed()[0] for each in containers.values()} == {7}
    finally:
        for each in containers.values():
            each.close()
