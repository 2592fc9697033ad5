"""How fast it starts and how much memory it takes: `--help`, `run` to the first poll, resident memory with 1,000 feeds."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.poll import server

HELP_ROUNDS = 11
FEEDS = 1000
SETTLE_S = 45.0


def help_ms() -> list[float]:
    """Time `armswatch --help`, in ms of wall clock."""
    times = []
    for _ in range(HELP_ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "armswatch", "--help"], check=True, capture_output=True)
        times.append((time.perf_counter() - began) * 1000)
    return times


def rss_mb(pid: int) -> float:
    """Read a process's resident memory, in MB of 10^6 bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def children(pid: int) -> list[int]:
    """List the processes that this one started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text(encoding="ascii").split()]


def run_figures(directory: Path, urls: list[str]) -> tuple[float, float, float, int]:
    """Run the service over these feeds.

    Returns:
        Seconds to the first poll done, MB of the service, MB of its parse workers, polls that ended well.
    """
    directory.mkdir()
    (directory / "armswatch.yaml").write_text(
        "data_dir: data\nnetwork: {allow_private: [127.0.0.0/8]}\npolling: {per_host: 50}\n", encoding="utf-8"
    )
    feeds = "".join(f"  - url: {url}\n" for url in urls)
    (directory / "feeds.yaml").write_text("feeds:\n" + feeds, encoding="utf-8")
    began = time.perf_counter()
    program = subprocess.Popen(
        [sys.executable, "-m", "armswatch", "-v", "run", "-c", str(directory), "--log-format", "json"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first, polls = 0.0, 0
    try:
        assert program.stderr
        os.set_blocking(program.stderr.fileno(), True)
        for text in program.stderr:
            if json.loads(text).get("event") == "poll":
                polls += 1
                first = first or time.perf_counter() - began
            if polls >= len(urls) or time.perf_counter() - began > SETTLE_S:
                break
        time.sleep(3)
        kids = children(program.pid)
        return first, rss_mb(program.pid), sum(map(rss_mb, kids)), polls
    finally:
        program.terminate()
        program.communicate(timeout=20)


def main() -> None:
    times = help_ms()
    print(f"armswatch --help: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms (goal < 250 ms)")
    with tempfile.TemporaryDirectory() as place, server() as (url, _):
        urls = [f"{url}/{number}" for number in range(FEEDS)]
        first, own, workers, polls = run_figures(Path(place) / "few", urls[:3])
        print(f"run to first poll: {first:.2f} s ({polls} polls)")
        first, own, workers, polls = run_figures(Path(place) / "many", urls)
        print(
            f"{FEEDS} feeds of 50 entries, {polls} polled: service {own:.0f} MB, parse workers {workers:.0f} MB (goal < 150 MB in all)"
        )


if __name__ == "__main__":
    main()
