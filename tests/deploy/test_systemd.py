"""The systemd units: what systemd itself thinks of them, and whether they fit the program."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from armswatch.exits import Exit
from armswatch.liveness import STUCK_AFTER_S
from tests.deploy.sources import DEPLOY, parsed

UNITS = DEPLOY / "systemd"
WHOLE, STAGE = "armswatch.service", "armswatch@.service"
EXPOSURE = 20  # tenths; 0 is best, and a service that hardens nothing has 96


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found:
        return found
    why = "no systemd-analyze here (Debian: apt-get install systemd)"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def keys(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def installed(name: str, directory: Path) -> Path:
    """Put a unit where its program is found, since systemd looks for that; a template gets an instance."""
    program = directory / "armswatch"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (UNITS / name).read_text(encoding="utf-8").replace("/opt/armswatch/bin/armswatch", str(program))
    path = directory / name.replace("@.", "@match.")
    path.write_text(text, encoding="utf-8")
    return path


def verified(analyze: str, unit: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", str(unit)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", [WHOLE, STAGE])
def test_systemd_finds_nothing_wrong(analyze: str, name: str, tmp_path: Path) -> None:
    done = verified(analyze, installed(name, tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Type=notify", "Type=notyfi"),
        ("ExecStart=", "ExecStrat="),
        ("WatchdogSec=60", "WatchdogSec=a while"),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@no-such-set"),
    ],
)
def test_systemd_finds_a_slip(analyze: str, right: str, wrong: str, tmp_path: Path) -> None:
    unit = installed(WHOLE, tmp_path)
    text = unit.read_text()
    assert right in text
    unit.write_text(text.replace(right, wrong, 1))
    done = verified(analyze, unit)
    assert done.returncode or done.stderr


def exposure(analyze: str, unit: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", [WHOLE, STAGE])
def test_systemd_calls_them_safe(analyze: str, name: str, tmp_path: Path) -> None:
    done = exposure(analyze, installed(name, tmp_path))
    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_a_unit_that_hardens_less_is_found(analyze: str, tmp_path: Path) -> None:
    unit = installed(WHOLE, tmp_path)
    kept = [line for line in unit.read_text().splitlines() if not line.startswith(("SystemCall", "Restrict", "Capab"))]
    unit.write_text("\n".join(kept))
    assert exposure(analyze, unit).returncode


@pytest.mark.parametrize(("name", "only"), [(WHOLE, ()), (STAGE, ("match",))])
def test_they_start_a_command_of_ours(name: str, only: tuple[str, ...]) -> None:
    [line] = keys((UNITS / name).read_text())["ExecStart"]
    program, *rest = shlex.split(line.replace("%i", "match"))
    assert program == "/opt/armswatch/bin/armswatch"
    asked = parsed(rest)
    assert asked["only"] == only
    assert (str(asked["directory"]), asked["log_format"]) == ("/etc/armswatch", "json")


@pytest.mark.parametrize("name", [WHOLE, STAGE])
def test_a_restart_is_not_tried_where_it_cannot_help(name: str) -> None:
    [prevented] = keys((UNITS / name).read_text())["RestartPreventExitStatus"]
    hopeless = {Exit.USAGE, Exit.CONFIG, Exit.STORAGE, Exit.ALREADY_RUNNING}
    assert {int(code) for code in prevented.split()} == hopeless


def test_the_stage_differs_from_the_whole_in_nothing_but_its_name_its_data_and_its_work() -> None:
    whole, stage = (keys((UNITS / name).read_text()) for name in (WHOLE, STAGE))
    assert {key for key in whole.keys() | stage.keys() if whole.get(key) != stage.get(key)} == {
        "Description", "ExecStart", "StateDirectory"
    }  # fmt: skip


def test_the_watchdog_outlasts_a_reload_and_says_who_hung() -> None:
    told = keys((UNITS / WHOLE).read_text())
    assert 30 <= int(told["WatchdogSec"][0]) < STUCK_AFTER_S
    assert "PYTHONFAULTHANDLER=1" in told["Environment"]
