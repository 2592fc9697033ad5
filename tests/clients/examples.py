"""The example clients, and how to call them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.stream.kafka_broker import REQUIRED, class_path

ROOT = Path(__file__).resolve().parents[2]
HOWTO = (ROOT / "docs" / "how-to" / "subscribe-with-kafka.md").read_text("utf-8")
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m")


class Example(NamedTuple):
    """One of the clients."""

    file: str
    login: str  # the file of its settings, as the how-to names it
    needs: tuple[str, ...]  # programs
    before: Callable[[], Sequence[str]]  # what stands before its file
    option: str = ""  # what stands before its settings
    ends: str = "--until-end"

    def command(self, server: str, topic: str, group: str, login: Path, *, until_end: bool) -> list[str]:
        """Give the call; skip where a program lacks, or fail where all must be there."""
        for program in self.needs:
            if not shutil.which(program):
                assert not REQUIRED, f"{program} is not installed"
                pytest.skip(f"{program} is not installed")
        file = str(ROOT / self.file)
        end = [self.ends] if until_end else []
        if self.option:
            return [*self.before(), file, server, topic, group, self.option, str(login), *end]
        return [*self.before(), file, *end, server, topic, group, str(login)]

    def shown_settings(self) -> str:
        """Give the settings that the how-to shows for it."""
        found = re.search(rf"^```properties\n# {self.login}\b.*\n((?:.+\n)+?)```$", HOWTO, re.MULTILINE)
        assert found
        return found[1]


PYTHON = Example("examples/python/alert_reader.py", "python.conf", (), lambda: [sys.executable])
JAVA = Example(
    "examples/java/AlertReader.java",
    "client.properties",
    ("java", "javac"),
    lambda: ["java", *_JVM, "-cp", class_path()],
)
SHELL = Example("examples/shell/alert_reader.sh", "kcat.conf", ("kcat", "jq", "bash"), list, option="-F", ends="-e")
CLIENTS = pytest.mark.parametrize("example", [PYTHON, JAVA, SHELL], ids=["python", "java", "shell"])


def run(command: Sequence[str]) -> list[str]:
    """Run a client to its end; return the lines it printed, sorted, since partitions come in any order."""
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr.decode()
    assert b"Exception" not in done.stderr
    return sorted(done.stdout.decode("utf-8").splitlines())
