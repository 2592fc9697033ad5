"""From what a parser found to entries: plain text, canonical links, read dates, identities, caps. Pure."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import nh3
from msgspec import Struct
from msgspec.structs import replace

from core.text import clean, shorten
from core.urls import canonical, resolve
from ingest.dates import read_first
from ingest.identity import Identity, Marks, Named, content_hash, identify, marks
from ingest.model import Entry, Known, Reason

MAX_GUID_CHARS = 2000
MAX_NAME_CHARS = 200  # of an author or a category
MAX_AUTHORS = 20
MAX_CATEGORIES = 50
_DERIVED_TITLE_CHARS = 120
_MARKUP_PER_CHAR = 5  # markup looked at for each character kept: a page's styling may outweigh its text

_BLOCKS = (
    "address article aside blockquote br center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6"
    " head header hr iframe img li main nav ol option p pre section summary table tbody td tfoot th thead title tr ul"
)
_INLINE = (
    "a abbr audio b big body button cite code del dfn em embed font html i input ins kbd label link mark meta noscript"
    " object picture q s script select small source span strike strong style sub sup svg time tt u var video wbr"
)
_TAG = re.compile(
    rf"</?(?:{'|'.join(f'{_BLOCKS} {_INLINE}'.split())})(?=[\s/>])[^<>]*>|<!--|<!\[CDATA\[", re.IGNORECASE
)
_SURE_TAG = re.compile(r"<(?:p|/p|br ?/?|div|/div|img\s[^<>]*|a\s+href[^<>]*)>", re.IGNORECASE)
_BLOCK = re.compile(rf"<(?=/?(?:{'|'.join(_BLOCKS.split())})[\s/>])", re.IGNORECASE)
_UNSEEN = {"script", "style", "noscript", "template", "iframe", "object", "svg", "math", "head", "title"}
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?$")


class Limits(Struct, frozen=True, gc=False):
    """How much is kept of one document."""

    max_entries: int = 2000
    max_title_chars: int = 1000
    max_summary_chars: int = 20_000


class RawEntry(NamedTuple):
    """One entry as its parser found it: raw strings, HTML or not."""

    guid: str = ""
    link: str = ""
    title: str = ""
    texts: tuple[str, ...] = ()  # summary, content, ...
    dates: tuple[str, ...] = ()  # as written, best first
    language: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Recollection(Struct, frozen=True, gc=False, array_like=True):
    """What is remembered of an entry: it stands in for the entry where the same bytes come again."""

    marks: Marks
    content_hash: str


class Normalised(NamedTuple):
    """The entries of a document."""

    entries: tuple[Entry, ...]
    counters: dict[str, int]
    known: tuple[Known, ...]  # entries that were only remembered
    recollections: tuple[Recollection | None, ...]  # of each raw entry, in order; None: of this one nothing


def normalise(raws: Sequence[RawEntry | Recollection], url: str, limits: Limits, now: datetime) -> Normalised:
    """Make entries of what the parser found in the document at this address.

    Raises:
        Undecided: an entry that is only remembered can't be told from others by what is remembered.
    """
    counters: Counter[str] = Counter()
    if len(raws) > limits.max_entries:
        counters[Reason.ENTRIES_CUT] = len(raws) - limits.max_entries
    drafts = [
        raw if isinstance(raw, Recollection) else _draft(raw, url, limits, now) for raw in raws[: limits.max_entries]
    ]
    kept = [draft for draft in drafts if _is_kept(draft)]
    if len(kept) < len(drafts):
        counters[Reason.NO_CONTENT] = len(drafts) - len(kept)
    marked = [draft.marks if isinstance(draft, Recollection) else marks(_named(draft)) for draft in kept]
    identities = identify(marked)
    entries: dict[str, Entry | Known] = {}
    for draft, identity in zip(kept, identities, strict=True):
        if identity.key in entries:
            counters[Reason.REPEATED_ENTRY] += 1
            continue
        if isinstance(draft, Recollection):
            entries[identity.key] = Known(identity.key, draft.content_hash)
            continue
        entries[identity.key] = entry = _identified(draft, identity)
        counters.update(entry.cut)
        if entry.published_doubt:
            counters[entry.published_doubt] += 1
    recollections = map(_recollection, kept, marked, identities)
    return Normalised(
        tuple(entry for entry in entries.values() if isinstance(entry, Entry)),
        dict(counters),
        tuple(entry for entry in entries.values() if isinstance(entry, Known)),
        tuple(next(recollections) if _is_kept(draft) else None for draft in drafts),
    )


def _is_kept(draft: Entry | Recollection) -> bool:
    return isinstance(draft, Recollection) or bool(draft.title or draft.url)


def _recollection(draft: Entry | Recollection, marked: Marks, identity: Identity) -> Recollection:
    return Recollection(marked.shortened() if identity.alone else marked, draft.content_hash)


def plain(text: str) -> str:
    """Turn HTML, or text that may be HTML, into clean plain text."""
    is_markup = "<" in text and _TAG.search(text) is not None
    text = _unescape(_without_tags(text) if is_markup else text)
    if not is_markup and "<" in text and _SURE_TAG.search(text):
        text = _unescape(_without_tags(text))  # it had been escaped twice
    return clean(text)


def _without_tags(markup: str) -> str:
    # What is left comes back escaped: text that looks like a tag must survive as text.
    return nh3.clean(_BLOCK.sub(" <", markup), tags=set(), clean_content_tags=_UNSEEN)


def _unescape(text: str) -> str:
    for _ in range(2):  # many publishers escape twice; hardly any news is about references
        if "&" in text:
            text = _REFERENCE.sub(lambda match: html.unescape(match[0]), text)
    return text


def language_code(tag: str) -> str:
    """Take the ISO 639 code from a language tag; '' where there is none."""
    match = _LANGUAGE.match(tag.strip())
    return match[1].lower() if match else ""


def _draft(raw: RawEntry, url: str, limits: Limits, now: datetime) -> Entry:
    """Normalise an entry, all but its identity."""
    cut: list[str] = []
    title = _capped(raw.title, limits.max_title_chars, Reason.TITLE_CUT, cut)
    summary = max(
        (_capped(text, limits.max_summary_chars, Reason.SUMMARY_CUT, cut) for text in raw.texts), key=len, default=""
    )
    if not title:
        title = shorten(summary, _DERIVED_TITLE_CHARS)
    link = canonical(resolve(url, raw.link.replace("&amp;", "&"))) if raw.link.strip() else ""
    if not link:
        cut.append(Reason.BAD_LINK if raw.link.strip() else Reason.NO_LINK)
    published, doubt = read_first(raw.dates, now)
    return Entry(
        identity="",
        guid=shorten(clean(raw.guid), MAX_GUID_CHARS),
        url=link,
        title=title,
        summary=summary,
        published=published,
        published_doubt=doubt,
        language=language_code(raw.language),
        authors=_names(raw.authors, MAX_AUTHORS),
        categories=_names(raw.categories, MAX_CATEGORIES),
        content_hash=content_hash(title, summary),
        cut=tuple(dict.fromkeys(cut)),
    )


def _capped(markup: str, limit: int, reason: str, cut: list[str]) -> str:
    looked_at = markup[: limit * _MARKUP_PER_CHAR]
    text = plain(looked_at)
    if len(text) > limit or len(looked_at) < len(markup):
        cut.append(reason)
    return shorten(text, limit)


def _names(raws: Sequence[str], limit: int) -> tuple[str, ...]:
    names = (shorten(plain(raw[: MAX_NAME_CHARS * _MARKUP_PER_CHAR]), MAX_NAME_CHARS) for raw in raws[: limit * 2])
    return tuple(dict.fromkeys(name for name in names if name))[:limit]


def _named(entry: Entry) -> Named:
    day = entry.published.date().isoformat() if entry.published else ""
    return Named(entry.guid, entry.url, entry.title, entry.summary, day)


def _identified(entry: Entry, identity: Identity) -> Entry:
    reasons = (*entry.cut, identity.reason) if identity.reason else entry.cut
    return replace(entry, identity=identity.key, known_as=identity.known_as, cut=reasons)
