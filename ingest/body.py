"""Takes the raw bytes of a reply and gives back its document, within bounds. No input or output of its own.

HTTP clients inflate without bound (a 2 kB reply with two stacked codings reached 3.8 GB) and let a cut gzip stream
pass for a whole one; so we ask them for raw bytes and inflate here, a little at a time, up to a cap.
"""

from __future__ import annotations

import zlib
from enum import Enum
from typing import NoReturn

from ingest.model import Reason

_STEP = 65_536  # most that one call inflates: what is held beyond the cap
_MAX_MEMBERS = 100  # gzip members in one body; each costs an object, and may be empty
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW = 31, 15, -15


class _State(Enum):
    START = 0  # at the beginning of the body, or behind a gzip member
    PLAIN = 1
    INFLATING = 2
    DONE = 3  # what follows is garbage


class BodyRefused(Exception):
    """The body cannot be used; `reason` says why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


def coding_of(header: str) -> str:
    """Read a Content-Encoding header: `gzip`, `deflate`, or empty for none.

    Raises:
        BodyRefused: unknown, or more than one.
    """
    codings = [part.strip().lower() for part in header.split(",")]
    codings = [part for part in codings if part not in {"", "identity"}]
    if len(codings) > 1:
        raise BodyRefused(Reason.ENCODING, f"stacked Content-Encoding: {header}")
    coding = codings[0].removeprefix("x-") if codings else ""
    if coding not in {"", "gzip", "deflate"}:
        raise BodyRefused(Reason.ENCODING, f"unknown Content-Encoding: {header}")
    return coding


class BoundedBody:
    """Collects a body chunk by chunk, inflating as told.

    Args:
        coding: as `coding_of` gives it. A body without one that is a gzip file is inflated all the same
            (no feed begins with those bytes; site maps are often served so).
        max_bytes: most bytes the document may have, and most that may come over the wire.
    """

    def __init__(self, coding: str, max_bytes: int) -> None:
        self._coding = coding
        self._max_bytes = max_bytes
        self._wire_bytes = 0
        self._size = 0
        self._parts: list[bytes] = []
        self._held = b""  # the first bytes, until they tell the format
        self._state = _State.START
        self._inflate = zlib.decompressobj()
        self._members = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk.

        Raises:
            BodyRefused: too large, or not what it says it is.
        """
        self._wire_bytes += len(chunk)
        if self._wire_bytes > self._max_bytes:
            self._too_large()
        while chunk and self._state is not _State.DONE:
            if self._state is _State.PLAIN:
                self._keep(chunk)
                return
            chunk = self._run(chunk) if self._state is _State.INFLATING else self._begin(self._held + chunk)

    def finish(self) -> bytes:
        """Return the document.

        Raises:
            BodyRefused: the compressed stream is cut short.
        """
        cut = self._state is _State.START and self._coding and self._held and not self._members
        if cut or self._state is _State.INFLATING:
            raise BodyRefused(Reason.TRUNCATED, f"{self._coding or 'gzip'} body ends early, after {self._size} bytes")
        if not self._members:
            self._parts.append(self._held)
        return b"".join(self._parts)

    def _begin(self, data: bytes) -> bytes:
        """Tell the format by the first bytes, of the body or of a further gzip member; return what is to be read so."""
        if len(data) < len(_GZIP_MAGIC):
            self._held = data
            return b""
        self._held = b""
        if data.startswith(_GZIP_MAGIC) and self._coding != "deflate":
            self._open(_GZIP)
        elif self._members:
            self._state = _State.DONE
        elif self._coding == "gzip":
            raise BodyRefused(Reason.ENCODING, "Content-Encoding says gzip, and the body isn't")
        elif self._coding == "deflate":
            self._open(_ZLIB if _has_zlib_header(data) else _RAW)
        else:
            self._state = _State.PLAIN
        return data

    def _open(self, window_bits: int) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise BodyRefused(Reason.ENCODING, f"more than {_MAX_MEMBERS} gzip members")
        self._inflate = zlib.decompressobj(window_bits)
        self._state = _State.INFLATING

    def _run(self, data: bytes) -> bytes:
        """Inflate in steps; return what follows the end of the stream."""
        inflate = self._inflate
        while True:
            try:
                out = inflate.decompress(data, _STEP)
            except zlib.error as error:
                raise BodyRefused(Reason.ENCODING, f"broken {self._coding or 'gzip'} data: {error}") from error
            self._keep(out)
            if inflate.eof:
                self._state = _State.DONE if self._coding == "deflate" else _State.START
                return inflate.unused_data
            data = inflate.unconsumed_tail
            # A full step may leave output inside zlib though the input is used up.
            if not data and len(out) < _STEP:
                return b""

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max_bytes:
            self._too_large()
        self._parts.append(data)

    def _too_large(self) -> NoReturn:
        raise BodyRefused(Reason.TOO_LARGE, f"more than {self._max_bytes} bytes")


def _has_zlib_header(data: bytes) -> bool:
    """Tell zlib data, which `deflate` ought to be, from the raw deflate data that some servers send."""
    return data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0  # noqa: PLR2004 - RFC 1950
