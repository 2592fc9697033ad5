"""The bounded body: every coding, every way it can be broken, and a cap that holds."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.body import BodyRefused, BoundedBody, coding_of
from ingest.model import Reason

CAP = 1_000_000
TEXT = b"<rss>" + b"item " * 5000 + b"</rss>"


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zlib": zlib.compress,
    "raw": raw_deflate,
}


def unpack(coding: str, *chunks: bytes, cap: int = CAP) -> bytes:
    body = BoundedBody(coding, cap)
    for chunk in chunks:
        body.feed(chunk)
    return body.finish()


def refusal(coding: str, *chunks: bytes, cap: int = CAP) -> Reason:
    with pytest.raises(BodyRefused) as caught:
        unpack(coding, *chunks, cap=cap)
    return caught.value.reason


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        ("gzip", gzip.compress(TEXT) + b"garbage behind it"),
        ("gzip", gzip.compress(TEXT) + b"\x00"),
        ("gzip", gzip.compress(TEXT) + b"\x00" * 500),
        ("deflate", zlib.compress(TEXT) + b"garbage"),
        ("deflate", zlib.compress(TEXT) + gzip.compress(b"more")),
    ],
    ids=["plain", "gzip", "zlib", "raw deflate", "a gzip file", "two members", "garbage", "one byte", "zeros",
         "zlib and garbage", "zlib and gzip"],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
def test_a_body_is_given_back_whole_however_it_is_chunked(coding: str, sent: bytes, size: int) -> None:
    chunks = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert unpack(coding, *chunks) == TEXT


@given(st.binary(max_size=5000), st.sampled_from(["gzip", "zlib", "raw"]), st.integers(1, 50))
def test_what_was_packed_comes_back(data: bytes, how: str, size: int) -> None:
    sent = PACK[how](data)
    chunks = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert unpack("gzip" if how == "gzip" else "deflate", *chunks) == data


@given(st.sampled_from(["", "gzip", "deflate"]), st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_end_in_a_body_or_a_refusal(coding: str, chunks: list[bytes]) -> None:
    try:
        size = len(unpack(coding, *chunks, cap=1000))
    except BodyRefused:
        size = 0
    assert size <= 1000


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_no_bytes_are_an_empty_document(coding: str) -> None:
    assert unpack(coding) == unpack(coding, b"") == b""


def test_one_byte_is_a_document_unless_it_should_be_packed() -> None:
    assert unpack("", b"x") == b"x"
    assert refusal("gzip", b"\x1f") is Reason.TRUNCATED


@pytest.mark.parametrize("cut", [3, 10, 18, 40])
def test_a_cut_stream_is_told(cut: int) -> None:
    assert refusal("gzip", gzip.compress(TEXT)[:-cut]) is Reason.TRUNCATED
    assert refusal("deflate", zlib.compress(TEXT)[:-cut]) is Reason.TRUNCATED
    assert refusal("gzip", gzip.compress(TEXT), gzip.compress(TEXT)[:-cut]) is Reason.TRUNCATED
    assert refusal("", gzip.compress(TEXT)[:-cut]) is Reason.TRUNCATED


def test_broken_data_is_told() -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 0xFF  # the checksum
    assert refusal("gzip", bytes(packed)) is Reason.ENCODING
    assert refusal("gzip", b"<rss>not packed at all</rss>") is Reason.ENCODING
    assert refusal("deflate", b"<rss>not packed at all</rss>") is Reason.ENCODING


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_the_cap_holds_to_the_byte(coding: str) -> None:
    pack = PACK[coding]
    assert len(unpack(coding, pack(b"x" * 70_000), cap=70_000)) == 70_000
    assert refusal(coding, pack(b"x" * 70_001), cap=70_000) is Reason.TOO_LARGE


def test_a_bomb_is_refused_in_little_memory() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    tracemalloc.start()
    try:
        assert refusal("gzip", bomb, cap=2_000_000) is Reason.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()


def test_what_comes_over_the_wire_is_capped_though_it_inflates_to_nothing() -> None:
    assert refusal("gzip", *[gzip.compress(b"")] * 101) is Reason.ENCODING
    assert refusal("gzip", gzip.compress(b"x"), *[b"garbage" * 100] * 20, cap=10_000) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("header", "coding"),
    [("", ""), ("identity", ""), ("gzip", "gzip"), ("GZIP", "gzip"), ("x-gzip", "gzip"), ("deflate", "deflate"),
     (" gzip , identity", "gzip"), (",", "")],
)  # fmt: skip
def test_codings_that_are_read(header: str, coding: str) -> None:
    assert coding_of(header) == coding


@pytest.mark.parametrize("header", ["br", "zstd", "gzip, gzip", "deflate, gzip", "gzip;q=1", "compress", "none"])
def test_codings_that_are_refused(header: str) -> None:
    with pytest.raises(BodyRefused) as caught:
        coding_of(header)
    assert caught.value.reason is Reason.ENCODING
