"""The documents say what the program does: nothing is left out, and nothing is named that isn't there."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import pytest

from armswatch import topics, tuning
from armswatch.cli import cli
from armswatch.exits import Exit
from armswatch.reference import main, outputs
from config import places
from config.loader import Config, load
from config.reference import MODELS, schema
from core.errors import ConfigError
from core.reasons import WORDS
from core.types import Alert, AlertData, AlertSource, Evidence, Span, Times
from delivery.topic_report import report_text
from tests.test_architecture import modules

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
HOWTO = {path.name: path.read_text("utf-8") for path in (DOCS / "how-to").glob("*.md")}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def fenced(text: str, language: str) -> list[str]:
    return [found[2] for found in _FENCE.finditer(text) if found[1] == language]


# ------ commands


def commands(
    command: click.Command = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, f"{name} is listed and cannot be loaded"
            yield from commands(found, (*path, name))


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_in_the_reference(path: tuple[str, ...]) -> None:
    heading = f"# `{' '.join(['armswatch', *path])}`\n"
    text = page("reference/commands.md")
    assert heading in text
    section = re.split(r"^#", text.partition(heading)[2], maxsplit=1, flags=re.MULTILINE)[0]
    for param in COMMANDS[path].params:
        for name in param.opts if isinstance(param, click.Option) else ():
            assert f"`{name}`" in section


@pytest.mark.parametrize(
    "path", [path for path, each in COMMANDS.items() if not isinstance(each, click.Group)], ids=" ".join
)
def test_every_command_has_help_and_an_example(path: tuple[str, ...]) -> None:
    assert COMMANDS[path].help
    assert f"armswatch {' '.join(path)}" in (COMMANDS[path].epilog or "")


@pytest.mark.parametrize("code", Exit)
def test_every_exit_code_is_in_the_reference(code: Exit) -> None:
    assert re.search(
        rf"^\| {code.value} \| {code.name.lower().replace('_', ' ')} \| .+ \|$",
        page("reference/commands.md"),
        re.MULTILINE,
    )


def shell_commands() -> Iterator[tuple[str, str]]:
    """Give every call of the program in a fenced block of shell, with the document it stands in."""
    epilogs = [("help", each.epilog or "") for each in COMMANDS.values()]
    blocks = [(path.name, block) for path in PAGES for block in fenced(path.read_text("utf-8"), "sh")]
    for where, block in [*blocks, *epilogs]:
        for line in block.replace("\\\n", " ").splitlines():
            for call in re.findall(r"(?:^|[\s/(;&|])armswatch ([a-z][^|;&)#]*)", line):
                yield where, call.strip()


@pytest.mark.parametrize(("where", "call"), sorted(set(shell_commands())))
def test_every_call_in_the_documents_is_one_the_program_takes(where: str, call: str) -> None:
    words = shlex.split(re.split(r"\s{3,}|\s\d?>", call)[0].replace("<<<", ""))
    command: click.Command = cli
    path: tuple[str, ...] = ()
    while words and isinstance(command, click.Group) and (*path, words[0]) in COMMANDS:
        path = (*path, words.pop(0))
        command = COMMANDS[path]
    assert path, f"{where}: there is no command {words[0]}"
    known = {name for param in command.params for name in param.opts} | {"-h", "--help"}
    unknown = [word for word in words if word.startswith("-") and word not in known]
    assert not unknown, f"{where}: armswatch {' '.join(path)} has no {unknown}"


def test_calls_are_found_in_the_documents_at_all() -> None:
    found = set(shell_commands())
    assert {where for where, _ in found} >= {"README.md", "tutorial.md", "recover.md", "help"}
    assert len(found) > 40


# ------ configuration, reasons, alerts


def keys(name: str) -> set[str]:
    made = schema(name)
    return {key for node in (made, *made["$defs"].values()) for key in node.get("properties", {})}


@pytest.mark.parametrize("name", MODELS)
def test_every_key_of_the_configuration_is_in_the_reference(name: str) -> None:
    text = page("reference/configuration.md")
    assert [key for key in keys(name) if f"\n| `{key}` |" not in text] == []


def test_keys_named_in_the_how_tos_are_keys() -> None:
    made = schema("armswatch")
    sections = {
        key: {
            name
            for form in node.get("oneOf", [node])
            for name in made["$defs"][form["$ref"].rpartition("/")[2]]["properties"]
        }
        for key, node in made["properties"].items()
        if "$ref" in node or "oneOf" in node
    }
    for name, text in {**HOWTO, "tutorial.md": page("tutorial.md")}.items():
        for section, key in re.findall(r"`(log|polling|network|alerts)\.(\w+)`", text):
            if key not in ("sqlite", "yaml"):  # a file
                assert key in sections[section], f"{name}: {section}.{key}"


@pytest.mark.parametrize("code", WORDS)
def test_every_reason_code_is_in_the_reference(code: str) -> None:
    assert f"\n| `{code}` | {WORDS[code]} |\n" in page("reference/reasons.md")


def test_codes_that_the_how_tos_explain_exist() -> None:
    table = HOWTO["add-feeds.md"].partition("| code |")[2].partition("\n\n")[0]
    codes = [
        code for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for code in re.findall(r"`(\w+)`", cell)
    ]
    assert codes
    assert set(codes) <= WORDS.keys()


@pytest.mark.parametrize("part", [Alert, AlertData, Evidence, Span, AlertSource, Times], ids=lambda part: part.__name__)
def test_every_field_of_an_alert_is_in_the_reference(part: type[msgspec.Struct]) -> None:
    section = page("reference/alerts.md").partition(f"\n## {part.__name__}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .+ \|$", section, re.MULTILINE)
    assert rows == [field.encode_name for field in msgspec.structs.fields(part)]


def test_the_alert_shown_to_programmers_is_one() -> None:
    (example,) = fenced(HOWTO["consume-alerts.md"], "json")
    alert = msgspec.json.decode(example, type=Alert)
    again = msgspec.json.decode(msgspec.json.encode(alert))
    assert shape(again) == shape(json.loads(example))
    assert alert.type == f"org.armswatch.alert.{alert.data.level}"


def shape(value: object) -> object:
    """Keep the keys and drop the values."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else None


# ------ log lines


class Said(NamedTuple):
    event: str
    fields: frozenset[str]


def said(path: Path) -> Iterator[Said]:
    """Find the log lines that a module writes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        function, first = node.func, node.args[0].value
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
        logs = name in {"debug", "info", "warning", "error", "exception"} and owner.endswith(("_log", "_talk"))
        if isinstance(first, str) and (logs or name in {"_trouble", "tell"}):
            yield Said(first, frozenset(each.arg for each in node.keywords if each.arg) - {"exc_info", "level"})


SAID = sorted(
    {each for _, path in modules() for each in said(path)}, key=lambda each: (each.event, sorted(each.fields))
)


def test_every_module_that_logs_is_heard() -> None:
    silent = [name for name, path in modules() if "get_logger(" in path.read_text("utf-8") and not list(said(path))]
    assert silent == []
    assert len(SAID) > 25


@pytest.mark.parametrize("line", SAID, ids=lambda line: line.event)
def test_every_log_line_is_in_the_reference_with_its_fields(line: Said) -> None:
    row = re.search(rf"^\| `{line.event}` \|.*$", page("reference/log-lines.md"), re.MULTILINE)
    assert row, f"{line.event} is not on the page"
    assert [field for field in line.fields if f"`{field}`" not in row[0]] == []


def test_the_reference_names_no_log_line_that_is_never_written() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| ", page("reference/log-lines.md"), re.MULTILINE)) == {
        line.event for line in SAID
    }


def test_log_lines_named_elsewhere_exist() -> None:
    text = "\n".join([*HOWTO.values(), page("tutorial.md")])
    named = re.findall(r"logs? (?:says )?`(\w+)`|says `(\w+)`", text)
    assert named
    assert {one or other for one, other in named} <= {line.event for line in SAID}


# ------ pages, links, versions


@pytest.mark.parametrize("path", outputs(ROOT), ids=lambda path: path.name)
def test_what_is_made_from_the_code_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == outputs(ROOT)[path], "run python -m armswatch.reference --write"


def test_stale_pages_are_named_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out.split() == [str(path.relative_to(tmp_path)) for path in outputs(tmp_path)]
    assert main(["--write"], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        assert not anchor or anchor in anchors(found), link


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_page_can_be_reached_from_the_readme(path: Path) -> None:
    reached: set[Path] = set()
    left = [ROOT / "README.md"]
    while left:
        here = left.pop()
        reached.add(here)
        for link in _LINK.findall(here.read_text("utf-8")):
            target = (here.parent / link.partition("#")[0]).resolve()
            files = target.glob("*.md") if target.is_dir() else [target]
            left += [file for file in files if file.suffix == ".md" and file.exists() and file not in reached]
    assert path in reached


def test_the_changelog_is_of_this_version() -> None:
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    blocks = [block for path in PAGES for block in fenced(path.read_text("utf-8"), "sh")]
    named = {name for block in blocks for name in re.findall(r"^make (\w+)", block, re.MULTILINE)}
    assert named
    assert named <= targets


# ------ the tutorial


def test_the_tutorial_tunes_the_topic_as_it_says(tmp_path: Path) -> None:
    text = page("tutorial.md")
    taught, unless, example = fenced(text, "yaml")
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text(text.partition("labelled.jsonl <<EOF\n")[2].partition("EOF\n")[0], "utf-8")
    title = str(json.loads(labelled.read_text("utf-8").splitlines()[0])["title"])
    places.init(tmp_path / "desk")
    file = tmp_path / "desk" / "topics" / "russia-dprk-arms.yaml"

    def config() -> Config:
        return load(tmp_path / "desk", {"HOME": str(tmp_path)})

    def edit(old: str, new: str) -> None:
        before = file.read_text("utf-8")
        assert before.count(old) == 1, old
        file.write_text(before.replace(old, new), "utf-8")

    before = topics.explain(config(), None, title, "")
    assert before["near_miss"]
    assert f"near miss, score {before['score']:.2f}" in text

    edit(taught.replace("skyfish*, ", ""), taught)
    assert topics.explanation_text(topics.explain(config(), None, title, "")).splitlines()[0] + "\n" in fenced(
        text, "text"
    )
    (told,) = [block for block in fenced(text, "text") if block.startswith("F1 ")]
    printed = iter(report_text(tuning.measure(config(), None, labelled)).splitlines())
    assert [line for line in told.splitlines() if line != "..." and line not in printed] == []

    concept = file.read_text("utf-8").partition("\n  artillery:\n")[2].partition("\n  weapons:\n")[0]
    edit(concept, f"{concept}\n{unless.rstrip()}")
    assert tuning.measure(config(), None, labelled)["f1"] == 1

    edit("must_not_match:\n", example)
    assert tuning.measure(config(), None, labelled)["f1"] == 1
    edit(unless, "")
    with pytest.raises(ConfigError, match="must_not_match"):
        topics.explain(config(), None, title, "")


def test_the_mistake_in_the_tutorial_is_told_as_it_says(tmp_path: Path) -> None:
    text = page("tutorial.md")
    places.init(tmp_path / "desk")
    feeds = text.partition("feeds.yaml <<EOF\n")[2].partition("EOF\n")[0]
    (tmp_path / "desk" / "feeds.yaml").write_text(feeds, "utf-8")
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "desk", {"HOME": str(tmp_path)})
    assert f"armswatch: {told.value}\n" in fenced(text, "text")
    settings = text.partition("armswatch.yaml <<EOF\n")[2].partition("EOF\n")[0]
    (tmp_path / "desk" / "armswatch.yaml").write_text(settings, "utf-8")
    assert load(tmp_path / "desk", {"HOME": str(tmp_path)}).enabled_feeds
