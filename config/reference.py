"""Makes the JSON schemas, the settings file to start from, and the reference page out of the models.

`python -m config.reference --write` brings them up to date in a source tree; `--check` tells whether they are.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from config import duration, places, topic
from config.duration import format_duration
from config.settings import FeedsFile, Settings
from config.topic import TopicFile
from config.wording import PATTERNS

MODELS: dict[str, type[BaseModel]] = {"armswatch": Settings, "feeds": FeedsFile, "topic": TopicFile}
_ROOT = Path(__file__).resolve().parent.parent
_PAGE = Path("docs/reference/configuration.md")
_FILES = {"armswatch": places.SETTINGS, "feeds": places.FEEDS, "topic": f"{places.TOPICS}/*.yaml"}
_WIDTH = 118
_INTRODUCTION = """\
# Configuration

Made from the models by `python -m config.reference --write`; do not edit.

A configuration is a directory with `armswatch.yaml` (it may be absent), `feeds.yaml`, and `topics/*.yaml`, one topic
a file. Without a `topics/` directory the packaged topics are used. `armswatch init DIR` writes a configuration to
start from. Every mistake is told at once, with file, line, key, and what is wanted; nothing runs on a configuration
with mistakes. A running service reads the files again when they change; with mistakes it keeps what it has.

**Which directory**, the first that fits: `--config DIR`; `$ARMSWATCH_CONFIG`; `./config` with an `armswatch.yaml` or
`feeds.yaml`; the current directory with an `armswatch.yaml`; `armswatch` in `$XDG_CONFIG_HOME` (`~/.config`); the
packaged defaults.

**Where data goes**, the first that fits: `$ARMSWATCH_DATA_DIR`; the key `data_dir`; `$STATE_DIRECTORY` (set by
systemd); `armswatch` in `$XDG_STATE_HOME` (`~/.local/state`).

**YAML** is read by the core schema of YAML 1.2: only `true` and `false` are yes and no, so `language: no` is
Norwegian; dates and times are text. Each key counts once. Tags are refused. Unknown keys are mistakes.

**Durations** are a number and a unit, also several in a row: `ms`, `s`, `m`, `h`, `d`, `w`; so `30s`, `15m`, `1h30m`.

**Secrets** never stand in these files; an address with a user name or password in it is refused. They are in files of
their own or in environment variables, as told below.

**Every key of `log`** may come from an environment variable too, which goes before the file: `$ARMSWATCH_LOG_` and the
key in capitals, with `_` for each dot. So `log.kind` is `$ARMSWATCH_LOG_KIND`, and `log.tls.ca` is
`$ARMSWATCH_LOG_TLS_CA`. A list is written with commas; `$ARMSWATCH_LOG_TLS` set to `true` is `tls: {}`. An empty
variable counts as unset, and one that begins so but names no key is a mistake.

**Files** named in `armswatch.yaml` are relative to the configuration directory; `~` is your home.

A key marked *restart* only counts after the service was started anew; all others do when the file is saved.
"""
_SETTINGS_HEAD = """\
# yaml-language-server: $schema=schema/armswatch.schema.json
#
# How the program works. Every key is shown with its default. To change one, take away the "# " before it, and before
# the name of its section.
"""


class _Generator(GenerateJsonSchema):
    """Writes durations as people do, and says of a section only that all its keys have defaults."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return format_duration(dft)
        return {} if isinstance(dft, BaseModel) else super().encode_default(dft)


def schema(name: str) -> dict[str, Any]:
    """Make the JSON Schema of a configuration file, for editors and checks."""
    made = MODELS[name].model_json_schema(schema_generator=_Generator)
    return {"$schema": _Generator.schema_dialect, "title": _FILES[name], **_tidied(made)}


def _tidied(node: Any) -> Any:
    """Drop the titles that pydantic makes of key names (a key named `title` stays), and allow no other names."""
    if isinstance(node, list):
        return [_tidied(each) for each in node]
    if not isinstance(node, dict):
        return node
    tidied = {key: _tidied(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    return {**tidied, "additionalProperties": False} if "patternProperties" in node else tidied


def settings_file() -> str:
    """Make the `armswatch.yaml` to start from: every key in comments, with its default."""
    made = schema("armswatch")
    lines = [_SETTINGS_HEAD]
    for key, node in made["properties"].items():
        inner = _referred(node, made)
        lines += _comment(_sentence(node, made), "# ")
        if "properties" not in inner:
            lines.append(f"# {key}: ~/.local/state/armswatch\n")
            continue
        lines.append(f"# {key}:")
        for name, leaf in inner["properties"].items():
            lines += [*_comment(_sentence(leaf, made), "#   # "), f"#   {name}: {_default(leaf)}"]
        lines.append("")
    return "\n".join(lines)


def _comment(sentence: str, sign: str) -> list[str]:
    return textwrap.wrap(sentence, _WIDTH, initial_indent=sign, subsequent_indent=sign, break_on_hyphens=False)


def page() -> str:
    """Make the reference page."""
    parts = [_INTRODUCTION]
    for name in MODELS:
        made = schema(name)
        parts.append(f"\n## `{_FILES[name]}`\n\n{made['description']}\n")
        parts += _tables(made)
    parts.append(f"\n## Terms of a topic\n\n```text\n{(topic.__doc__ or '').partition(chr(10))[2].strip()}\n```\n")
    return "".join(parts)


def _tables(made: dict[str, Any]) -> Iterator[str]:
    yield _table(made, made)
    for name, inner in made["$defs"].items():
        yield f"\n### {name}\n\n{inner['description']}\n{_table(inner, made)}"


def _table(node: dict[str, Any], made: dict[str, Any]) -> str:
    rows = ["", "| key | type | default | |", "|---|---|---|---|"]
    for key, leaf in node["properties"].items():
        default = "*required*" if key in node.get("required", ()) else f"`{_default(leaf)}`"
        restart = " *restart*" if leaf.get("x-restart") else ""
        if ("$ref" in leaf or "oneOf" in leaf) and default != "*required*":
            default = ""
        rows.append(
            f"| `{key}` | {_type(leaf)} | {default} | {_sentence(leaf, made).replace('|', chr(92) + '|')}{restart} |"
        )
    return "\n".join([*rows, ""])


def _sentence(node: dict[str, Any], made: dict[str, Any]) -> str:
    found: str = node.get("description") or _referred(node, made)["description"]
    return found


def _referred(node: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference; of alternatives, to the one that the default is of."""
    if "oneOf" in node:
        node = node["oneOf"][0]
    found: dict[str, Any] = made["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    return found


def _default(node: dict[str, Any]) -> str:
    value = node.get("default")
    if value is None:
        return "none"
    if isinstance(value, str):
        return value if value and value.isalnum() else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _type(node: dict[str, Any]) -> str:
    """Say in words what a node of a schema takes."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "oneOf" in node:
        return " or ".join(map(_type, node["oneOf"]))
    if "anyOf" in node:
        return " or ".join(_type(each) for each in node["anyOf"] if each.get("type") != "null")
    if "enum" in node or "const" in node:
        return ", ".join(f"`{word}`" for word in node.get("enum", [node.get("const")]))
    return _TYPES[node["type"]](node)


def _text(node: dict[str, Any]) -> str:
    pattern = node.get("pattern", "")
    if pattern in (duration.PATTERN, duration.POSITIVE_PATTERN):
        return "duration"
    return PATTERNS.get(pattern, "text")


_TYPES: dict[str, Callable[[dict[str, Any]], str]] = {
    "array": lambda node: f"list of: {_type(node['items'])}",
    "object": lambda node: f"by name: {_type(next(iter(node['patternProperties'].values())))}",
    "integer": lambda node: f"whole number {_limits(node)}",
    "number": lambda node: f"number {_limits(node)}",
    "boolean": lambda _node: "`true`, `false`",
    "string": _text,
}


def _limits(node: dict[str, Any]) -> str:
    low, above = node.get("minimum"), node.get("exclusiveMinimum")
    high, below = node.get("maximum"), node.get("exclusiveMaximum")
    start = f"from {low}" if low is not None else f"above {above}"
    return f"{start} to {high}" if high is not None else f"{start} below {below}"


def outputs(root: Path) -> dict[Path, str]:
    """Map every file that is made from the models to what it must hold."""
    made = {root / "config" / places.SETTINGS: settings_file(), root / _PAGE: page()}
    for name in MODELS:
        text = json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"
        made[root / "config" / places.SCHEMA / f"{name}.schema.json"] = text
    return made


def main(arguments: Sequence[str], root: Path = _ROOT) -> int:
    """Write the files (`--write`), or name those that are out of date (`--check`) and return 1."""
    stale = [path for path, text in outputs(root).items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if "--write" in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(outputs(root)[path], "utf-8")
        sys.stdout.write(f"{path.relative_to(root)}\n")
    return 1 if stale and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
