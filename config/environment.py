"""Settings that come from environment variables: every key of `log`, as $ARMSWATCH_LOG_ and its name in capitals."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from config import wording
from config.log_settings import SECRETS, EmbeddedLog, KafkaLog
from config.topic import Model
from config.yaml_nodes import Path
from core.errors import Mistake

_PREFIX = "ARMSWATCH_LOG_"
_SECTION = "log"
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


class Overlaid(NamedTuple):
    """Data with what the environment says in the place of what the file says."""

    data: Any
    origins: Mapping[Path, str]  # path of a key -> the variable that it came from
    mistakes: tuple[Mistake, ...]


class _Key(NamedTuple):
    path: Path
    kind: Any  # bool, int, list, str, or a model for a section that may be switched on as a whole


def variables() -> dict[str, Path]:
    """List the variables that there are, but for secrets, with the path of the key that each sets."""
    return {name: key.path for name, key in _keys().items()}


def secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Pick the secrets out of the environment."""
    return {name: environ[name] for name in SECRETS if environ.get(name)}


def overlay(data: Any, environ: Mapping[str, str]) -> Overlaid:
    """Put the environment's settings over those of the file. Empty variables count as unset."""
    given = {name: value for name, value in environ.items() if name.startswith(_PREFIX) and value}
    keys = _keys()
    mistakes = tuple(_unknown(name, keys) for name in sorted(given) if name not in keys and name not in SECRETS)
    usable = isinstance(data, dict) and isinstance(data.get(_SECTION), dict | None)
    if not usable:
        return Overlaid(data, {}, mistakes)
    made = {**data}
    origins: dict[Path, str] = {}
    for name in sorted(given.keys() & keys.keys(), key=lambda each: len(keys[each].path)):
        key = keys[name]
        _put(made, key.path, _read(given[name], key.kind))
        origins[key.path] = f"${name}"
    return Overlaid(made, origins, mistakes)


def renamed(mistake: Mistake, origins: Mapping[Path, str]) -> Mistake:
    """Blame the variable rather than the file, where a value came from one."""
    for path, variable in origins.items():
        if mistake.key.partition("[")[0] == ".".join(map(str, path)):
            return mistake._replace(file=variable, line=None)
    return mistake


def _keys() -> dict[str, _Key]:
    found: dict[str, _Key] = {}
    for model in (EmbeddedLog, KafkaLog):
        for key in _walk(model, (_SECTION,)):
            found[_PREFIX + "_".join(map(str, key.path[1:])).upper()] = key
    return found


def _walk(model: type[Model], path: Path) -> Iterator[_Key]:
    for name, field in model.model_fields.items():
        here = (*path, name)
        sections = [kind for kind in _kinds(field.annotation) if isinstance(kind, type) and issubclass(kind, Model)]
        if sections:
            if not any(inner.is_required() for section in sections for inner in section.model_fields.values()):
                yield _Key(here, sections[0])
            for section in sections:
                yield from _walk(section, here)
        else:
            yield _Key(here, _plain(field))


def _plain(field: FieldInfo) -> Any:
    kinds = [get_origin(kind) or kind for kind in _kinds(field.annotation)]
    return next((kind for kind in (bool, int, list) if kind in kinds), str)


def _kinds(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _kinds(each)
    else:
        yield annotation


def _read(text: str, kind: Any) -> Any:
    """Read a value as the file would; what cannot be read stays text, to be told as a mistake."""
    if kind is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is int:
        return int(text) if text.isascii() and text.isdecimal() else text
    if kind is bool:
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else text
    if kind is not str:
        return {} if text.lower() in _TRUE else None if text.lower() in _FALSE else text
    return text


def _put(data: dict[Any, Any], path: Path, value: Any) -> None:
    """Set a value, with copies of what it lies in: the file's own data stays as it was."""
    for step in path[:-1]:
        inner = data.get(step)
        data[step] = dict(inner) if isinstance(inner, dict) else {}
        data = data[step]
    data[path[-1]] = value


def _unknown(name: str, keys: Mapping[str, _Key]) -> Mistake:
    known = [*keys, *SECRETS]
    near = get_close_matches(name, known, n=1)
    wanted = f"a variable that there is; did you mean ${near[0]}?" if near else "a variable that there is"
    return Mistake(f"${wording.shown(name)}", None, "", "", wanted)
