"""Where the entries of an XML feed stand in its bytes, and the document without those that are known. Pure.

The feed parser takes .3 ms an entry and a poll rarely brings more than one, so entries whose very bytes were parsed
before are cut out. That changes nothing else only where no entry leaves traces in the parser that reach the next one.
Its source says which do; a document with anything of that kind, or unusual in any way, is not taken apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat

_DIGEST_BYTES = 12
_CONTEXT_BYTES = 8
_MARK_TARGET = "known"
_MARK = b"<?known?>"  # stands where an entry was cut out; the feed parser overlooks it
_CHANNEL_DEPTH = 2  # and that of an item in RDF, and of an entry in Atom
_RSS_DEPTH = 3  # of an item
_XML_TYPES = ("xhtml", "xml")


class Key(NamedTuple):
    """What an entry is known by: the same key, the same meaning."""

    digest: bytes  # hash of its bytes
    context: bytes  # hash of all outside the entry that bears on it


class Tag(NamedTuple):
    """The element that is an entry, in one document."""

    name: str  # its namespace and name
    start: bytes  # how its tag is written, as in `<item`


class Pieces(NamedTuple):
    """A document taken apart."""

    rest: bytes  # without the entries that were cut out
    keys: tuple[Key | None, ...]  # of each entry, in order; None: it must not be remembered
    cut: tuple[bool, ...]  # of each entry, whether it was cut out
    tag: Tag


def take_apart(data: bytes, context: str, known: Mapping[bytes, bytes], tag: Tag | None) -> Pieces | None:
    """Find the entries of a document, and cut out the known ones; None where that isn't safe.

    Args:
        data: the document in UTF-8, whatever it declares.
        context: all that bears on what its entries mean and isn't in it.
        known: the digests of entries to cut out, each with its context.
        tag: of the document that the known entries are from.
    """
    pieces = _skim(data, context, known, tag) if known and tag else None
    if pieces:
        return pieces
    try:
        survey = _Survey(data, context)
        survey.run()
    except (_Unusual, expat.ExpatError):
        return None
    cut = tuple(key is not None and known.get(key.digest) == key.context for key in survey.keys)
    edges = [0]
    for span, is_cut in zip(survey.spans, cut, strict=True):
        edges += span if is_cut else ()
    edges.append(len(data))
    rest = _MARK.join(data[start:stop] for start, stop in zip(edges[::2], edges[1::2], strict=True))
    return Pieces(rest, tuple(survey.keys), cut, Tag(survey.name, _tag_start(data, survey.spans[0][0])))


def _skim(data: bytes, context: str, known: Mapping[bytes, bytes], tag: Tag) -> Pieces | None:
    """Cut out known entries before looking at the document; None where they don't stand where entries do.

    That is as exact as looking at all of it, and costs a tenth. What is known are whole elements without errors; so
    the document is what is left of it, with these elements where the marks are, if the marks stand between entries.
    """
    pieces, marks = _split(data, known, tag)
    rest = _MARK.join(pieces)
    survey = _Survey(rest, context, tag.name, _offsets(pieces, marks))
    try:
        survey.run()
    except (_Unusual, expat.ExpatError):
        return None
    if survey.met < len(marks):
        return None
    return Pieces(rest, tuple(survey.keys), tuple(span == _NOWHERE for span in survey.spans), tag)


def _split(data: bytes, known: Mapping[bytes, bytes], tag: Tag) -> tuple[list[bytes], list[Key]]:
    """Split a document at the known entries. They are looked for by their tags, in comments and texts as well."""
    end = b"</" + tag.start[1:] + b">"
    pieces, marks = [], []
    done = 0
    start = data.find(tag.start)
    while start >= 0:
        stop = data.find(end, start) + len(end)
        if stop < len(end):
            break
        start = data.rfind(tag.start, start, stop)  # the innermost, so that no byte is looked at again and again
        digest = hashlib.blake2b(data[start:stop], digest_size=_DIGEST_BYTES).digest()
        if digest in known:
            pieces.append(data[done:start])
            marks.append(Key(digest, known[digest]))
            done = stop
        start = data.find(tag.start, stop)
    return [*pieces, data[done:]], marks


def _offsets(pieces: Sequence[bytes], marks: Sequence[Key]) -> list[tuple[int, Key]]:
    """Tell at which byte of the joined pieces each mark stands."""
    offsets = []
    at = -len(_MARK)
    for piece, key in zip(pieces, marks, strict=False):
        at += len(_MARK) + len(piece)
        offsets.append((at, key))
    return offsets


def _tag_start(data: bytes, at: int) -> bytes:
    stop = min(found for found in (data.find(char, at) for char in (b" ", b"\t", b"\r", b"\n", b">")) if found > 0)
    return data[at:stop]


class _Unusual(Exception):
    """The document is not to be taken apart."""


# What an element may do to the parser's state, by its local name. As bits: an enumeration takes ten times as long.
_ENTRY = 1
_FRAME = 2  # the root and the channel
_TEXT = 4  # its handlers count how deep in texts they are, and lose count when one stands in another
_DIV = 8  # in a text that isn't declared to be XML it shifts the languages and bases of all that follows
_HOLDER = 16  # what stands in it goes to the feed's own data
_TITLE = 32  # the feed's title is taken by how deep the last title stood
_LASTING = 64  # before an entry, it changes how that one's texts are taken

_TEXTS = "subtitle tagline rights copyright description abstract info browserfriendly"
_KINDS = {
    **dict.fromkeys(_TEXTS.split(), _TEXT),
    **dict.fromkeys(("summary", "content", "encoded", "fullitem", "body"), _TEXT | _LASTING),
    **dict.fromkeys(("item", "entry"), _ENTRY),
    **dict.fromkeys(("rss", "feed", "rdf", "channel"), _FRAME),
    **dict.fromkeys(("image", "textinput"), _HOLDER),
    "title": _TEXT | _TITLE,
    "div": _DIV,
}
_NOWHERE = (-1, -1)  # the span of an entry that was cut out


class _Survey:
    """One pass over a document. Its handlers run for every element: they do little."""

    def __init__(self, data: bytes, context: str, name: str = "", marks: Sequence[tuple[int, Key]] = ()) -> None:
        self.spans: list[tuple[int, int]] = []
        self.keys: list[Key | None] = []
        self.name = name  # of entries; empty until the first
        self.met = 0  # marks
        self._data = data
        self._marks = marks
        self._hash = hashlib.blake2b(context.encode("utf-8", "replace"), digest_size=_CONTEXT_BYTES)
        self._context = b""  # its digest, empty when that has to be made anew
        self._parser = expat.ParserCreate("utf-8", " ")
        self._kinds: dict[str, int] = {}
        self._uris: dict[str | None, set[str | None]] = {}  # prefix -> what it was bound to
        self._bound: list[tuple[str | None, str | None]] = []  # what the element that comes binds
        self._depth = 0
        self._entry_depth = 0  # 0 until the root is known
        self._in_channel = False
        self._start = -1  # of the entry that is open
        self._binds = False  # the element that comes, or the entry that is open, binds a namespace for the first time
        self._is_after_lasting = False  # something that lasts stands before the next entry
        self._text_depth = 0  # of the text that is open
        self._is_xml = False  # so that text is declared
        self._holder_depth = 0
        self._has_base = b"base" in data.lower()
        self._is_based = False  # the root has a base, so that others' end with their elements

    def run(self) -> None:
        """Look at the document.

        Raises:
            ExpatError: it is not well-formed.
            _Unusual: it is not to be taken apart.
        """
        parser = self._parser
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.StartNamespaceDeclHandler = self._bind
        parser.StartDoctypeDeclHandler = self._refuse
        parser.ProcessingInstructionHandler = self._meet
        parser.Parse(self._data, True)
        if not self.spans:
            raise _Unusual

    def _refuse(self, *_: object) -> None:
        raise _Unusual

    def _bind(self, prefix: str | None, uri: str | None) -> None:
        """Note a namespace: the parser keeps it to the end of the document, whoever declared it."""
        uris = self._uris.setdefault(prefix, set())
        is_new = uri not in uris
        if prefix and uris and is_new:
            raise _Unusual
        uris.add(uri)
        if is_new:
            self._binds = True
            self._bears_on(f"{prefix}\0{uri}\0")
        if self._start < 0:
            self._bound.append((prefix, uri))

    def _bears_on(self, what: str) -> None:
        self._hash.update(what.encode("utf-8", "replace"))
        self._context = b""

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = _kind(name)
        if self._has_base and attributes:
            self._check_base(attributes)
        if self._start < 0:
            self._open_outside(name, kind, attributes)
        elif kind & (_ENTRY | _FRAME):
            raise _Unusual
        if kind or self._text_depth or self._holder_depth:
            self._check(kind, attributes)

    def _open_outside(self, name: str, kind: int, attributes: Mapping[str, str]) -> None:
        if kind & _ENTRY:
            if not self._is_between_entries(self._depth) or name != (self.name or name):
                raise _Unusual
            self.name = name
            self._start = self._parser.CurrentByteIndex
            self._bound.clear()
            return
        if kind & _FRAME:
            self._open_frame(name, attributes)
        elif kind & _TITLE and self.spans:
            raise _Unusual
        self._is_after_lasting |= bool(kind & _LASTING)
        self._binds = False
        self._bound.clear()

    def _open_frame(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2].lower()
        if self._depth == 1 and local != "channel":
            self._entry_depth = _RSS_DEPTH if local == "rss" else _CHANNEL_DEPTH
        elif self._depth == _CHANNEL_DEPTH and local == "channel":
            self._in_channel = True
        else:
            raise _Unusual
        # What a frame binds is in force for entries; what others bind is only kept.
        self._bears_on(repr((name, sorted(attributes.items()), self._bound)))

    def _is_between_entries(self, depth: int) -> bool:
        """Tell whether an entry may stand here: `depth` is the one it would have."""
        return (
            depth == self._entry_depth
            and (self._in_channel or depth == _CHANNEL_DEPTH)
            and not self._text_depth
            and self._start < 0
        )

    def _meet(self, target: str, _: str) -> None:
        """Take a mark for the entry it stands for."""
        if target != _MARK_TARGET or self.met == len(self._marks):
            return
        offset, key = self._marks[self.met]
        if offset != self._parser.CurrentByteIndex:
            return
        if (
            not self._is_between_entries(self._depth + 1)
            or self._is_after_lasting
            or key.context != self._current_context()
        ):
            raise _Unusual
        self.met += 1
        self.spans.append(_NOWHERE)
        self.keys.append(key)

    def _current_context(self) -> bytes:
        self._context = self._context or self._hash.digest()
        return self._context

    def _check(self, kind: int, attributes: Mapping[str, str]) -> None:
        """Look for texts in texts, and for what goes astray."""
        if self._text_depth:
            if kind & _TEXT or (kind & _DIV and not self._is_xml):
                raise _Unusual
        elif kind & _TEXT:
            self._text_depth = self._depth
            self._is_xml = attributes.get("type", "").lower().endswith(_XML_TYPES)
        if self._start >= 0:
            if self._holder_depth:
                raise _Unusual
            if kind & _HOLDER:
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
        if depth == self._entry_depth and self._start >= 0:
            self._close_entry()
        if depth == _CHANNEL_DEPTH:
            self._in_channel = False
        self._depth = depth - 1

    def _close_entry(self) -> None:
        start, tag = self._start, self._parser.CurrentByteIndex
        stop = self._data.find(b">", tag) + 1
        if not self._data.startswith(b"</", tag):
            raise _Unusual  # an empty one
        key = None
        if not self._binds and not self._is_after_lasting:
            digest = hashlib.blake2b(self._data[start:stop], digest_size=_DIGEST_BYTES).digest()
            key = Key(digest, self._current_context())
        self.spans.append((start, stop))
        self.keys.append(key)
        self._start, self._binds, self._is_after_lasting = -1, False, False


def _kind(name: str) -> int:
    uri, _, local = name.rpartition(" ")
    if local == "content" and "search.yahoo.com/mrss" in uri.lower():
        return 0  # a picture
    return _KINDS.get(local.lower(), 0)
