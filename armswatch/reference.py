"""Makes the reference pages of commands, reason codes and alerts out of the code that they describe.

`python -m armswatch.reference --write` brings them up to date in a source tree; `--check` tells whether they are.
What a line of the code says of itself, it says in the comment at its end: so do exit codes and the fields of an alert.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import msgspec

from armswatch import exits
from armswatch.asyncapi import SCHEMA_FILE, asyncapi
from armswatch.cli import cli
from core import reasons, types

_ROOT = Path(__file__).resolve().parent.parent
_PAGES = Path("docs/reference")
_MADE = "Made from the code by `python -m armswatch.reference --write`; do not edit.\n"
_ALERT_PARTS = (types.Alert, types.AlertData, types.Evidence, types.Span, types.AlertSource, types.Times)
_FIELD = re.compile(r"^    (\w+)(?:: (?P<type>[^=#]+?))?(?: = [^#]+?)?(?:  # (?P<says>.+))?$")
_REASON = re.compile(r'^    "(?P<code>\w+)": ')
_HEADING = re.compile(r"^    # (?P<says>.+)$")
_SCALARS: Mapping[str, str] = {
    "str": "text", "int": "whole number", "float": "number", "datetime": "time", "bool": "`true`, `false`",
}  # fmt: skip
_COMMANDS_HEAD = f"""\
# Commands

{_MADE}
Results go to standard output; everything said beside them goes to standard error. Commands that print data take
`--json`. Every command takes `-h`. Options of `armswatch` itself stand before the command: `armswatch -v once`.

Colour is used on a terminal only; the environment variable `NO_COLOR`, set to anything, turns it off. Which
configuration and which data a command works on is told in [configuration](configuration.md).
"""
_REASONS_HEAD = f"""\
# Reason codes

{_MADE}
Whatever is refused, cut, doubted or kept silent has a reason code. `armswatch status`, `why`, `alerts --silent` and
`feeds test` show the words; log lines and `--json` hold the code. Counts of them, by feed, are in the key `counters`
of `armswatch status --json`.
"""
_ALERTS_HEAD = f"""\
# Alerts

{_MADE}
An alert is a [CloudEvents 1.0](https://cloudevents.io/) envelope in structured JSON mode. It is what
`armswatch alerts --format jsonl` and `armswatch once --format jsonl` print, one object on each line, and what stands on
the log topic `armswatch.alerts.<topic>`. Its JSON Schema is [alert.schema.json](alert.schema.json); the topics are
described by [asyncapi.json](asyncapi.json).

Times are ISO 8601 in UTC. Text is plain text, as published; it is not safe to put into HTML unescaped. Fields may be
added: a reader must ignore those it doesn't know. A change that breaks readers raises the number in `dataschema`.

[Consume alerts](../how-to/consume-alerts.md) shows how to use them, and
[subscribe with Kafka](../how-to/subscribe-with-kafka.md) how to get them from a cluster.
"""


def commands_page() -> str:
    """Make the page of every command, its options, help, examples, and the exit codes."""
    parts = [_COMMANDS_HEAD, *_exit_codes()]
    parts += _command(cli, ["armswatch"])
    return "\n".join(parts) + "\n"


def _exit_codes() -> Iterator[str]:
    says = {name: text for name, _, text in _fields(exits.Exit)}
    yield "## Exit codes\n\n| code | name | |\n|---|---|---|"
    for code in exits.Exit:
        yield f"| {code.value} | {code.name.lower().replace('_', ' ')} | {says[code.name]} |"
    yield "| 130 | stopped | interrupted with Ctrl-C |\n"


def _command(command: click.Command, path: Sequence[str]) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join([*path, *command.collect_usage_pieces(context)])
    yield f"{'#' * min(len(path) + 1, 3)} `{' '.join(path)}`\n\n```text\n{usage}\n```\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    options = [param for param in command.params if isinstance(param, click.Option)]
    if options:
        yield "| option | default | |\n|---|---|---|"
        yield from (_option(option, context) for option in options)
        yield ""
    if command.epilog:
        yield _epilog(command.epilog)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if found := command.get_command(context, name):
                yield from _command(found, [*path, name])


def _option(option: click.Option, context: click.Context) -> str:
    written = ", ".join(f"`{name}`" for name in option.opts)
    if not option.is_flag:
        written += f" {_cell(_wanted(option, context))}"
    default = option.default if isinstance(option.default, str | int | float) and not option.is_flag else ""
    return f"| {written} | {f'`{default}`' if default else ''} | {_cell(option.help or '')} |"


def _wanted(option: click.Option, context: click.Context) -> str:
    if not isinstance(option.type, click.IntRange | click.FloatRange):
        return option.make_metavar(context)
    limits = option.type
    return f"NUMBER ({limits.min:g} to {limits.max:g})" if limits.max is not None else f"NUMBER (from {limits.min:g})"


def _epilog(text: str) -> str:
    """Write what stands below a command's help. A paragraph that click is told not to wrap holds examples."""
    paragraphs = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        marked, _, body = paragraph.partition("\n")
        head, _, examples = body.partition("\n")
        paragraphs.append(
            f"{head}\n\n```sh\n{inspect.cleandoc(examples)}\n```\n" if marked == "\b" else f"{paragraph}\n"
        )
    return "\n".join(paragraphs)


def reasons_page() -> str:
    """Make the page of reason codes, in the groups that their table has."""
    parts = [_REASONS_HEAD]
    for line in inspect.getsource(reasons).splitlines():
        if heading := _HEADING.match(line):
            parts.append(f"\n## {heading['says'].capitalize()}\n\n| code | |\n|---|---|\n")
        elif reason := _REASON.match(line):
            parts.append(f"| `{reason['code']}` | {_cell(reasons.WORDS[reason['code']])} |\n")
    return "".join(parts)


def alerts_page() -> str:
    """Make the page of an alert's fields."""
    parts = [_ALERTS_HEAD]
    for part in _ALERT_PARTS:
        parts += [f"\n## {part.__name__}\n\n{inspect.getdoc(part)}\n\n", "| field | type | |\n|---|---|---|\n"]
        values = {field.name: field.default for field in msgspec.structs.fields(part)}
        for name, kind, says in _fields(part):
            value = f": `{values[name]}`" if isinstance(values[name], str) and values[name] else ""
            parts.append(f"| `{name}` | {_type(kind)}{value} | {_cell(_marked(says))} |\n")
    return "".join(parts)


def alert_schema() -> str:
    """Make the JSON Schema of an alert. It allows fields that it doesn't know, as readers must."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(types.Alert)}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": defaults["dataschema"]}
    schema = {**head, **msgspec.json.schema(types.Alert)}
    for part in _ALERT_PARTS:
        properties = schema["$defs"][part.__name__]["properties"]
        for name, kind, says in _fields(part):
            properties[name] |= {"description": says.replace("None", "null")}
            if kind.startswith("datetime"):  # or null, which no format holds for
                properties[name]["format"] = "date-time"
    return json.dumps(schema, indent=2) + "\n"


def _fields(cls: type) -> Iterator[tuple[str, str, str]]:
    """Give name, annotation and comment of each field of a class, as its source has them.

    Raises:
        LookupError: one has no comment.
    """
    for line in inspect.getsource(cls).splitlines():
        if found := _FIELD.match(line):
            if not found["says"]:
                raise LookupError(f"{cls.__name__}.{found[1]} has no comment that says what it is")
            yield found[1], found["type"] or "", found["says"]


def _type(annotation: str) -> str:
    """Say in words what a field holds."""
    if annotation.endswith(" | None"):
        return f"{_type(annotation.removesuffix(' | None'))} or `null`"
    if listed := re.fullmatch(r"tuple\[(\w+), \.\.\.\]", annotation):
        return f"list of: {_type(listed[1])}"
    if annotation in {part.__name__ for part in _ALERT_PARTS}:
        return f"[{annotation}](#{annotation.lower()})"
    alias = getattr(types, annotation, None)
    if choices := getattr(alias, "__args__", None):
        return ", ".join(f"`{choice}`" for choice in choices)
    return _SCALARS.get(annotation, "text")


def _marked(says: str) -> str:
    return re.sub(r'"([^"]+)"', r"`\1`", says.replace("None", "`null`"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def outputs(root: Path) -> dict[Path, str]:
    """Map every file that is made from the code to what it must hold."""
    pages = {
        "commands.md": commands_page(),
        "reasons.md": reasons_page(),
        "alerts.md": alerts_page(),
        SCHEMA_FILE: alert_schema(),
        "asyncapi.json": asyncapi(),
    }
    return {root / _PAGES / name: text for name, text in pages.items()}


def main(arguments: Sequence[str], root: Path = _ROOT) -> int:
    """Write the files (`--write`), or name those that are out of date (`--check`) and return 1."""
    made = outputs(root)
    stale = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if "--write" in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], "utf-8")
        sys.stdout.write(f"{path.relative_to(root)}\n")
    return 1 if stale and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
