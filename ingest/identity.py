"""What makes an entry the same entry at the next poll, and a feed the same feed. Pure.

DESIGN 3: the GUID, else the link, else title and day. An identity is a kind letter and a short hash, so that a
feed's state stays small whatever a publisher takes for a GUID.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from core.types import FeedId, ItemId
from core.urls import canonical, folded
from ingest.model import Reason

# Some publishers (the BBC) count the edits of a story in the fragment of its GUID.
_EDIT_NUMBER = re.compile(r"#\d*$")
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
    users: dict[str, set[str]] = {}
    for keys, content in zip(candidates, contents, strict=True):
        for key in keys:
            users.setdefault(key, set()).add(content)
    return [_choose(keys, users) for keys in candidates]


def _candidates(entry: Named, content: str) -> list[str]:
    """List the keys of an entry, best first; the last one tells apart whatever differs."""
    link = folded(entry.url)
    if entry.guid:
        both = f"{entry.guid}\n{link}"
        return [_key("g", _guid(entry.guid)), _key("b", both), _key("c", f"{both}\n{content}")]
    last = _key("t", content)
    return [_key("u", link), last] if link else [last]


def _choose(keys: list[str], users: dict[str, set[str]]) -> Identity:
    at = next((at for at, key in enumerate(keys[:-1]) if len(users[key]) == 1), len(keys) - 1)
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
