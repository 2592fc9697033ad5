"""What a document is, from its first tag: a feed, a web page, something else. Pure."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ingest.model import Reason

PROLOG_CHARS = 200_000  # how far the first tag is looked for: warnings and comments may stand before it

_FEED_OR_PAGE = re.compile(
    r"<(?:(?P<name>(?:[\w.-]{1,40}:)?(?P<root>rss|feed|rdf|channel|entry))(?=[\s/>])"
    r"|(?P<map>(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex))(?=[\s/>])"
    r"|(?P<page>!doctype\s+html|html|head|body|script|meta)(?=[\s/>])"
    r"|(?P<other>opml|svg|(?:[\w.-]{1,40}:)?envelope)(?=[\s/>]))",
    re.IGNORECASE,
)
_DECLARATION = re.compile(r"<\?xml\s|<!doctype\s|<!--", re.IGNORECASE)


class Feed(NamedTuple):
    """A feed, and where it is."""

    kind: Literal["xml", "json", "sitemap"]
    start: int  # where the document begins; what stands before it is no part of it
    root: str  # the name of the root element, as written; empty for JSON


def sniff(text: str) -> Feed | Reason:
    """Tell a feed, or the reason why it is none."""
    head = text[:PROLOG_CHARS].lstrip()
    if not head:
        return Reason.EMPTY if not text.strip() else Reason.NOT_A_FEED
    if head[0] == "{":
        return Feed("json", text.index("{"), "")
    found = _FEED_OR_PAGE.search(text, 0, PROLOG_CHARS)
    if found is None or found["other"]:
        return Reason.NOT_A_FEED
    if found["page"]:
        return Reason.HTML
    declaration = _DECLARATION.search(text, 0, found.start())
    start = declaration.start() if declaration else found.start()
    return Feed("sitemap", start, found["map"]) if found["map"] else Feed("xml", start, found["name"])
