"""The demo's feed documents, read back with parsers that know nothing of them."""

from __future__ import annotations

import calendar
import gzip
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest

from armswatch.demo.documents import document
from armswatch.demo.feeds import Entry, Outlet, load

START = datetime(2026, 5, 4, 10, 0, 0, 250_000, tzinfo=UTC)
SCRIPT = load()
XML = [outlet for outlet in SCRIPT.outlets if outlet.format in ("rss20", "atom10", "rdf")]


def read(outlet: Outlet, elapsed_s: float) -> Any:
    body = document(outlet, SCRIPT.published(outlet, elapsed_s), START).body
    text = (gzip.decompress(body) if outlet.gzip else body).decode(outlet.encoding)
    text = text.replace(f'encoding="{outlet.declares}"', 'encoding="utf-8"')  # here the label is put right
    return feedparser.parse(io.BytesIO(text.encode()))


@pytest.mark.parametrize("outlet", XML, ids=lambda outlet: outlet.id)
def test_every_entry_can_be_read_back_from_xml(outlet: Outlet) -> None:
    parsed = read(outlet, 30.0)
    entries = SCRIPT.published(outlet, 30.0)

    assert not parsed.bozo
    assert parsed.feed.language == outlet.language
    assert [entry.title for entry in parsed.entries] == [entry.title for entry in entries]
    assert [entry.link for entry in parsed.entries] == [outlet.link(entry.key) for entry in entries]
    summaries = [entry.summary.removeprefix("<p>").removesuffix("</p>") for entry in parsed.entries]
    assert summaries == [entry.summary for entry in entries]
    dates = [entry.get("published_parsed") or entry["updated_parsed"] for entry in parsed.entries]
    moments = [(START + timedelta(seconds=entry.published_s)).replace(microsecond=0) for entry in entries]
    assert [datetime.fromtimestamp(calendar.timegm(date), UTC) for date in dates] == moments


def test_every_entry_can_be_read_back_from_json() -> None:
    outlet = SCRIPT.outlet("diario-muestra")
    found = document(outlet, SCRIPT.published(outlet, 30.0), START)
    feed = json.loads(found.body)

    assert found.content_type == "application/feed+json"
    assert (feed["version"], feed["language"]) == ("https://jsonfeed.org/version/1.1", "es")
    assert [(item["title"], item["content_text"], item["url"]) for item in feed["items"]] == [
        (entry.title, entry.summary, outlet.link(entry.key)) for entry in SCRIPT.published(outlet, 30.0)
    ]
    assert datetime.fromisoformat(feed["items"][0]["date_published"]) == START.replace(microsecond=0) + timedelta(
        seconds=18
    )


def test_the_mislabelled_feed_is_not_what_it_says() -> None:
    outlet = SCRIPT.outlet("vestnik-primera")
    body = document(outlet, SCRIPT.published(outlet, 30.0), START).body

    assert b'encoding="utf-8"' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_guids_stay_the_same_through_an_edit_and_one_feed_has_none() -> None:
    wire = SCRIPT.outlet("demo-wire")
    before, after = read(wire, 5.0).entries[0], read(wire, 16.0).entries[0]

    assert before.id == after.id == "demo-wire:shells"
    assert before.title != after.title
    assert not any("id" in entry for entry in read(SCRIPT.outlet("pryklad-novyny"), 30.0).entries)


def test_the_etag_changes_exactly_when_the_entries_do() -> None:
    outlet = SCRIPT.outlet("harbour-courier")
    tags = [document(outlet, SCRIPT.published(outlet, at), START).etag for at in (0.0, 5.9, 6.0, 16.9, 17.0)]

    assert [tag == tags[0] for tag in tags] == [True, True, False, False, False]
    assert len(set(tags)) == 3


def test_it_was_last_modified_when_the_latest_entry_came_or_changed() -> None:
    wire = SCRIPT.outlet("demo-wire")

    assert document(wire, SCRIPT.published(wire, 16.0), START).last_modified == START + timedelta(seconds=15)
    assert document(wire, (), START).last_modified == START


@pytest.mark.parametrize("outlet", XML, ids=lambda outlet: outlet.id)
def test_markup_in_a_title_is_only_text(outlet: Outlet) -> None:
    entry = Entry("k", "A <b> & c", "d < e & f", 0.0, 0.0)
    plain = replace(outlet, gzip=False, encoding="utf-8", html=False)
    parsed = feedparser.parse(io.BytesIO(document(plain, (entry,), START).body), sanitize_html=False)

    assert parsed.entries[0].title == "A <b> & c"
    assert parsed.entries[0].summary == "d < e & f"


def test_the_web_page_is_a_web_page() -> None:
    found = document(SCRIPT.outlet("moved-herald"), (), START)

    assert found.content_type.startswith("text/html")
    assert found.body.startswith(b"<!DOCTYPE html>")
