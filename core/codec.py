"""Bytes to values and back: JSON, by an explicit table of types. Never pickle."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from core.errors import CodecError
from core.types import Alert, DeadLetter, FeedState, Item, Match, Story

T = TypeVar("T", Item, FeedState, Match, Story, Alert, DeadLetter)

_encoder = msgspec.json.Encoder()
_decoders: dict[type, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind) for kind in (Item, FeedState, Match, Story, Alert, DeadLetter)
}


def encode(value: Item | FeedState | Match | Story | Alert | DeadLetter) -> bytes:
    """Write a value as UTF-8 JSON."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise CodecError(type(value).__name__, f"text that is not Unicode: {error.reason}") from error


def decode(kind: type[T], data: bytes) -> T:
    """Read a value of the given kind.

    Raises:
        CodecError: if the bytes are not JSON of that shape.
    """
    try:
        value: T = _decoders[kind].decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CodecError(kind.__name__, str(error)) from error
    return value
