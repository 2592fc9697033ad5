from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from core.codec import decode, encode
from core.errors import CodecError
from core.types import Alert, DeadLetter, FeedState, Item, Match, Story
from tests.archive.make import alert, feed, item, letter, match, member, story

VALUES = (item(), feed(), match(), story([member()]), alert(), letter())


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was(value: Item | FeedState | Match | Story | Alert | DeadLetter) -> None:
    kind: type[Any] = type(value)
    assert decode(kind, encode(value)) == value


def test_a_field_that_a_later_version_adds_is_passed_over() -> None:
    assert decode(Item, encode(item())[:-1] + b',"later":1}') == item()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"id":1}', b'"\\ud800"'])
def test_what_is_no_such_value_is_told_with_its_kind(data: bytes) -> None:
    with pytest.raises(CodecError, match="Item"):
        decode(Item, data)


def test_half_a_character_is_refused_before_it_reaches_the_log() -> None:
    with pytest.raises(CodecError, match="not Unicode"):
        encode(replace(item(), title="\ud800"))
