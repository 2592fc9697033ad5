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
_TYPOGRAPHY = str.maketrans("‘’‚‛“”„‟«»‹›′″‐‑‒–—―−…", "''''\"\"\"\"\"\"''''-------.")
_TYPOGRAPHIC = re.compile("[‘-‟«»‹›′″‐-―−…]")


class Named(NamedTuple):
    """What an entry can be recognised by."""

    guid: str
    url: str  # canonical, or ''
    title: str
    text: str  # stands in for a missing title
    day: str  # of its date, or ''


class Identity(NamedTuple):
    """How one entry is recognised."""

    key: str
    known_as: tuple[str, ...] = ()  # keys that it had or will have when its document repeats a GUID or link
    reason: str = ""  # reason code, where the GUID alone wouldn't do


def feed_id(url: str) -> FeedId:
    """Name a feed after its configured address, however that is spelt."""
    return FeedId(hashlib.sha256((canonical(url) or url).encode("utf-8", "replace")).hexdigest()[:20])


def item_id(feed: FeedId, identity: str) -> ItemId:
    """Name an item: 32 hex digits, the same at every poll."""
    return ItemId(hashlib.sha256(f"{feed}\n{identity}".encode("utf-8", "replace")).hexdigest()[:32])


def content_hash(title: str, summary: str) -> str:
    """Hash what an entry says. White space, markup, typographic quotes and dashes don't count."""
    return hashlib.blake2b(f"{_said(title)}\0{_said(summary)}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def identify(entries: Sequence[Named]) -> list[Identity]:
    """Find the identity of each entry of one document. The same key twice means the same entry twice."""
    contents = [f"{_said(entry.title or entry.text)}\n{entry.day}" for entry in entries]
    candidates = [_candidates(entry, content) for entry, content in zip(entries, contents, strict=True)]
    saying: dict[str, set[str]] = {}  # key -> what the entries under it say
    links: dict[str, set[str]] = {}  # key -> the links of the entries under it
    for entry, keys, content in zip(entries, candidates, contents, strict=True):
        links.setdefault(keys[0], set()).add(folded(entry.url))
        for key in keys:
            saying.setdefault(key, set()).add(content)
    return [_choose(keys, saying, links) for keys in candidates]


def _candidates(entry: Named, content: str) -> list[str]:
    """List the keys of an entry, best first; the last one tells apart whatever differs."""
    link = folded(entry.url)
    if entry.guid:
        both = f"{entry.guid}\n{link}"
        return [_key("g", _guid(entry.guid)), _key("b", both), _key("c", f"{both}\n{content}")]
    last = _key("t", content)
    return [_key("u", link), last] if link else [last]


def _choose(keys: list[str], saying: Mapping[str, set[str]], links: Mapping[str, set[str]]) -> Identity:
    if len(saying[keys[0]]) == 1:
        at = 0
    elif not keys[0].startswith("g"):
        at = len(keys) - 1
    elif len(links[keys[0]]) == 1 and len(saying[keys[0]]) <= _MAX_VERSIONS:
        at = 0
    else:
        at = 1 if len(saying[keys[1]]) <= _MAX_VERSIONS else 2
    reason = Reason.REPEATED_GUID if at and keys[0].startswith("g") else ""
    return Identity(keys[at], tuple(key for key in keys if key != keys[at]), reason)


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
