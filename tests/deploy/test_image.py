"""The image, built without Docker: the Dockerfile's own steps, run in clean directories with their paths moved there."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.deploy.sources import ROOT, dockerfile, instructions, only, parsed

WRITTEN = ("/opt/", "/etc/armswatch", "/var/lib/armswatch", "/src")


def context(directory: Path) -> Path:
    """Copy what .dockerignore lets through of the tree's first level: what Docker would be sent."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    directory.mkdir()
    for path in ROOT.iterdir():
        ignored = False
        for pattern in patterns:
            if fnmatch.fnmatch(path.name, pattern.removeprefix("!")):
                ignored = not pattern.startswith("!")
        if not ignored:
            _copy(path, directory / path.name)
    return directory


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


class Stages:
    """Runs the steps of each build stage in a directory of its own that stands for the root of its file system."""

    def __init__(self, root: Path, sent: Path) -> None:
        self._root, self._sent = root, sent
        self._names: dict[str, Path] = {}
        self.stage = root
        self._cwd = Path("/")
        self.owners: dict[str, str] = {}  # of what was copied with --chown

    def do(self, name: str, rest: str) -> None:
        match name:
            case "FROM":
                self._names[rest.partition(" AS ")[2] or "final"] = self.stage = self._root / str(len(self._names))
                self.stage.mkdir()
            case "WORKDIR":
                self._cwd = Path(rest)
                self.at(rest).mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._do_copy(rest.split())
            case "RUN":
                self._run(rest)

    def at(self, path: str, stage: Path | None = None) -> Path:
        """Where a path of the image is."""
        return (stage or self.stage) / str(self._cwd / path).lstrip("/")

    def moved(self, text: str) -> str:
        """A shell line with its paths moved to where this stage is."""
        for start in WRITTEN:
            text = text.replace(start, f"{self.stage}{start}")
        text = re.sub(r"(?<![\w/])python3 -m pip ", f"{sys.executable} -m pip ", text)
        return re.sub(r"(?<![\w/])python3 ", f"{interpreter() or sys.executable} ", text)

    def _do_copy(self, words: Sequence[str]) -> None:
        flags = dict(word[2:].split("=") for word in words if word.startswith("--"))
        *sources, target = [word for word in words if not word.startswith("--")]
        source_stage = self._names[flags["from"]] if "from" in flags else None
        for source in sources:
            here = self.at(source, source_stage) if source_stage else self._sent / source
            place = self.at(target)
            _copy(here, place / here.name if here.is_file() or target.endswith("/") else place)
        if "chmod" in flags:
            self.at(target).chmod(int(flags["chmod"], 8))
        if "chown" in flags:
            self.owners[target] = flags["chown"]
            if os.geteuid() == 0:
                os.chown(self.at(target), *(int(number) for number in flags["chown"].split(":")))

    def _run(self, line: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-euc", self.moved(line)],
            capture_output=True, text=True, check=False, cwd=self.at(""), env=clean(), timeout=100,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def interpreter() -> str | None:
    """Find a Python that another user can run too; one in somebody's home directory won't do."""
    for path in (Path(sys.base_prefix, "bin", "python3"), Path("/usr/bin/python3")):
        real = path.resolve()
        open_to_all = real.is_file() and all(each.stat().st_mode & 0o001 for each in (real, *real.parents))
        if (
            open_to_all
            and subprocess.run(
                [real, "-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"], check=False
            ).returncode
            == 0
        ):
            return str(real)
    return None


def clean() -> dict[str, str]:
    """An environment with nothing of the user's but what reaches the package index."""
    kept = (
        "PATH",
        "PIP_",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "https_proxy",
        "http_proxy",
        "no_proxy",
        "SSL_CERT",
    )
    return {**{key: value for key, value in os.environ.items() if key.startswith(kept)}, "HOME": "/nonexistent"}


@pytest.fixture(scope="module")
def built() -> Iterator[Stages]:
    root = Path(tempfile.mkdtemp(prefix="armswatch-image-"))  # pytest's own directories let no other user through
    try:
        root.chmod(0o755)
        stages = Stages(root, context(root / "context"))
        for name, rest in dockerfile():
            stages.do(name, rest)
        yield stages
    finally:
        shutil.rmtree(root)


def program(built: Stages, *line: str) -> subprocess.CompletedProcess[str]:
    """Run the program of the final stage as its user, with nothing but what the image sets."""
    sets = dict(re.findall(r"(\w+)=(\S+)", built.moved(only("ENV"))))
    user = int(only("USER").partition(":")[0]) if os.geteuid() == 0 and interpreter() else None
    return subprocess.run(
        [str(built.stage / "opt/armswatch/bin/python"), "-m", "armswatch", *line],
        capture_output=True, text=True, check=False, env={**sets, "HOME": "/"}, cwd=built.at(only("WORKDIR")),
        user=user, group=user, extra_groups=[] if user else None, umask=0o077, timeout=60,
    )  # fmt: skip


@pytest.mark.slow
def test_the_images_steps_make_a_program_that_its_own_user_can_run(built: Stages) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert program(built, "--version").stdout == f"armswatch, version {version}\n"
    checked = program(built, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{built.stage}/etc/armswatch" in checked.stdout
    assert f"{built.stage}/var/lib/armswatch" in checked.stdout
    probed = program(built, *probe())
    assert (probed.returncode, "No service runs here" in probed.stderr) == (7, True)


@pytest.mark.slow
def test_the_image_holds_no_tests_no_sources_and_nothing_to_install_with(built: Stages) -> None:
    assert sorted(path.name for path in built.stage.iterdir()) == ["etc", "opt", "var"]
    [packages] = (built.stage / "opt/armswatch/lib").glob("python3*/site-packages")
    names = {path.name for path in packages.iterdir()}
    assert {"armswatch", "config"} <= names
    assert not names & {"pip", "setuptools", "hatchling", "pytest", "mypy", "tests"}


@pytest.mark.slow
def test_the_user_owns_its_data_and_nothing_else(built: Stages) -> None:
    assert built.owners == {only("VOLUME"): only("USER")}


def probe() -> list[str]:
    _, _, command = only("HEALTHCHECK").partition(" CMD ")
    words = re.findall(r'"([^"]+)"', command)
    assert words[0] == "armswatch"
    return words[1:]


def test_what_the_image_starts_is_a_command_of_ours() -> None:
    assert only("ENTRYPOINT") == '["armswatch"]'
    assert parsed(re.findall(r'"([^"]+)"', only("CMD")))["log_format"] == "json"
    assert parsed(probe())["ready"] is False
    assert only("STOPSIGNAL") == "SIGTERM"


def test_the_image_is_no_roots_and_its_base_is_pinned() -> None:
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", only("USER"))
    [base] = [rest.partition("=")[2] for name, rest in dockerfile() if name == "ARG"]
    assert re.fullmatch(r"python:3\.\d+(\.\d+)?-slim-[a-z]+", base)
    assert {rest.split()[0] for name, rest in dockerfile() if name == "FROM"} == {"${PYTHON}"}


def test_every_package_of_the_program_is_sent_and_copied() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    copied = {
        rest.split()[0] for name, rest in dockerfile() if name == "COPY" and not rest.startswith(("--", "pyproject"))
    }
    assert copied == set(packages)
    [first] = [rest.split()[:-1] for name, rest in dockerfile() if name == "COPY" and rest.startswith("pyproject")]
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == copied | set(first)


def test_instructions_are_told_apart_from_comments_and_over_line_breaks() -> None:
    assert instructions("# a\nFROM x AS y\n\nRUN a && \\\n    # not this\n    b\n") == [
        ("FROM", "x AS y"),
        ("RUN", "a && b"),
    ]


def test_a_step_that_fails_fails_the_test(tmp_path: Path) -> None:
    stages = Stages(tmp_path / "image", tmp_path)
    (tmp_path / "image").mkdir()
    stages.do("FROM", "x")
    with pytest.raises(AssertionError, match="not there"):
        stages.do("RUN", "cat '/opt/not there'")
    with pytest.raises(FileNotFoundError):
        stages.do("COPY", "absent .")
