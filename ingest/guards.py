"""Cheap cuts in the text of a document before the parser sees it. Pure.

The parser takes quadratic time on a long author, on a long list of categories or keywords, on many attributes, and on
many unclosed entries. What no real feed holds is cut out, and counted. What gets past this meets the CPU limit.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from ingest.model import Reason

MAX_TAG_CHARS = 32_000
MAX_ATTRIBUTES = 200
MAX_AUTHOR_CHARS = 1000
MAX_CATEGORIES = 200  # of one entry

_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_LONG_TAG = re.compile(r"<([A-Za-z_][\w:.-]*)(\s[^<]{2000,}+)")
_TAG_END = re.compile(r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>")
_ATTRIBUTE = re.compile(r"[\w:.-]+\s*=\s*[\"']")
_LISTS = "author|creator|managingeditor|webmaster|publisher|keywords|tags|owner|contributor|credit|subject"
_LIST = re.compile(rf"<(?:[\w.-]+:)?({_LISTS})(?=[\s>])[^<>]*>", re.IGNORECASE)
_LIST_END = re.compile(rf"</(?:[\w.-]+:)?(?:{_LISTS})\s*>", re.IGNORECASE)
_CATEGORIES = ("category", "subject", "keywords")
_CATEGORY = re.compile(
    rf"<((?:[\w.-]+:)?(?:{'|'.join(_CATEGORIES)}))(?=[\s/>])[^<>]*?"
    r"(?:/>|>(?:[^<]|<!\[CDATA\[[^\]<]*\]\]>)*+(?:</\1\s*>)?)",
    re.IGNORECASE,
)
_ESSENTIAL = (
    "rss|feed|channel|item|entry|(?:rdf:)?rdf|title|link|description|summary|content|content:encoded|guid|id|pubdate"
    "|published|updated|issued|modified|dc:date|language"
)
_EXTRA = re.compile(rf"</?(?!(?:{_ESSENTIAL})[\s/>])[A-Za-z_][^<>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"<!\[CDATA\[|\]\]>|<[^<>]*>|[<>&]")


class Guarded(NamedTuple):
    """A document that the parser can be given."""

    text: str
    counters: dict[str, int]


def guard(text: str, root: str, max_entries: int) -> Guarded:
    """Cut what would stall the parser, what the limit leaves out, and the entry a truncated document ends in."""
    counters: Counter[str] = Counter()
    text = _cut_end(text, root, counters)
    text = _cut_entries(text, root, max_entries, counters)
    text = _cut_tags(text, counters)
    text = _cut_lists(text, counters)
    text = _cut_categories(text, counters)
    return Guarded(text, dict(counters))


def essentials(text: str) -> str:
    """Drop the tags of all elements but the few that an entry needs.

    For a document that the parser stumbles over: what it stumbles over are images, authors, categories and the
    elements of extensions, where they shouldn't be.
    """
    return _EXTRA.sub(" ", text)


def _cut_end(text: str, root: str, counters: Counter[str]) -> str:
    """Drop what follows the root element; close it where the document ends early, without the entry cut in two."""
    end = text.rfind(f"</{root}")
    if end >= 0:
        stop = text.find(">", end)
        return text[: stop + 1] if stop >= 0 else text[:end] + f"</{root}>"
    if text.rstrip().endswith("/>"):
        return text
    counters[Reason.TRUNCATED_DOCUMENT] = 1
    ends = [match.end() for match in _ENTRY_END.finditer(text)]
    cut = ends[-1] if ends else None
    if cut is None:
        return text
    return text[:cut] + _closing(text[:cut], root)


def _closing(text: str, root: str) -> str:
    channel = "</channel>" if root != "channel" and "<channel" in text and "</channel" not in text else ""
    return f"{channel}</{root}>"


def _cut_entries(text: str, root: str, max_entries: int, counters: Counter[str]) -> str:
    if text.count("<") <= max_entries:
        return text
    starts = [match.start() for match in _ENTRY.finditer(text)]
    if len(starts) <= max_entries:
        return text
    counters[Reason.ENTRIES_CUT] = len(starts) - max_entries
    head = text[: starts[max_entries]]
    return head + _closing(head, root)


def _cut_tags(text: str, counters: Counter[str]) -> str:
    def cut(match: re.Match[str]) -> str:
        tag = _TAG_END.match(match[2])
        if tag is None or (len(tag[0]) <= MAX_TAG_CHARS and len(_ATTRIBUTE.findall(tag[0])) <= MAX_ATTRIBUTES):
            return match[0]
        counters[Reason.MARKUP_CUT] += 1
        return f"<{match[1]}{'/>' if tag[0].endswith('/>') else '>'}{match[2][tag.end() :]}"

    return _LONG_TAG.sub(cut, text)


def _cut_lists(text: str, counters: Counter[str]) -> str:
    """Shorten authors and keyword lists; their elements are read as plain text."""
    suspects = [match.end() for match in _LIST.finditer(text) if not _ends_soon(text, match.end())]
    if not suspects:
        return text
    ends = [match.start() for match in _LIST_END.finditer(text)]
    entry_ends = [*(match.start() for match in _ENTRY_END.finditer(text)), len(text)]
    pieces = []
    done = 0
    for start in suspects:
        at = bisect_left(ends, start)
        stop = ends[at] if at < len(ends) else start
        if start < done or stop - start <= MAX_AUTHOR_CHARS or entry_ends[bisect_left(entry_ends, start)] < stop:
            continue
        counters[Reason.MARKUP_CUT] += 1
        pieces += [text[done:start], _MARKUP.sub(" ", text[start : start + MAX_AUTHOR_CHARS])]
        done = stop
    return "".join([*pieces, text[done:]]) if pieces else text


def _ends_soon(text: str, start: int) -> bool:
    return _LIST_END.search(text, start, start + MAX_AUTHOR_CHARS) is not None


def _cut_categories(text: str, counters: Counter[str]) -> str:
    lower = text.lower()
    if sum(map(lower.count, _CATEGORIES)) <= MAX_CATEGORIES or len(_CATEGORY.findall(text)) <= MAX_CATEGORIES:
        return text
    starts = [0, *(match.start() for match in _ENTRY.finditer(text)), len(text)]
    return "".join(_with_few_categories(text[start:stop], counters) for start, stop in pairwise(starts))


def _with_few_categories(text: str, counters: Counter[str]) -> str:
    met = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal met
        met += 1
        return match[0] if met <= MAX_CATEGORIES else ""

    kept = _CATEGORY.sub(keep, text)
    if met > MAX_CATEGORIES:
        counters[Reason.MARKUP_CUT] += 1
    return kept
