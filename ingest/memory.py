"""What is remembered of the last document of each feed, so that the next one need not be parsed as a whole.

Nothing depends on it: what is forgotten is parsed again. It lives in the process that polls, as bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from core.types import FeedId
from ingest.cut import Key, Tag
from ingest.entries import Recollection

MAX_BYTES = 128_000_000  # of all feeds together: some 40,000 feeds of 50 entries

_encoder = msgspec.msgpack.Encoder()


class Recalled(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a document."""

    tag: Tag | None = None
    entries: dict[bytes, dict[bytes, Recollection]] = {}  # context -> digest -> what is remembered of that entry

    def contexts(self) -> dict[bytes, bytes]:
        """Give the context of each entry, by its digest."""
        return {digest: context for context, digests in self.entries.items() for digest in digests}


_decoder = msgspec.msgpack.Decoder(Recalled)


def remember(tag: Tag, keys: Iterable[Key | None], recollections: Iterable[Recollection | None]) -> bytes:
    """Encode what is remembered of a document's entries; of one without a key nothing is."""
    entries: dict[bytes, dict[bytes, Recollection]] = {}
    for key, recollection in zip(keys, recollections, strict=False):
        if key and recollection:
            entries.setdefault(key.context, {})[key.digest] = recollection
    return _encoder.encode(Recalled(tag, entries)) if entries else b""


def recall(memory: bytes) -> Recalled:
    """Decode it."""
    return _decoder.decode(memory) if memory else Recalled()


class Memory:
    """The memories of many feeds; when they grow too large, those go whose feeds were polled longest ago."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._feeds: OrderedDict[FeedId, bytes] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        """How much is held, the dictionary's own share left out."""
        return self._bytes

    def of(self, feed: FeedId) -> bytes:
        """Give what is remembered of a feed's last document; empty when nothing is."""
        return self._feeds.get(feed, b"")

    def keep(self, feed: FeedId, memory: bytes) -> None:
        """Remember this of a feed from now on."""
        self._bytes += len(memory) - len(self._feeds.pop(feed, b""))
        if memory:
            self._feeds[feed] = memory
        while self._bytes > self._max_bytes:
            _, dropped = self._feeds.popitem(last=False)
            self._bytes -= len(dropped)
