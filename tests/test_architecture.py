"""The architecture is checked, not hoped for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("armswatch", "ingest", "processors", "delivery", "archive", "config", "stream", "core")

# Each third-party library -> the modules that may import it (a trailing dot: a whole package).
HOMES = {
    "aiohttp": ("ingest.transport", "ingest.fetch"),
    "httpx": ("ingest.fetch", "ingest.transport"),
    "httpx_aiohttp": ("ingest.fetch", "ingest.transport"),
    "feedparser": ("ingest.parse",),
    "nh3": ("ingest.entries", "core.text"),
    "apscheduler": ("armswatch.timers",),
    "pydantic": ("config.",),
    "yaml": ("config.",),
    "numpy": (
        "processors.fold",
        "processors.batch",
        "processors.bootstrap",
        "processors.fitting",
        "processors.regression",
    ),
    "scipy": ("processors.regression",),
    "sklearn": ("processors.regression",),
    "ahocorasick_rs": ("processors.automaton",),
    "daachorse": ("processors.automaton",),
    "sqlite3": ("stream.", "archive."),
    "click": ("armswatch.",),
    "rich": ("armswatch.", "delivery."),
    "kafka": (
        "stream.kafka_admin",
        "stream.kafka_client",
        "stream.kafka_errors",
        "stream.kafka_membership",
        "stream.kafka_probe",
        "stream.kafka_security",
        "stream.kafka_survey",
        "stream.kafka_transactions",
    ),
    "wordfreq": ("armswatch.general_language",),
    "watchfiles": ("config.watch", "archive.follow", "stream.sqlite", "stream.wakeup"),
}


def modules() -> list[tuple[str, Path]]:
    return [
        (".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_imports_go_downward() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", sorted(HOMES))
def test_each_library_is_imported_where_it_belongs(library: str) -> None:
    homes = HOMES[library]
    strays = [
        name
        for name, path in modules()
        if library in imports(path)
        and not any(name == home or (home.endswith(".") and name.startswith(home)) for home in homes)
    ]
    assert strays == []


def test_files_stay_short() -> None:
    longest = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules()}
    assert {name: lines for name, lines in longest.items() if lines > 400} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [
        name for name, path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ] == []
