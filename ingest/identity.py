"""What makes an entry the same entry at the next poll, and a feed the same feed. Pure.

DESIGN 3: the GUID, else the link, else title and day. An identity is a kind letter and a short hash, so that a
feed's state stays small whatever a publisher takes for a GUID.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.types import FeedId, ItemId
from core.urls import canonical, folded
from ingest.model import Reason

# Some publishers (the BBC) count the edits of a story in the fragment of its GUID.
_EDIT_NUMBER = re.compile(r"#\d*$")
# One GUID and one link with a few titles is one article in several versions (two sections of a site, before and after
# an edit); with many titles it is a publisher who gives every entry the same ones.
_MAX_VERSIONS = 3
_KEYS = {"g": 3, "u": 2, "t": 1}  # how many keys an entry has, by the kind of its first
_TYPOGRAPHY = str.maketrans("‘’‚‛“”„‟«»‹›′″‐‑‒–—―−…", "''''\"\"\"\"\"\"''''-------.")
_TYPOGRAPHIC = re.compile("[‘-‟«»‹›′″‐-―−…]")


class Named(NamedTuple):
    """What an entry can be recognised by."""

    guid: str
    url: str  # canonical, or ''
    title: str
    text: str  # stands in for a missing title
    day: str  # of its date, or ''


class Marks(NamedTuple):
    """What the rules compare of an entry: all that has to be remembered of one for the next document's sake."""

    keys: tuple[str, ...]  # best first; the last one tells apart whatever differs
    says: bytes  # hash of what it says, and when
    link: bytes  # hash of its link

    def shortened(self) -> Marks:
        """Keep what serves as long as no entry that says something else has the first key."""
        return Marks(self.keys[:1], self.says, b"")

    @property
    def is_short(self) -> bool:
        """Whether keys have been left out."""
        return len(self.keys) < _KEYS[self.keys[0][0]]


class Identity(NamedTuple):
    """How one entry is recognised."""

    key: str
    known_as: tuple[str, ...] = ()  # keys that it had or will have when its document repeats a GUID or link
    reason: str = ""  # reason code, where the GUID alone wouldn't do
    alone: bool = True  # no entry of the document that says something else has its first key


class Undecided(Exception):
    """Entries can't be told apart by the shortened marks of one of them."""


def feed_id(url: str) -> FeedId:
    """Name a feed after its configured address, however that is spelt."""
    return FeedId(hashlib.sha256((canonical(url) or url).encode("utf-8", "replace")).hexdigest()[:20])


def item_id(feed: FeedId, identity: str) -> ItemId:
    """Name an item: 32 hex digits, the same at every poll."""
    return ItemId(hashlib.sha256(f"{feed}\n{identity}".encode("utf-8", "replace")).hexdigest()[:32])


def content_hash(title: str, summary: str) -> str:
    """Hash what an entry says. White space, markup, typographic quotes and dashes don't count."""
    return hashlib.blake2b(f"{_said(title)}\0{_said(summary)}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def marks(entry: Named) -> Marks:
    """Reduce an entry to what tells it from others."""
    content = f"{_said(entry.title or entry.text)}\n{entry.day}"
    link = folded(entry.url)
    return Marks(_candidates(entry, link, content), _hash(content), _hash(link))


def identify(entries: Sequence[Marks]) -> list[Identity]:
    """Find the identity of each entry of one document. The same key twice means the same entry twice.

    Raises:
        Undecided: an entry needs marks that were left out.
    """
    saying: dict[str, set[bytes]] = {}  # key -> what the entries under it say
    links: dict[str, set[bytes]] = {}  # key -> the links of the entries under it
    for entry in entries:
        links.setdefault(entry.keys[0], set()).add(entry.link)
        for key in entry.keys:
            saying.setdefault(key, set()).add(entry.says)
    return [_choose(entry, saying, links) for entry in entries]


def _candidates(entry: Named, link: str, content: str) -> tuple[str, ...]:
    if entry.guid:
        both = f"{entry.guid}\n{link}"
        return _key("g", _guid(entry.guid)), _key("b", both), _key("c", f"{both}\n{content}")
    last = _key("t", content)
    return (_key("u", link), last) if link else (last,)


def _choose(entry: Marks, saying: Mapping[str, set[bytes]], links: Mapping[str, set[bytes]]) -> Identity:
    keys = entry.keys
    if len(saying[keys[0]]) == 1:
        return Identity(keys[0], keys[1:])
    if entry.is_short:
        raise Undecided
    if not keys[0].startswith("g"):
        at = len(keys) - 1
    elif len(links[keys[0]]) == 1 and len(saying[keys[0]]) <= _MAX_VERSIONS:
        at = 0
    else:
        at = 1 if len(saying[keys[1]]) <= _MAX_VERSIONS else 2
    reason = Reason.REPEATED_GUID if at and keys[0].startswith("g") else ""
    return Identity(keys[at], tuple(key for key in keys if key != keys[at]), reason, alone=False)


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()


def _guid(guid: str) -> str:
    """Spell a GUID so that it stays the same over the edits publishers make to it."""
    _, mark, fragment = _EDIT_NUMBER.sub("", guid).partition("#")
    link = folded(guid)
    return f"{link}{mark}{fragment}" if link else guid


def _key(kind: str, value: str) -> str:
    digest = hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=12).digest()
    return kind + base64.urlsafe_b64encode(digest).decode("ascii")


def _said(text: str) -> str:
    """Reduce a text to what it says: no white space, one kind of quote and dash, compatible forms as one."""
    bare = "".join(text.split())
    if bare.isascii():
        return bare
    plain = _TYPOGRAPHIC.sub(lambda match: match[0].translate(_TYPOGRAPHY), bare)
    return "".join(unicodedata.normalize("NFKC", plain).split())
