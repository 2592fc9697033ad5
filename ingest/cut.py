"""Where the entries of an XML feed stand in its bytes, and the document without some of them. Pure.

The feed parser takes .3 ms an entry and a poll rarely brings more than one, so entries whose very bytes were parsed
before are cut out. That changes nothing else only where no entry leaves traces in the parser that reach the next one.
Its source says which do; a document with anything of that kind, or unusual in any way, is not taken apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from enum import IntFlag
from itertools import pairwise
from typing import NamedTuple
from xml.parsers import expat

_DIGEST_BYTES = 12
_RDF_DEPTH = 2  # of an item in RDF, and of an entry in Atom; in RSS a channel stands between
_RSS_DEPTH = 3
_XML_TYPES = ("xhtml", "xml")


class Pieces(NamedTuple):
    """A document taken apart."""

    data: bytes
    spans: tuple[tuple[int, int], ...]  # of each entry, in order
    digests: tuple[bytes, ...]  # of each entry and all else that bears on it; empty: it has to stay


class _Kind(IntFlag):
    """What an element may do to the parser's state, by its local name."""

    OTHER = 0
    ENTRY = 1
    FRAME = 2  # the root and the channel
    TEXT = 4  # its handlers count how deep in texts they are, and lose count when one stands in another
    DIV = 8  # in a text that isn't declared to be XML it shifts the languages and bases of all that follows
    HOLDER = 16  # what stands in it goes to the feed's own data
    TITLE = 32  # the feed's title is taken by how deep the last title stood
    LASTING = 64  # before an entry, it changes how that one's texts are taken


_TEXTS = (
    "title subtitle tagline rights copyright description abstract info browserfriendly summary content encoded fullitem"
    " body"
)
_KINDS = {
    **dict.fromkeys(_TEXTS.split(), _Kind.TEXT),
    **dict.fromkeys(("item", "entry"), _Kind.ENTRY),
    **dict.fromkeys(("rss", "feed", "rdf", "channel"), _Kind.FRAME),
    **dict.fromkeys(("image", "textinput"), _Kind.HOLDER),
    **dict.fromkeys(("summary", "content", "encoded", "fullitem", "body"), _Kind.TEXT | _Kind.LASTING),
    "title": _Kind.TEXT | _Kind.TITLE,
    "div": _Kind.DIV,
}


def take_apart(text: str, context: str) -> Pieces | None:
    """Find the entries of a document; None where they can't safely be cut out.

    Args:
        text: the document, its charset decoded; what it declares is ignored.
        context: all that bears on what its entries mean and is not in it.
    """
    data = text.encode("utf-8", "replace")
    survey = _Survey(data, context)
    try:
        survey.run()
    except (_Unusual, expat.ExpatError):
        return None
    return Pieces(data, tuple(survey.spans), tuple(survey.digests))


def without(pieces: Pieces, known: Collection[bytes]) -> bytes:
    """Write the document without the entries whose digests are known."""
    cut = [span for span, digest in zip(pieces.spans, pieces.digests, strict=True) if digest in known]
    edges = [0, *(edge for span in cut for edge in span), len(pieces.data)]
    return b"".join(pieces.data[start:stop] for start, stop in list(pairwise(edges))[::2])


class _Unusual(Exception):
    """The document is not to be taken apart."""


class _Survey:
    """One pass over a document. Its handlers run for every element: they do little."""

    def __init__(self, data: bytes, context: str) -> None:
        self.spans: list[tuple[int, int]] = []
        self.digests: list[bytes] = []
        self._data = data
        self._context = hashlib.blake2b(context.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES)
        self._parser = expat.ParserCreate("utf-8", " ")
        self._kinds: dict[str, _Kind] = {}
        self._uris: dict[str | None, set[str | None]] = {}  # prefix -> what it was bound to
        self._depth = 0
        self._entry_depth = 0  # 0 until the frame is known
        self._entry_name = ""
        self._start = -1  # of the entry that is open
        self._in_channel = False
        self._is_after_lasting = False  # something that lasts stands before the next entry
        self._binds = False  # the element that comes, or the entry that is open, binds a namespace for the first time
        self._text_depth = 0  # of the text that is open
        self._is_xml = False  # so it is declared
        self._holder_depth = 0
        self._has_base = b"base" in data.lower()
        self._is_based = False  # the root has a base, so that others' end with their elements

    def run(self) -> None:
        parser = self._parser
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.StartNamespaceDeclHandler = self._bind
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(self._data, True)
        if not self.spans:
            raise _Unusual

    def _refuse(self, *_: object) -> None:
        raise _Unusual

    def _bind(self, prefix: str | None, uri: str | None) -> None:
        """Note a namespace: the parser keeps it to the end of the document, whoever declared it."""
        uris = self._uris.setdefault(prefix, set())
        if uri in uris:
            return
        if prefix and uris:
            raise _Unusual
        uris.add(uri)
        self._context.update(f"{prefix}\0{uri}\0".encode("utf-8", "replace"))
        self._binds = True

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = _kind(name)
        if self._has_base and attributes:
            self._check_base(attributes)
        if self._start < 0:
            self._open_outside(name, kind, attributes)
        elif kind & (_Kind.ENTRY | _Kind.FRAME):
            raise _Unusual
        if kind or self._text_depth or self._holder_depth:
            self._check(kind, attributes)

    def _open_outside(self, name: str, kind: _Kind, attributes: Mapping[str, str]) -> None:
        if kind & _Kind.ENTRY:
            if not self._is_expected(name):
                raise _Unusual
            self._entry_name = name
            self._start = self._parser.CurrentByteIndex
            return
        self._binds = False
        if kind & _Kind.FRAME:
            self._open_frame(name, attributes)
        elif kind & _Kind.TITLE and self.spans:
            raise _Unusual
        elif kind & _Kind.LASTING:
            self._is_after_lasting = True

    def _is_expected(self, name: str) -> bool:
        return (
            self._depth == self._entry_depth
            and name == (self._entry_name or name)
            and (self._in_channel or self._entry_depth != _RSS_DEPTH)
        )

    def _open_frame(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2].lower()
        if self._depth == 1 and local != "channel":
            self._entry_depth = _RSS_DEPTH if local == "rss" else _RDF_DEPTH
        elif self._depth == _RDF_DEPTH and local == "channel":
            self._in_channel = True
        else:
            raise _Unusual
        self._context.update(repr((name, sorted(attributes.items()))).encode("utf-8", "replace"))

    def _check(self, kind: _Kind, attributes: Mapping[str, str]) -> None:
        if self._text_depth:
            if kind & _Kind.TEXT or (kind & _Kind.DIV and not self._is_xml):
                raise _Unusual
        elif kind & _Kind.TEXT:
            self._text_depth = self._depth
            self._is_xml = attributes.get("type", "").lower().endswith(_XML_TYPES)
        if self._start >= 0:
            if self._holder_depth:
                raise _Unusual
            if kind & _Kind.HOLDER:
                self._holder_depth = self._depth

    def _check_base(self, attributes: Mapping[str, str]) -> None:
        for name, value in attributes.items():
            if name.rpartition(" ")[2].lower() == "base":
                if self._depth == 1:
                    self._is_based = value.startswith(("http://", "https://"))
                elif not self._is_based:
                    raise _Unusual

    def _close(self, _name: str) -> None:
        depth = self._depth
        if depth == self._text_depth:
            self._text_depth = 0
        if depth == self._holder_depth:
            self._holder_depth = 0
        if self._start >= 0 and depth == self._entry_depth:
            self._end_entry()
        if depth == _RDF_DEPTH:
            self._in_channel = False
        self._depth = depth - 1

    def _end_entry(self) -> None:
        start, tag = self._start, self._parser.CurrentByteIndex
        stop = self._data.find(b">", tag) + 1
        if self._data[tag : tag + 2] != b"</":
            raise _Unusual  # an empty one
        digest = b""
        if not self._binds and not self._is_after_lasting:
            hashed = self._context.copy()
            hashed.update(self._data[start:stop])
            digest = hashed.digest()
        self.spans.append((start, stop))
        self.digests.append(digest)
        self._start, self._binds, self._is_after_lasting = -1, False, False


def _kind(name: str) -> _Kind:
    uri, _, local = name.rpartition(" ")
    if local == "content" and "search.yahoo.com/mrss" in uri.lower():
        return _Kind.OTHER  # a picture
    return _KINDS.get(local.lower(), _Kind.OTHER)
