"""JSON Feed, as the format says and as publishers write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.entries import RawEntry
from ingest.jsonfeed import JsonFeed, read_json
from ingest.model import Failed, Reason

VERSION = "https://jsonfeed.org/version/1.1"


def read(**fields: Any) -> JsonFeed:
    found = read_json(json.dumps({"version": VERSION, "items": [], **fields}))
    assert isinstance(found, JsonFeed)
    return found


def test_a_full_feed_is_read() -> None:
    found = read(
        title="A feed",
        language="en-GB",
        items=[
            {
                "id": "1",
                "url": "https://example.org/1",
                "title": "First",
                "summary": "Short",
                "content_html": "<p>Long</p>",
                "content_text": "Long",
                "date_published": "2025-11-21T10:00:00Z",
                "date_modified": "2025-11-22T10:00:00Z",
                "language": "de",
                "authors": [{"name": "A"}, {"name": "B"}],
                "tags": ["x", "y"],
            }
        ],
    )
    assert found == JsonFeed(
        "json11",
        "A feed",
        "en-GB",
        [
            RawEntry(
                guid="1",
                link="https://example.org/1",
                title="First",
                texts=("Short", "<p>Long</p>", "Long"),
                dates=("2025-11-21T10:00:00Z", "2025-11-22T10:00:00Z"),
                language="de",
                authors=("A", "B"),
                categories=("x", "y"),
            )
        ],
    )


def test_version_1_0_and_its_single_author() -> None:
    found = read(
        version="https://jsonfeed.org/version/1", items=[{"id": 7, "author": {"name": "A"}, "external_url": "u"}]
    )
    assert found.format == "json10"
    assert found.entries[0][:2] == ("7", "u")
    assert found.entries[0].authors == ("A",)


def test_wrong_shapes_are_taken_for_absent() -> None:
    found = read(
        title=["x"],
        items=[3, None, {"id": {}, "title": True, "tags": "x", "authors": [3, {"name": 4.5}], "author": "z"}],
    )
    assert found.title == ""
    assert found.entries == [RawEntry(texts=("", "", ""), dates=("", ""), authors=("4.5",))]


def test_lone_surrogates_are_replaced() -> None:
    assert read(title="a\ud800b").title == "a?b"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"error": "forbidden"}', Reason.NOT_A_FEED),
        ('{"items": []}', Reason.NOT_A_FEED),
        ('{"version": "1", "items": []}', Reason.NOT_A_FEED),
        (f'{{"version": "{VERSION}", "items": {{}}}}', Reason.NOT_A_FEED),
        ('{"version"', Reason.PARSE_ERROR),
        ('{"a":' * 100_000, Reason.PARSE_ERROR),
        ('{"a":' + "[" * 100_000, Reason.PARSE_ERROR),
        ('{"a":' + "9" * 5000 + "}", Reason.PARSE_ERROR),
    ],
)
def test_other_json_is_refused(text: str, reason: Reason) -> None:
    found = read_json(text)
    assert isinstance(found, Failed)
    assert found.reason == reason
    assert len(found.detail) < 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "url", "title", "tags", "authors", "name"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=4))
def test_any_items_are_a_value(items: list[Any]) -> None:
    assert len(read(items=items).entries) == sum(isinstance(item, dict) for item in items)
