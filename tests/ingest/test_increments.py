"""A document without the entries that the last one held leads to what the whole document leads to, always."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.entries import Limits
from ingest.model import Document, Reason
from ingest.parse import parse_document
from tests.ingest.corpus import FEEDS, HOSTILE, REPLAY, documents, needs_corpus, polled_at
from tests.ingest.increments import URL, Tally, compare

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SECONDS_A_CORPUS = 5.0

# -- documents that change at random ------------------------------------------------------------------------------

TEXT = st.sampled_from(
    ["ship", "treaty", "A&B", "<b>bold</b>", "x]]y", "Ünïcode", "", "Said: <item>no</item>", "ä" * 40]
)
GUIDS = st.sampled_from(["", "g1", "g2", "g3", "https://example.org/1", "https://example.org/1#2"])
LINKS = st.sampled_from(
    ["", "https://example.org/1", "https://example.org/2", "/3", "http://example.org/1?utm_source=x"]
)
DATES = st.sampled_from(["", "Mon, 23 Nov 2026 10:00:00 GMT", "2026-11-24T00:30:00Z", "2099-01-01", "soon"])
ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

# What may stand in an entry beside the usual, some of it known to confuse the parser for all that follows.
EXTRAS = st.sampled_from(
    [
        "",
        "<!-- <item><title>in a comment</title></item> -->",
        f'<m:content xmlns:m="{MEDIA}" url="http://x/1.jpg"><m:title>picture</m:title></m:content>',
        f'<media:thumbnail xmlns:media="{MEDIA}" url="http://x/2.jpg"/>',
        f'<dc:creator xmlns:dc="{DC}">Ann</dc:creator>',
        '<dc:creator xmlns:dc="urn:other">Ann</dc:creator>',
        '<o:language xmlns:o="urn:o">ru</o:language><language>uk</language>',
        '<x xmlns="urn:o"/>',
        "<author>Ann</author>",
        "<category>news</category>",
        "<summary>short</summary><description>long text</description>",
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p><title>in a text</title></div></content>',
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>',
        '<content type="html" xml:lang="de"><div>shifts</div></content>',
        '<link xml:base="http://other.example/" href="leaks"/>',
        "<image><title>image title</title><description>image text</description></image>",
        "<image>http://x/3.jpg</image>",
        "<item><title>inside</title></item>",
        "<source url='http://x/'>Elsewhere</source>",
        "<channel><title>nested</title></channel>",
        "<title>second title</title>",
        "<svg xmlns='http://www.w3.org/2000/svg'><title>drawing</title></svg>",
    ]
)
HEADS = st.sampled_from(
    [
        "<title>Feed</title>",
        "<title>Feed</title><language>ru</language><ttl>30</ttl>",
        "<title>Feed</title><summary>s</summary><description>d</description>",
        "<title>Feed</title><image><title>i</title></image>",
        f'<title>Feed</title><d:creator xmlns:d="{DC}">Bob</d:creator>',
        '<title xml:base="http://base.example/">Feed</title>',
        "<content>of the feed</content><title>Feed</title>",
    ]
)
BETWEEN = st.sampled_from(
    ["\n", "", "<!-- between -->", "<![CDATA[ ]]>", "<?known?>", "<description>late</description>"]
)
TAILS = st.sampled_from(["<title>Late title</title>", "<!DOCTYPE x>", "<p:q/>", "&nbsp;", "<ttl>5</ttl>", "<item/>"])
ROOTS = st.sampled_from(
    [
        "",
        ' xml:lang="fr"',
        ' xml:base="http://root.example/"',
        f' xmlns:dc="{DC}"',
        f' xmlns:media="{MEDIA}"',
        ' xmlns="urn:u"',
    ]
)


@st.composite
def entries(draw: st.DrawFn, atom: bool) -> str:
    guid, link, title, text, date = draw(GUIDS), draw(LINKS), draw(TEXT), draw(TEXT), draw(DATES)
    said = f"<![CDATA[{text.replace(']]', '')}]]>" if draw(st.booleans()) else escape(text)
    extra = draw(EXTRAS) if draw(st.integers(0, 9)) == 0 else ""
    language = draw(st.sampled_from(["", "", "", ' xml:lang="ko"', f' xmlns:dc="{DC}"']))
    before, after = ("", extra) if draw(st.booleans()) else (extra, "")
    if atom:
        parts = [f"<id>{guid}</id>" if guid else "", f"<link href='{link}'/>" if link else ""]
        body = f"<title>{escape(title)}</title><summary>{said}</summary><updated>{date}</updated>"
        return f"<entry{language}>{before}{''.join(parts)}{body}{after}</entry>"
    parts = [f"<guid>{guid}</guid>" if guid else "", f"<link>{link}</link>" if link else ""]
    body = f"<title>{escape(title)}</title><description>{said}</description><pubDate>{date}</pubDate>"
    return f"<item{language}>{before}{''.join(parts)}{body}{after}</item>"


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Draw versions of one feed: entries come, go, change places, are edited, and so is what stands around them."""
    kind = draw(st.sampled_from(["rss", "atom", "rdf"]))
    head, root = draw(HEADS), draw(ROOTS)
    pool = draw(st.lists(entries(kind == "atom"), min_size=2, max_size=6))
    versions = []
    for _ in range(draw(st.integers(2, 5))):
        if draw(st.integers(0, 5)) == 0:
            head = draw(HEADS)
        if draw(st.integers(0, 7)) == 0:
            root = draw(ROOTS)
        if draw(st.booleans()):
            pool.insert(0, draw(entries(kind == "atom")))
        shown = draw(st.lists(st.sampled_from(pool), max_size=6)) if draw(st.integers(0, 3)) == 0 else pool[:6]
        between = [draw(BETWEEN) if draw(st.integers(0, 9)) == 0 else "" for _ in shown]
        tail = draw(TAILS) if draw(st.integers(0, 9)) == 0 else ""
        versions.append(write(kind, root, head, [a + b for a, b in zip(between, shown, strict=True)], tail).encode())
    return versions


def write(kind: str, root: str, head: str, shown: Sequence[str], tail: str) -> str:
    start = '<?xml version="1.0"?>'
    body = "".join(shown)
    if kind == "atom":
        return f'{start}<feed xmlns="{ATOM}"{root.replace(" xmlns=", " xmlns:u=")}>{head}{body}{tail}</feed>'
    if kind == "rss":
        return f"{start}<rss version='2.0'{root}><channel>{head}{body}{tail}</channel></rss>"
    default = root if " xmlns=" in root else f'{root} xmlns="http://purl.org/rss/1.0/"'
    return f'{start}<rdf:RDF xmlns:rdf="{RDF}"{default}><channel>{head}</channel>{body}{tail}</rdf:RDF>'


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(histories())
def test_cutting_changes_nothing(versions: list[bytes]) -> None:
    compare((body, NOW + timedelta(hours=n)) for n, body in enumerate(versions))


# -- what confuses the parser for all that follows ----------------------------------------------------------------

PLAIN = "<item><title>plain</title><link>/plain</link></item>"
OTHER = "<item><title>other</title><link>/other</link></item>"
NEW = "<item><title>new</title><link>new</link></item>"
TWO_TEXTS = "<item><title>t</title><link>/t</link><description>the longer text</description><summary>s</summary></item>"


def rss(*shown: str, root: str = "", head: str = "<title>Feed</title>", tail: str = "") -> bytes:
    return write("rss", root, head, shown, tail).encode()


def item(extra: str) -> str:
    return f"<item><title>first</title><link>/first</link>{extra}</item>"


TRAPS = {
    "a text in a text": (
        item('<content type="xhtml"><p>x</p><title>in</title></content>'), {"root": ' xml:lang="fr"'},
    ),
    "a div in a text": (item('<content type="html" xml:lang="de"><div>x</div></content>'), {"root": ' xml:lang="fr"'}),
    "a base": (item('<link xml:base="http://other.example/a/">b</link>'), {}),
    "a namespace bound twice": (item('<dc:language xmlns:dc="urn:o">ru</dc:language>'), {"root": f' xmlns:dc="{DC}"'}),
    "an image with children": (item("<image><title>i</title></image>"), {}),
    "an entry in an entry": (item("<item><title>i</title></item>"), {}),
    "an empty entry": ("<item/>", {}),
    "a channel in an entry": (item("<channel/>"), {}),
    "a title after the entries": (PLAIN, {"tail": "<title>Late</title>"}),
    "an entry outside the channel": (PLAIN, {"tail": f"</channel>{OTHER}<channel>"}),
    "entries of two kinds": (PLAIN, {"tail": "<x:item xmlns:x='urn:x'><title>x</title></x:item>"}),
    "a second root": (PLAIN, {"tail": "<feed/>"}),
    "an entity": (PLAIN, {"tail": "<!DOCTYPE x>"}),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_a_document_that_confuses_the_parser_is_never_cut(trap: str) -> None:
    first, around = TRAPS[trap]
    versions = [rss(first, PLAIN, **around), rss(first, PLAIN, OTHER, **around), rss(first, NEW, OTHER, **around)]
    tally = compare((body, NOW) for body in versions)
    assert tally.known == 0
    assert tally.forgotten == 3


@pytest.mark.parametrize(
    "versions",
    [
        # what follows a summary of the channel is read in another way than what follows an entry
        [
            rss(PLAIN, TWO_TEXTS, head="<title>F</title><summary>s</summary><description>d</description>"),
            rss(TWO_TEXTS, PLAIN, head="<title>F</title><summary>s</summary><description>d</description>"),
        ],
        # a known entry in a comment, in a text, or outside the channel is none
        [rss(PLAIN, OTHER), rss(OTHER, f"<!-- {PLAIN} -->")],
        [rss(PLAIN, OTHER), rss(OTHER, item(f"<description><![CDATA[{PLAIN}]]></description>"))],
        [rss(PLAIN, OTHER), rss(OTHER, item(f"<description>{PLAIN}</description>"))],
        [rss(PLAIN, OTHER), rss(OTHER, tail=f"</channel><channel2>{PLAIN}</channel2><channel>")],
        [rss(PLAIN, OTHER), rss(OTHER, tail=PLAIN.removesuffix("</item>"))],
        # a namespace that was in force is only bound further down
        [
            rss(item("<m:x/>"), OTHER, root=f" xmlns:m='{MEDIA}'"),
            rss(item("<m:x/>"), OTHER, head=f"<m:x xmlns:m='{MEDIA}'/><title>Feed</title>"),
        ],
        [rss(PLAIN, OTHER), rss(PLAIN, OTHER, root=' xml:lang="ko"'), rss(PLAIN, OTHER, root=' xml:base="http://b/"')],
        [rss(PLAIN, OTHER), rss(PLAIN, "<?known?>", OTHER), rss("<?known a?>", NEW, OTHER)],
        [
            rss(item("<m:x/>"), OTHER).replace(b"<channel>", f"<channel xmlns:m='{MEDIA}'>".encode()),
            rss(item("<m:x/>"), OTHER).replace(b"<channel>", f"<y xmlns:m='{MEDIA}'/><channel>".encode()),
        ],
        # the parser keeps what an entry binds, and reads the names of later ones by it
        [
            rss(item("<o:x xmlns:o='urn:o'/>"), PLAIN),
            rss(item("<o:x xmlns:o='urn:o'/>"), item("<link>/3</link><language xmlns='urn:o'>ru</language>"), PLAIN),
        ],
        # what an entry is recognised by depends on the others
        [rss(PLAIN, OTHER), rss(PLAIN.replace("plain</title>", "edited</title>"), PLAIN, OTHER)],
        [rss(PLAIN, PLAIN), rss(OTHER, PLAIN, PLAIN), rss(PLAIN, OTHER)],
    ],
)
def test_an_entry_is_only_known_where_it_means_the_same(versions: list[bytes]) -> None:
    compare((body, NOW) for body in versions)


@pytest.mark.parametrize("kind", ["rss", "atom", "rdf"])
@pytest.mark.parametrize("extra", ["", f'<m:content xmlns:m="{MEDIA}" url="u"><m:title>p</m:title></m:content>'])
def test_of_an_ordinary_feed_only_what_is_new_or_edited_is_parsed(kind: str, extra: str) -> None:
    tag = "entry" if kind == "atom" else "item"
    made = [f"<{tag}><id>{n}</id><title>t{n}</title>{extra}</{tag}>" for n in range(20)]
    edited = [*made[:7], made[7].replace("t7", "another title"), *made[8:]]
    head = "<title>Feed</title>"
    versions = [write(kind, "", head, shown, "").encode() for shown in (made[1:], made, edited, edited[::-1])]
    tally = compare((body, NOW) for body in versions)
    # Where an entry is the first to bind a namespace, it and the one that was the first before are parsed too.
    assert tally.parsed <= 19 + 1 + 1 + (6 if extra else 0)
    assert (tally.repeated, tally.forgotten) == (0, 0)


def test_a_feed_whose_entries_have_one_link_and_no_guid_is_cut_too() -> None:
    made = [f"<item><title>t{n}</title><link>/all</link></item>" for n in range(20)]
    tally = compare((rss(*made[first:]), NOW) for first in (2, 1, 0))
    assert tally.parsed == 18 + 2


def test_counts_of_what_was_skipped_are_those_of_the_whole_document() -> None:
    body = rss("<item><author>nobody</author></item>", PLAIN, PLAIN, OTHER, NEW)
    whole = parse_document(body, "", URL, Limits(max_entries=4), NOW)
    assert isinstance(whole, Document)
    cut = parse_document(body, "", URL, Limits(max_entries=4), NOW, whole.memory)
    assert isinstance(cut, Document)
    assert (len(cut.entries), len(cut.known)) == (0, 2)
    for reason in (Reason.NO_CONTENT, Reason.REPEATED_ENTRY, Reason.ENTRIES_CUT):
        assert cut.counters[reason] == whole.counters[reason] == 1


def test_another_address_makes_another_entry_of_the_same_bytes() -> None:
    first = parse_document(rss(NEW), "", "https://example.org/a/feed", Limits(), NOW)
    assert isinstance(first, Document)
    second = parse_document(rss(NEW), "", "https://example.org/b/feed", Limits(), NOW, first.memory)
    assert isinstance(second, Document)
    assert [entry.url for entry in second.entries] == ["https://example.org/b/new"]


# -- real documents -----------------------------------------------------------------------------------------------


@needs_corpus
@pytest.mark.parametrize("folder", documents(REPLAY), ids=lambda folder: folder.name)
def test_a_real_history_is_the_same_cut(folder: Path) -> None:
    began = process_time()
    versions = (
        (path.read_bytes(), polled_at(path)) for path in documents(folder) if process_time() - began < SECONDS_A_CORPUS
    )
    tally = compare(versions)
    print(folder.name, tally)
    assert tally.known > tally.parsed
    assert (tally.repeated, tally.forgotten) == (0, 0)


@pytest.mark.slow
@needs_corpus
@pytest.mark.parametrize("folder", [FEEDS, HOSTILE], ids=lambda folder: folder.name)
def test_real_and_hostile_documents_are_the_same_cut(folder: Path) -> None:
    total = Tally()
    began = process_time()
    for path in documents(folder):
        if process_time() - began > SECONDS_A_CORPUS:
            break
        body = path.read_bytes()
        total = Tally(*map(sum, zip(total, compare([(body, NOW), (body, NOW + timedelta(hours=2))]), strict=True)))
    print(folder.name, total)
    assert total.known > (total.parsed / 2 if folder == FEEDS else 0)
    assert total.repeated == 0
