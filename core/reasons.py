"""What reason codes say, in words. One table for everyone who shows one; a test holds it against the stages' codes."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    # a poll failed
    "dns": "the host name does not resolve",
    "refused_address": "the address is private or otherwise not allowed",
    "refused_scheme": "the address is not http or https",
    "connect": "no connection",
    "tls": "no trusted TLS connection",
    "deadline": "no complete reply in time",
    "protocol": "the reply is broken HTTP",
    "too_many_redirects": "too many redirects",
    "http_status": "the server answered with an error",
    "rate_limited": "the server asks us to wait",
    "gone": "the server says the feed is gone for good",
    "too_large": "the document is too large",
    "encoding": "the document's compression is broken or not allowed",
    "truncated": "the compressed document ends early",
    # a document was refused
    "empty": "the document is empty",
    "html": "the address holds a web page, not a feed",
    "not_a_feed": "the document is not a feed",
    "plain_sitemap": "the site map says nothing of news",
    "parse_error": "the document cannot be parsed",
    "parse_cpu": "parsing the document took too long",
    "parse_memory": "parsing the document took too much memory",
    "parse_crash": "parsing the document crashed the parser",
    "internal": "a defect of this program; its log has the details",
    # something was cut or skipped inside a document
    "malformed": "the document is not well-formed",
    "charset_guessed": "the document's charset was guessed",
    "truncated_document": "the document ends early",
    "markup_cut": "markup that would stall the parser was cut",
    "entries_cut": "entries past the limit were cut",
    "title_cut": "the title was cut",
    "summary_cut": "the summary was cut",
    "no_content": "an entry without title, text and link",
    "no_link": "an entry without a link",
    "bad_link": "an entry with a link that is not http or https",
    "repeated_guid": "one GUID for several entries",
    "repeated_entry": "the same entry twice",
    "no_news": "a page in a site map without news data",
    "parts_cut": "site maps of an index that are older, or on another site",
    "part_failed": "a site map of an index could not be read",
    # doubts about a date
    "date_missing": "the publisher gave no date",
    "date_unreadable": "the publisher's date cannot be read",
    "date_future": "the publisher's date is in the future",
    "date_no_zone": "the publisher's date has no time zone",
    "date_no_time": "the publisher's date has no time of day",
    # an item alerted no one
    "near_miss": "it fell just short of the threshold",
    "backlog": "it was there before we began to watch this feed",
    "copy": "it copies a report that has alerted already",
    "same_outlet_copy": "the same outlet has reported this already",
    "same_origin": "another outlet of the same origin has reported this already",
    "revision": "it is an edit that adds nothing new",
    "no_new_fact": "it adds no new fact to a story that has alerted",
    "cool_down": "its story has alerted just now",
}


def says(code: str) -> str:
    """Say what a reason code means; one that is not in the table reads as itself."""
    return WORDS.get(code) or code.replace("_", " ")
