"""The values inside ingest: what a fetch brought, what a document held. They never leave the package."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct


class Reason(StrEnum):
    """Why something was refused, skipped or cut. The value is the code in logs, counters and `status`."""

    # the fetch failed
    DNS = "dns"  # the host name does not resolve
    REFUSED_ADDRESS = "refused_address"  # private, loopback or otherwise not allowed
    REFUSED_SCHEME = "refused_scheme"  # not http or https
    CONNECT = "connect"  # refused, unreachable, reset before a reply
    TLS = "tls"
    DEADLINE = "deadline"  # the wall-clock limit
    PROTOCOL = "protocol"  # not HTTP, broken framing, connection lost in the body
    TOO_MANY_REDIRECTS = "too_many_redirects"
    HTTP_STATUS = "http_status"  # a status that brings no document
    RATE_LIMITED = "rate_limited"  # 429, or 503 with Retry-After
    GONE = "gone"  # 410
    TOO_LARGE = "too_large"  # past the size cap, after decompression
    ENCODING = "encoding"  # a Content-Encoding that is unknown, stacked, or whose data is broken
    TRUNCATED = "truncated"  # the compressed body ends early
    # the document was refused
    EMPTY = "empty"
    HTML = "html"  # a web page
    NOT_A_FEED = "not_a_feed"
    PLAIN_SITEMAP = "plain_sitemap"  # a site map that lists pages and says nothing of news
    PARSE_ERROR = "parse_error"  # the parser raised
    PARSE_CPU = "parse_cpu"  # past the CPU limit
    PARSE_MEMORY = "parse_memory"  # past the memory limit
    PARSE_CRASH = "parse_crash"  # the worker process died
    INTERNAL = "internal"  # a defect of ours; the log has the traceback
    # something was cut or skipped inside a document
    MALFORMED = "malformed"  # parsed, though not well-formed
    CHARSET_GUESSED = "charset_guessed"  # the declared charset was absent or wrong
    TRUNCATED_DOCUMENT = "truncated_document"  # the document ends early
    MARKUP_CUT = "markup_cut"  # attributes, categories, authors past what a feed holds, which would stall the parser
    ENTRIES_CUT = "entries_cut"  # entries past the limit
    TITLE_CUT = "title_cut"
    SUMMARY_CUT = "summary_cut"
    NO_CONTENT = "no_content"  # an entry without title, text and link
    NO_LINK = "no_link"
    BAD_LINK = "bad_link"  # a link that isn't http or https
    REPEATED_GUID = "repeated_guid"  # one GUID, several entries: GUID and link together identify
    REPEATED_ENTRY = "repeated_entry"  # the same entry twice in one document
    NO_NEWS = "no_news"  # a page in a news site map without news data
    PARTS_CUT = "parts_cut"  # site maps of an index past the newest few, or on another site
    PART_FAILED = "part_failed"  # a site map of an index that could not be read
    # doubts about a date
    DATE_MISSING = "date_missing"
    DATE_UNREADABLE = "date_unreadable"
    DATE_FUTURE = "date_future"
    DATE_NO_ZONE = "date_no_zone"
    DATE_NO_TIME = "date_no_time"


class Request(NamedTuple):
    """A poll to make."""

    url: str
    etag: str = ""
    last_modified: str = ""
    max_bytes: int | None = None  # less than the configured cap, where little is left of it


class Fetched(NamedTuple):
    """A reply: 200 with a body, or 304 with none."""

    status: int
    url: str  # the address that answered, after redirects
    moved_to: str  # where a chain of only permanent redirects (301, 308) led; empty when there was none
    body: bytes
    content_type: str
    etag: str
    last_modified: str
    cache_max_age_s: float | None  # from Cache-Control or Expires
    received: datetime  # when the whole body was here


class Failed(NamedTuple):
    """A poll that brought no document, or a document that could not be used."""

    reason: Reason
    detail: str  # for people: short, without control characters
    retry_after_s: float | None = None
    status: int | None = None


class Entry(Struct, frozen=True, gc=False):
    """One entry of a document, normalised to plain text."""

    identity: str  # as in DESIGN 3: GUID, else canonical URL, else hash of title and day
    guid: str
    url: str
    title: str
    summary: str
    published: datetime | None
    published_doubt: str
    language: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    content_hash: str
    cut: tuple[str, ...]
    known_as: tuple[str, ...] = ()  # identities that it had or will have when its document repeats a GUID or link


class Known(Struct, frozen=True, gc=False, array_like=True):
    """An entry that was cut out of its document, since an earlier document of the feed held it byte for byte."""

    identity: str
    content_hash: str


class Document(Struct, frozen=True):
    """A parsed feed document."""

    format: str  # rss20, atom10, rdf, json11, ...
    title: str
    language: str
    entries: tuple[Entry, ...]
    counters: dict[str, int]  # reason code -> how many entries or documents it concerns
    ttl_s: float | None = None  # the feed's own wish for its interval
    parts: tuple[str, ...] = ()  # of an index of site maps: which to read in its place
    known: tuple[Known, ...] = ()  # further entries, which there is nothing new to say about
    memory: bytes = b""  # what to remember, so that the next document's entries may be known
