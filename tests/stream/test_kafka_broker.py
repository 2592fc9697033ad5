"""The broker that the tests run: it goes with them, and says why there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stream.bench import eventually
from tests.stream.kafka_broker import GIVEN, BrokerMissing, class_path, skipping

ROOT = Path(__file__).resolve().parents[2]
_RUNNER = """
import sys
from pathlib import Path
from tests.stream.kafka_broker import Broker
broker = Broker(Path(sys.argv[1]))
broker.start()
print(broker.pid, flush=True)
sys.stdin.read()
"""


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_ends_with_a_test_run_that_is_killed(tmp_path: Path) -> None:
    if GIVEN:
        pytest.skip("KAFKA_BOOTSTRAP_SERVERS names brokers that are not ours to start")
    with skipping():
        class_path()
    runner = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _RUNNER, str(tmp_path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert runner.stdout
    pid = int(runner.stdout.readline())
    assert is_there(pid)

    runner.kill()
    runner.communicate()

    eventually(lambda: not is_there(pid))


def test_without_java_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BrokerMissing, match="no java here"):
        class_path()


def test_without_anything_to_fetch_the_jars_from_it_says_what_maven_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for program in ("java", "mvn"):
        (tmp_path / program).write_text("#!/bin/sh\necho 'repository: unknown host' >&2\nexit 1\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    with pytest.raises(BrokerMissing, match="jars could not be fetched: repository: unknown host"):
        class_path(tmp_path / "jars")

    assert not (tmp_path / "jars/complete").exists()
