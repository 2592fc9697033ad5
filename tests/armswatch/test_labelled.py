"""Files of labelled items, right and wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armswatch.labelled import parse_labelled, read_labelled
from core.errors import UserError


def test_items_are_read_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(
        '\ufeff{"label": "on", "title": "북한", "id": 7, "lang": null, "note": [1]}\n\n'
        '{"label": "off", "summary": "Rain", "facet": "far"}'.encode()
    )
    assert read_labelled(file) == [
        {"label": "on", "title": "북한", "id": "7", "line": "1"},
        {"label": "off", "summary": "Rain", "facet": "far", "line": "3"},
    ]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"{", "not JSON: "),
        (b"[1]", "not a JSON object"),
        (b"[" * 100_000, "not JSON: "),
        (b'{"title": "x"}', "no label"),
        (b'{"title": "x", "label": "maybe"}', 'not a label: "maybe"'),
        (b'{"title": "x", "label": ["on"]}', 'not a label: ["on"]'),
        (b'{"title": 5, "label": "on"}', "title: text is wanted, not 5"),
        (b'{"title": "x", "label": "on", "lang": ["en"]}', "lang: text is wanted"),
        (b'{"title": "x", "label": "on", "id": 1.5}', "id: text or a whole number is wanted, not 1.5"),
        (b'{"label": "on"}', "neither title nor summary"),
        (b'{"label": "on", "title": "", "summary": null}', "neither title nor summary"),
        (b'{"label": "on", "title": "\xff"}', "not UTF-8 from byte 26"),
        (b'{"label": "' + b"x" * 90 + b'"}', 'not a label: "xxx'),
    ],
)
def test_a_bad_line_is_told(line: bytes, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        parse_labelled(line)


def test_half_a_surrogate_pair_becomes_something_that_can_be_printed() -> None:
    assert parse_labelled(rb'{"label": "on", "title": "a\ud800b"}')["title"] == "a?b"


def test_every_bad_line_is_named_and_of_many_the_number(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"label": "on", "title": "x"}\n' + "oops\n" * 30, "utf-8")
    with pytest.raises(UserError) as told:
        read_labelled(file)
    text = str(told.value)
    assert f"{file}:2: not JSON" in text
    assert f"{file}:21: not JSON" in text
    assert f"{file}:22:" not in text
    assert "and 10 more lines" in text


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_labelled(tmp_path)
