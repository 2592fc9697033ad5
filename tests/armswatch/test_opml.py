"""Subscription lists: read as readers write them, written so that they come back whole."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armswatch.opml import NAMESPACE, Plan, plan, read_opml, write_opml
from config.settings import Feed, FeedKind
from core.errors import UserError
from core.text import clean


def opml(body: str, head: str = "") -> bytes:
    return f"<?xml version='1.0'?>{head}<opml version='1.0'><head><title>t</title></head><body>{body}</body></opml>".encode()


def planned(body: str | bytes, *there: Feed) -> Plan:
    raw = body if isinstance(body, bytes) else opml(body)
    return plan(read_opml(raw, "list.opml").outlines, there)


def added(body: str | bytes) -> list[Feed]:
    result = planned(body)
    assert (result.known, result.repeated, result.refused) == ([], [], [])
    return result.add


def test_folders_inside_folders_are_read_and_name_kinds() -> None:
    feeds = added(
        """<outline text="Asia"><outline text="State media">
             <outline text="K" title="KCNA" type="rss" xmlUrl="https://kcna.example/rss" htmlUrl="https://kcna.example/"/>
           </outline><outline title="Y" xmlUrl="https://y.example/rss" language="ko-KR" category="/x,/Wire"/></outline>
           <outline text="Z" xmlUrl="https://z.example/rss"/>"""
    )
    assert feeds == [
        Feed(url="https://kcna.example/rss", name="KCNA", kind="state_media"),
        Feed(url="https://y.example/rss", name="Y", kind="wire", language="ko"),
        Feed(url="https://z.example/rss", name="Z"),
    ]


@pytest.mark.parametrize(
    "outline",
    [
        '<outline text="A" xmlurl="https://a.example/?x=1&y=2"/>',
        '<outline text="A" XMLURL=" https://a.example/?x=1&amp;y=2 "/>',
        '<outline text="A" type="rss" url="https://a.example/?x=1&amp;y=2"/>',
        '<outline text="A" xmlUrl="feed:https://a.example/?x=1&amp;y=2"/>',
        '<outline text="A" xmlUrl="feed://https://a.example/?x=1&amp;y=2"/>',
        '<o:outline xmlns:o="x" text="A" xmlUrl="https://a.example/?x=1&amp;y=2"/>',
        '<outline text="&#10;A\u200b" title="" language="English" xmlUrl="https://a.example/?x=1&amp;y=2"/>',
    ],
)
def test_outlines_are_read_as_readers_write_them(outline: str) -> None:
    assert added(outline) == [Feed(url="https://a.example/?x=1&y=2", name="A")]


def test_a_feed_scheme_without_another_means_http() -> None:
    assert added('<outline text="A" xmlUrl="feed://a.example/x"/>') == [Feed(url="http://a.example/x", name="A")]


def test_a_name_that_is_only_the_address_is_none() -> None:
    assert added('<outline text="https://a.example/x" xmlUrl="https://a.example/x"/>') == [
        Feed(url="https://a.example/x")
    ]


@pytest.mark.parametrize("charset", ["windows-1251", "utf-16", "koi8-r"])
def test_other_charsets_are_read(charset: str) -> None:
    text = f"<?xml version='1.0' encoding='{charset}'?><opml><body><outline text='Новости дня и ночи' xmlUrl='https://a.example/'/></body></opml>"
    assert added(text.encode(charset))[0].name == "Новости дня и ночи"


def test_what_is_there_what_comes_twice_and_what_is_no_feed_is_told() -> None:
    result = planned(
        """<outline text="A" xmlUrl="https://A.example:443/rss#top"/><outline text="B" xmlUrl="https://b.example/"/>
           <outline text="B2" xmlUrl="https://b.example/?utm_source=x"/><outline text="C" xmlUrl="file:///etc/passwd"/>
           <outline text="D" xmlUrl="https://u:p@d.example/"/><outline text="E" htmlUrl="https://e.example/"/>
           <outline text="F" xmlUrl="https://f.example/" armswatch:kind="blog" armswatch:country="xx"/>""",
        Feed(url="https://a.example/rss"),
    )
    assert [feed.name for feed in result.add] == ["B"]
    assert result.known == ["https://A.example:443/rss#top"]
    assert result.repeated == ["https://b.example/?utm_source=x"]
    refused = dict(result.refused)
    assert list(refused) == ["file:///etc/passwd", "https://u:p@d.example/", "https://e.example/", "https://f.example/"]
    assert "https://" in refused["file:///etc/passwd"]
    assert "user name and password" in refused["https://u:p@d.example/"]
    assert "armswatch feeds add https://e.example/" in refused["https://e.example/"]
    assert "kind" in refused["https://f.example/"]
    assert "country" in refused["https://f.example/"]


BOMB = "<!DOCTYPE opml [<!ENTITY a 'x'><!ENTITY b '" + "&a;" * 100 + "'>]>"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "cannot be read as OPML: no element found"),
        (b"Subscriptions", "cannot be read as OPML"),
        (b"<html><body><br></html>", "not an OPML file: it begins with <html>"),
        (b"<rss/>", "not an OPML file: it begins with <rss>"),
        (opml("<outline text='a'>"), "mismatched tag"),
        (opml("<outline text='a' xmlUrl='https://a.example/'")[:-30] + b"<", "line 1"),
        (opml("<outline text='&b;'/>", BOMB), "document type"),
        (opml("<outline text='&x;'/>", "<!DOCTYPE o [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"), "document type"),
        (opml("<outline text='a'>" * 50_000), "nested"),
    ],
)
def test_what_cannot_be_read_is_told_whole_and_at_once(raw: bytes, said: str) -> None:
    began = time.process_time()
    with pytest.raises(UserError, match=r"^list\.opml ") as caught:
        read_opml(raw, "list.opml")
    assert said in str(caught.value)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('<outline text="The "A" Blog" description="<br> by "A"" xmlUrl="https://a.example/"/>', ['The "A" Blog']),
        (
            '<outline text="wire"><outline text="B" description="a < b" xmlUrl="https://b.example/"></outline></outline>',
            ["B"],
        ),
        ('<outline text="wire"><outline text="C" x=1 xmlUrl="https://c.example/" /></outline><outline>', ["C"]),
        ("</outline><outline text='Q&amp;A' xmlUrl='https://d.example/'/>", ["Q&A"]),
    ],
)
def test_each_outline_of_a_broken_list_is_read_by_itself(body: str, names: list[str]) -> None:
    good = '<outline text="Good" xmlUrl="https://good.example/"/>'
    listed = read_opml(opml(body + good), "list.opml")
    assert "line 1" in listed.flaw
    assert [outline.name for outline in listed.outlines] == [*names, "Good"]
    assert listed.outlines[0].folders == (("wire",) if "wire" in body else ())
    assert read_opml(opml(good), "list.opml").flaw == ""


@pytest.mark.parametrize(
    "piece", ['<outline a="', "<outline ", ' a="', "<outline text='\"' x=", "</outline>", "<", " a = ", '"']
)
def test_a_broken_list_takes_time_in_proportion(piece: str) -> None:
    began = time.process_time()
    with pytest.raises(UserError):
        read_opml(opml("<outline <" + piece * 100_000), "list.opml")
    assert time.process_time() - began < 4


def test_ten_thousand_feeds_are_read_quickly() -> None:
    began = time.process_time()
    feeds = added("".join(f"<outline text='{n}' xmlUrl='https://a.example/{n}'/>" for n in range(10_000)))
    assert len(feeds) == 10_000
    assert time.process_time() - began < 5


def test_what_is_written_is_opml_with_a_folder_for_each_kind() -> None:
    text = write_opml(
        [
            Feed(url="https://a.example/?x=1&y=2", name='"A" <b>', kind="state_media", country="KP", origin="kcna"),
            Feed(url="https://b.example/", interval=timedelta(minutes=5), enabled=False),
        ]
    )
    root = ET.fromstring(text)
    assert (root.tag, root.get("version"), root.findtext("head/title")) == ("opml", "2.0", "Feeds of Armswatch")
    assert [folder.get("text") for folder in root.findall("body/outline")] == ["state media", "other"]
    first, second = root.findall("body/outline/outline")
    assert first.attrib == {
        "type": "rss",
        "text": '"A" <b>',
        "title": '"A" <b>',
        "xmlUrl": "https://a.example/?x=1&y=2",
        "category": "/state_media",
        f"{{{NAMESPACE}}}country": "KP",
        f"{{{NAMESPACE}}}kind": "state_media",
        f"{{{NAMESPACE}}}origin": "kcna",
    }
    assert second.get("text") == "https://b.example/"
    assert (second.get(f"{{{NAMESPACE}}}interval"), second.get(f"{{{NAMESPACE}}}enabled")) == ("5m", "false")


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30).map(clean)
FEEDS = st.builds(
    Feed,
    url=st.from_regex(r"https?://[a-z]{1,9}\.example/[a-z0-9&'\"<>;=?%]{0,20}", fullmatch=True),
    name=NAMES,
    language=st.sampled_from(["", "no", "ko", "yue"]),
    country=st.sampled_from(["", "NO", "KR"]),
    kind=st.sampled_from(get_args(FeedKind)),
    origin=NAMES,
    interval=st.none() | st.integers(1, 100_000).map(lambda seconds: timedelta(seconds=seconds)),
    enabled=st.booleans(),
)


@given(st.lists(FEEDS, max_size=6, unique_by=lambda feed: feed.url))
def test_whatever_goes_out_comes_back(feeds: list[Feed]) -> None:
    result = planned(write_opml(feeds).encode())
    assert result.refused == []
    back = {feed.url: feed for feed in result.add}
    there = {feed.url: feed for feed in feeds}
    assert {*back, *result.repeated} == {*there}
    assert back == {url: there[url] for url in back}
