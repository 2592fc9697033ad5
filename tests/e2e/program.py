"""The real program, as a process: started on a configuration of the test's own, spoken to by signals, read by its lines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent

Line = Mapping[str, Any]


def write_config(directory: Path, urls: Sequence[str], *, topic: str | None = None, **polling: str) -> Path:
    """Write a configuration that polls these URLs on loopback, with the shipped topic unless another is given."""
    directory.mkdir(parents=True, exist_ok=True)
    rules = {"interval": "1s", "min_interval": "1s", "deadline": "5s", **polling}
    settings = ["data_dir: data", "network: {allow_private: [127.0.0.0/8]}", "polling:"]
    settings += [f"  {key}: {value}" for key, value in rules.items()]
    (directory / "armswatch.yaml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    feeds = ["feeds:" if urls else "feeds: []", *(f"  - url: {url}" for url in urls)]
    (directory / "feeds.yaml").write_text("\n".join(feeds) + "\n", encoding="utf-8")
    if topic is not None:
        (directory / "topics").mkdir(exist_ok=True)
        (directory / "topics" / "test.yaml").write_text(topic, encoding="utf-8")
    return directory


def environ() -> dict[str, str]:
    """An environment without the user's own settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ARMSWATCH_", "XDG_", "COV_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def armswatch(*args: str, cwd: Path | None = None, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "armswatch", *args],
        capture_output=True, text=True, check=False, timeout=timeout_s, env=environ(), cwd=cwd, stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Program:
    """A running `armswatch run`, its JSON log lines gathered as they come."""

    def __init__(self, *args: str, wrapper: Sequence[str] = ()) -> None:
        self.lines: list[Line] = []
        self._new_line = threading.Condition()
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-m", "armswatch", *args],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environ(), stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stderr
        for text in self.process.stderr:
            try:
                line = json.loads(text)
            except ValueError:
                line = {"event": "not_json", "text": text.rstrip()}
            with self._new_line:
                self.lines.append(line)
                self._new_line.notify_all()

    def wait_for(self, wanted: Callable[[Line], bool] | str, timeout_s: float = 20) -> Line:
        """Wait for a log line; a string asks for that event."""
        test = (lambda line: line.get("event") == wanted) if isinstance(wanted, str) else wanted
        end = time.monotonic() + timeout_s
        with self._new_line:
            while True:
                for line in self.lines:
                    if test(line):
                        return line
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._thread.is_alive()):
                    raise AssertionError(
                        f"no such line among {len(self.lines)}: " + "\n".join(map(str, self.lines[-30:]))
                    )
                self._new_line.wait(min(left, 0.2))

    def events(self, name: str) -> list[Line]:
        """The lines of one event so far."""
        with self._new_line:
            return [line for line in self.lines if line.get("event") == name]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program's own process."""
        self.process.send_signal(number)

    def wait(self, timeout_s: float = 15) -> int:
        """Wait for its end; return the exit code."""
        code = self.process.wait(timeout_s)
        self._thread.join(5)
        return code

    def close(self) -> None:
        """Kill it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._thread.join(5)
        if self.process.stderr:
            self.process.stderr.close()


@contextmanager
def running(config: Path, *args: str) -> Iterator[Program]:
    """Run the service on a configuration; it is killed at the end if it hasn't ended."""
    program = Program("run", "-c", str(config), "--log-format", "json", *args)
    try:
        yield program
    finally:
        program.close()
