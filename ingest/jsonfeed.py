"""JSON Feed 1.0 and 1.1, read with the tolerance that XML feeds get. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ingest.entries import RawEntry
from ingest.model import Failed, Reason


class JsonFeed(NamedTuple):
    """A JSON Feed as found."""

    format: str
    title: str
    language: str
    entries: list[RawEntry]


def read_json(text: str) -> JsonFeed | Failed:
    """Read a JSON Feed. What has another shape than the format says is taken for absent."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Failed(Reason.PARSE_ERROR, f"JSON: {str(error)[:100]}")
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return Failed(Reason.NOT_A_FEED, "JSON without a list of items")
    version = _text(value, "version")
    if "jsonfeed.org" not in version:
        return Failed(Reason.NOT_A_FEED, "JSON that doesn't call itself a JSON Feed")
    name = "json11" if version.rstrip("/").endswith("1.1") else "json10"
    entries = [_entry(item) for item in value["items"] if isinstance(item, dict)]
    return JsonFeed(name, _text(value, "title"), _text(value, "language"), entries)


def _entry(item: Mapping[str, Any]) -> RawEntry:
    authors = [*_list(item, "authors"), item.get("author")]
    return RawEntry(
        guid=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        texts=tuple(_text(item, key) for key in ("summary", "content_html", "content_text")),
        dates=(_text(item, "date_published"), _text(item, "date_modified")),
        language=_text(item, "language"),
        authors=tuple(_text(author, "name") for author in authors if isinstance(author, dict)),
        categories=tuple(_plain(tag) for tag in _list(item, "tags")),
    )


def _list(value: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _text(value: Mapping[str, Any], key: str) -> str:
    return _plain(value.get(key))


def _plain(value: Any) -> str:
    """Take a string or a number (some give their ids so) as text, with lone surrogates replaced."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = value if isinstance(value, str) else repr(value)
    return text.encode("utf-8", "replace").decode("utf-8")
