"""Reads what stands in deploy/, and asks the real command line and the real loader about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from armswatch.cli import cli
from config import places
from config.loader import Config, load
from config.log_settings import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
SCHEMAS = Path(__file__).resolve().parent / "schemas"


def schema(name: str) -> Any:
    """Read a vendored schema."""
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))


def documents(path: Path) -> list[Any]:
    """Read every YAML document of a file."""
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each is not None]


def parsed(line: Sequence[str]) -> Mapping[str, Any]:
    """Have the real command line parse what stands after `armswatch`, without running it.

    Raises:
        click.UsageError: it doesn't parse.
    """
    context = cli.make_context("armswatch", list(line))
    command = cli.get_command(context, line[0])
    if command is None:
        raise click.UsageError(f"no command {line[0]}")
    return command.make_context(line[0], list(line[1:]), parent=context).params


def configured(settings: Path, directory: Path) -> Config:
    """Load settings in the place of the shipped ones, as they are mounted over those of the image.

    Raises:
        ConfigError: they have mistakes.
    """
    places.init(directory)
    (directory / places.SETTINGS).write_text(settings.read_text(encoding="utf-8"), encoding="utf-8")
    return load(directory, {PASSWORD: "from the environment"})


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Split a Dockerfile into its instructions: their names, and what follows; comments and line breaks are gone."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = [line.split(None, 1) for line in joined.splitlines()]
    return [(name, " ".join(rest.split())) for name, rest in pairs]


def dockerfile() -> list[tuple[str, str]]:
    """Read the instructions of the image."""
    return instructions((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))


def only(name: str) -> str:
    """Give the last instruction of a name in the Dockerfile: what holds for the image."""
    return [rest for each, rest in dockerfile() if each == name][-1]
