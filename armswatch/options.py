"""What several commands share: options, loading the configuration, printing JSON."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from config.duration import parse_duration
from config.loader import Config, find, load

_WIDEST_PAGE = 110
Command = TypeVar("Command", bound=Callable[..., Any])


class DurationType(click.ParamType[timedelta]):
    """A duration on the command line: 30s, 15m, 6h, 2d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it, or say what was wanted."""
        if isinstance(value, timedelta):
            return value
        try:
            parsed: timedelta = parse_duration(value)
        except ValueError:
            self.fail(f"{value!r} is not a duration such as 30s, 15m, 6h or 2d.", param, ctx)
        return parsed


def config_option(command: Command) -> Command:
    """Add --config."""
    return click.option(
        "-c",
        "--config",
        "directory",
        type=click.Path(path_type=Path),
        help="Configuration directory; else $ARMSWATCH_CONFIG, ./config, ., ~/.config/armswatch, or the shipped one.",
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def load_config(directory: Path | None) -> Config:
    """Find and load the configuration.

    Raises:
        ConfigError: with every mistake.
    """
    return load(find(directory, os.environ, Path.cwd()), os.environ)


def print_json(value: Any) -> None:
    """Print one JSON value on standard output, readable, with text as it is."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def looks_like_url(text: str) -> bool:
    """Tell a web address from words."""
    return re.match(r"(?i)https?://\S+$", text) is not None


def print_struct(value: Any) -> None:
    """Print a struct, or a list of them, as readable JSON."""
    print_json(msgspec.to_builtins(value))


def page() -> tuple[int, bool]:
    """Tell the width of the page in columns, and whether it takes colour."""
    columns = shutil.get_terminal_size((100, 24)).columns
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return min(columns, _WIDEST_PAGE), colour
