"""Says in plain words what was wanted, where pydantic says what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.yaml_nodes import Path, Place, dotted, plain, printable
from core.errors import Mistake

_MAX_SHOWN = 60
_CREDENTIALS = re.compile(r"(//|^)[^/\s]*@")
_KEY = "[key]"  # pydantic's mark of an error about a key rather than its value
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
}
PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "a name of a-z, 0-9 and _, beginning with a letter",
    r"^[a-z0-9][a-z0-9-]*$": "a name of a-z, 0-9 and -, beginning with a letter or digit",
    r"^([a-z]{2,3}|any)$": "a language code such as en or ko, or any",
    r"^([a-z]{2,3})?$": "a language code such as en or ko",
    r"^([A-Z]{2})?$": "a country code such as KR or US",
    r"^\d{4}-\d{2}-\d{2}$": "a date such as 2024-06-19",
    r"^[0-9a-f]{64}$": "a SHA-256 in 64 hex digits",
    r"^[A-Za-z0-9._-]{0,100}$": "at most 100 letters, digits, dots, dashes and underscores",
}


def mistakes(error: ValidationError, model: type[BaseModel], data: Any, place: Place, file: str) -> Iterator[Mistake]:
    """Translate what pydantic found in `data`, one mistake for each value that is wrong.

    Args:
        error: what was raised.
        model: the model that refused.
        data: the plain data it was given.
        place: where that data stands in the file.
        file: its name, as shown to people.
    """
    found: dict[Path, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_path(detail, data), []).append(detail)
    parents = {path[:length] for path in found for length in range(len(path))}
    for path, details in found.items():
        sharp = [detail for detail in details if detail["type"] not in _KINDS]
        if all(detail["type"] == "literal_error" for detail in sharp):
            sharp = details  # a word of a few, or something of another type
        if sharp is details and path in parents:
            continue  # another form of the value is meant, and its parts are told
        wanted = " or ".join(dict.fromkeys(_wanted(detail, model, path) for detail in sharp))
        about_key = details[0]["loc"][-1:] == (_KEY,) or details[0]["type"] in ("missing", "extra_forbidden")
        value = "" if about_key else shown(details[0]["input"])
        yield Mistake(file, place.line_of(path), dotted(path), value, wanted)


def shown(value: Any) -> str:
    """Show a value briefly, without any password that stands in it."""
    match value:
        case str():
            text = _CREDENTIALS.sub(r"\1***@", value)
            if not text.isprintable() or not isinstance(plain(text), str):
                text = printable(json.dumps(text, ensure_ascii=False))
        case Mapping():
            return "keys with values"
        case Sequence():
            return f"a list of {len(value)}"
        case None:
            return "nothing"
        case _:
            text = json.dumps(value, default=str)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the known word that is meant, as a clause to append; empty when none is near."""
    near = get_close_matches(word[:_MAX_SHOWN].lower(), list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _path(detail: ErrorDetails, data: Any) -> Path:
    """Lead to a place in the data: pydantic's own path without the names of the alternatives it tried."""
    path: list[str | int] = []
    for step in detail["loc"]:
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int)):
            data = data[step]  # type: ignore[index]
            path.append(step)
    return (*path, detail["loc"][-1]) if detail["type"] == "missing" else tuple(path)


def _wanted(detail: ErrorDetails, model: type[BaseModel], path: Path) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _known_keys(model, path, [str(step) for step in detail["loc"]])
    if kind == "string_type" and isinstance(detail["input"], (bool, int, float)):
        return "text; put quotes around it"
    if context.get("min_length") == 1:
        return "not empty"
    if kind in _LIMITS:
        return _LIMITS[kind].format(**{name: _short(value) for name, value in context.items()})
    if kind in _WORDS:
        return _WORDS[kind](detail)
    return _KINDS.get(kind, detail["msg"])


_WORDS: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _detail: "this key is required",
    "value_error": lambda detail: str(detail["ctx"]["error"]),
    "literal_error": lambda detail: _one_of(str(detail["ctx"]["expected"]), detail["input"]),
    "string_pattern_mismatch": lambda detail: PATTERNS.get(detail["ctx"]["pattern"], detail["msg"]),
}
_LIMITS = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
}


def _short(bound: Any) -> Any:
    return f"{bound:g}" if isinstance(bound, float) else bound


def _one_of(expected: str, value: Any) -> str:
    words = re.findall(r"'([^']*)'", expected)
    if len(words) == 1:
        return str(words[0])
    return f"one of {', '.join(words)}" + (did_you_mean(value, words) if isinstance(value, str) else "")


def _known_keys(model: type[BaseModel], path: Path, steps: Sequence[str]) -> str:
    """Say which keys there are instead: of the alternative that was taken, whose name is among pydantic's steps."""
    schema, key = _schema(model), str(path[-1])
    forms = forms_at(schema, path[:-1], steps)
    for form in forms:
        if told := form.get("x-instead", {}).get(key):
            return str(told)
    for other in forms_at(schema, path[:-1]):
        if key in other.get("properties", {}) and other not in forms:
            return f"only with {_mark(other)}"
    known = sorted({name for form in forms for name in form.get("properties", {})})
    return f"one of {', '.join(known)}{did_you_mean(key, known)}"


def _mark(form: Mapping[str, Any]) -> str:
    """Name the key and value by which an alternative is chosen."""
    return next(
        f"`{key}: {' or '.join(node.get('enum') or [node['const']])}`"
        for key, node in form["properties"].items()
        if "const" in node or "enum" in node
    )


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def forms_at(schema: dict[str, Any], path: Path, chosen: Sequence[str] = ()) -> list[dict[str, Any]]:
    """List the shapes that a value may have at the end of a path; of alternatives only the chosen, where any is."""
    forms = _forms(schema, schema, chosen)
    for step in path:
        inner = [form.get("items") if isinstance(step, int) else _property(form, step) for form in forms]
        forms = [form for each in inner if each for form in _forms(each, schema, chosen)]
    return forms


def _property(form: dict[str, Any], key: str) -> dict[str, Any]:
    found = form.get("properties", {}).get(key) or form.get("additionalProperties") or {}
    for inner in form.get("patternProperties", {}).values():
        found = found or inner
    return found if isinstance(found, dict) else {}


def _forms(node: dict[str, Any], schema: dict[str, Any], chosen: Sequence[str]) -> list[dict[str, Any]]:
    """List the alternatives that a node of a schema allows, references followed."""
    if "$ref" in node:
        return _forms(schema["$defs"][_name(node)], schema, chosen)
    if "oneOf" in node:
        taken = [each for each in node["oneOf"] if _name(each) in chosen] or node["oneOf"]
        return [form for each in taken for form in _forms(each, schema, chosen)]
    return [form for each in node["anyOf"] for form in _forms(each, schema, chosen)] if "anyOf" in node else [node]


def _name(node: dict[str, Any]) -> str:
    """Name the part of a schema that a node refers to."""
    return str(node["$ref"]).rpartition("/")[2]
