"""What is made from the models: schemas, the settings file, the reference page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config import places
from config.loader import load
from config.reference import MODELS, main, outputs, schema
from config.settings import Settings
from config.wording import PATTERNS
from config.yaml_nodes import read
from tests.config.tree import GOOD, TOPIC, write

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/configuration.md").read_text("utf-8")


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from nodes(each)


def keys(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for node in nodes(schema(name)):
        yield from node.get("properties", {}).items()


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema(name))


@pytest.mark.parametrize("path", outputs(ROOT), ids=str)
def test_what_is_made_from_the_models_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == outputs(ROOT)[path], "run python -m config.reference --write"


def test_the_check_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_stale_files_are_named_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path) == 1
    assert "config/schema/topic.schema.json" in capsys.readouterr().out
    assert main(["--write"], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert (tmp_path / "docs/reference/configuration.md").read_text("utf-8") == PAGE


@pytest.mark.parametrize("name", MODELS)
def test_every_key_has_a_sentence_and_stands_in_the_reference(name: str) -> None:
    for key, node in keys(name):
        assert node.get("description") or "$ref" in node, key
        assert f"| `{key}` |" in PAGE


@pytest.mark.parametrize("name", MODELS)
def test_every_section_has_a_sentence(name: str) -> None:
    assert all(section["description"] for section in schema(name)["$defs"].values())


@pytest.mark.parametrize("name", MODELS)
def test_every_pattern_is_said_in_words_too(name: str) -> None:
    for node in nodes(schema(name)):
        pattern = node.get("pattern")
        if isinstance(pattern, str):
            assert pattern in PATTERNS or "ms|" in pattern or "http" in pattern


@pytest.mark.parametrize("name", MODELS)
def test_schemas_are_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_every_link_of_the_page_leads_to_a_heading() -> None:
    headings = {heading.lower() for heading in re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)}
    links = set(re.findall(r"\]\(#(\w+)\)", PAGE))

    assert links
    assert links <= headings


def test_the_settings_file_with_every_comment_taken_away_says_the_defaults(tmp_path: Path) -> None:
    text = (places.packaged() / "armswatch.yaml").read_text("utf-8")
    assert read(text, "f").data is None
    _, _, keys_only = text.partition("\n\n")
    live = re.sub(r"^# (?! )(?=[^a-z]|[a-z_]+ (?!\S*:))", "# # ", keys_only, flags=re.MULTILINE)
    live = re.sub(r"^# ", "", live, flags=re.MULTILINE)

    config = load(write(tmp_path, {**GOOD, "armswatch.yaml": live}), {})

    assert config.settings.model_copy(update={"data_dir": None}) == Settings()
    assert set(read(live, "f").data) == set(Settings.model_fields)
    assert set(read(live, "f").data["polling"]) == set(type(Settings().polling).model_fields)


SHIPPED = [("armswatch", places.SETTINGS), ("feeds", places.FEEDS)]
SHIPPED += [("topic", f"topics/{path.name}") for path in places.topic_files(places.packaged())]


@pytest.mark.parametrize(("name", "file"), SHIPPED)
def test_shipped_files_follow_their_schemas_and_name_them(name: str, file: str) -> None:
    path = places.packaged() / file
    text = path.read_text("utf-8")
    first = text.partition("\n")[0]
    document = read(text, file)

    validator(name).validate(document.data or {})

    assert document.mistakes == ()
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == places.packaged() / f"schema/{name}.schema.json"


@pytest.mark.parametrize(
    ("name", "text", "good"),
    [
        ("armswatch", "polling: {interval: 5m}", True),
        ("armswatch", "polling: {interval: 0s}", False),
        ("armswatch", "polling: {backlog_age: 0s}", True),
        ("armswatch", "polling: {interval: 5}", False),
        ("armswatch", "polling: {intervall: 5m}", False),
        ("armswatch", "log: {partitions: 0}", False),
        ("feeds", "feeds: []", False),
        ("feeds", "feeds: [{url: 'ftp://x'}]", False),
        ("feeds", "feeds: [{url: 'https://x', interval: ~}]", True),
        ("feeds", "feeds: [{url: 'https://x', kind: blog}]", False),
        ("topic", TOPIC, True),
        ("topic", TOPIC + "threshold: 1", False),
        ("topic", TOPIC.replace("[dprk]", "[{any: [dprk]}]"), True),
        ("topic", TOPIC.replace("  dprk:", "  DPRK:"), False),
    ],
)
def test_schemas_agree_with_the_models(name: str, text: str, good: bool) -> None:
    data = read(text, "f").data

    assert validator(name).is_valid(data) == good
    if good:
        MODELS[name].model_validate(data, strict=True)
    else:
        with pytest.raises(ValidationError):
            MODELS[name].model_validate(data, strict=True)


@given(st.text(alphabet="0159.smhdw", max_size=9))
def test_schema_and_model_agree_on_durations(text: str) -> None:
    data = {"polling": {"interval": text}}
    try:
        Settings.model_validate(data, strict=True)
    except ValidationError as error:
        too_long_or_short = "36500d" in str(error) or "longer than 0s" in str(error)
        assert not validator("armswatch").is_valid(data) or too_long_or_short
    else:
        assert validator("armswatch").is_valid(data)
