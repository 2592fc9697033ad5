"""What is remembered of the last document of each feed, so that the next one need not be parsed as a whole.

Nothing depends on it: what is forgotten is parsed again. It lives in the process that polls, as bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import msgspec

from core.types import FeedId
from ingest.entries import Recollection

MAX_BYTES = 128_000_000  # of all feeds together: some 40,000 feeds of 50 entries

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(dict[bytes, Recollection])


def remember(digests: Sequence[bytes], recollections: Sequence[Recollection | None]) -> bytes:
    """Encode what is remembered of a document's entries; of one without a digest nothing is."""
    kept = {digest: each for digest, each in zip(digests, recollections, strict=False) if digest and each}
    return _encoder.encode(kept) if kept else b""


def recall(memory: bytes) -> Mapping[bytes, Recollection]:
    """Decode it: digest -> what is remembered of that entry."""
    return _decoder.decode(memory) if memory else {}


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
