"""Reads files of labelled items: JSON Lines, every bad line told by its number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from core.errors import UserError

LABELS: Final = ("on", "off", "borderline")
_TEXTS: Final = ("title", "summary", "lang", "facet", "url", "story", "episode")
_TOLD: Final = 20  # bad lines; of more, the number
_REMEDY: Final = """
Each line is one JSON object: {"title": text, "summary": text, "lang": "en", "label": "on", "off" or "borderline"}."""


def read_labelled(file: Path) -> list[dict[str, str]]:
    """Read the items of a file, each with its `line`. Empty lines are passed over.

    Raises:
        UserError: the file cannot be read, or lines are not what they should be; names each of them.
    """
    rows: list[dict[str, str]] = []
    wrong: list[str] = []
    for number, line in _lines(file):
        try:
            rows.append({**parse_labelled(line), "line": str(number)})
        except ValueError as error:
            wrong.append(f"{file}:{number}: {error}")
    if wrong:
        more = [f"and {len(wrong) - _TOLD} more lines"] if len(wrong) > _TOLD else []
        raise UserError("\n  ".join([f"Not labelled items ({len(wrong)}):", *wrong[:_TOLD], *more]), _REMEDY)
    return rows


def parse_labelled(line: bytes) -> dict[str, str]:
    """Read one line; keep what is known of it, as text.

    Raises:
        ValueError: says what is wrong with it.
    """
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 from byte {error.start} of the line on") from error
    except RecursionError as error:
        raise ValueError("not JSON: too many levels, one inside the other") from error
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error
    wrong = _wrong(row)
    if wrong:
        raise ValueError(wrong)
    return {key: _unicode(str(row[key])) for key in ("label", "id", *_TEXTS) if row.get(key) not in (None, "")}


def _wrong(row: Any) -> str:
    if not isinstance(row, dict):
        return "not a JSON object"
    if row.get("label") not in LABELS:
        return "no label" if "label" not in row else f"not a label: {_shown(row['label'])}"
    for key in _TEXTS:
        if not isinstance(row.get(key, ""), str | None):
            return f"{key}: text is wanted, not {_shown(row[key])}"
    if not isinstance(row.get("id", ""), str | int | None):
        return f"id: text or a whole number is wanted, not {_shown(row['id'])}"
    return "" if row.get("title") or row.get("summary") else "neither title nor summary"


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.", "Name a file of labelled items.") from error


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - enough to know it again


def _unicode(text: str) -> str:
    """Put a question mark for each half of a surrogate pair: JSON may hold one, and nothing can print it."""
    return text.encode("utf-8", "replace").decode()
