"""The real feed documents: that the index and the server give them as they are."""

from __future__ import annotations

import urllib.request

import pytest

from tests.e2e.corpus import FEEDS, INDEX, Row, alone, content_type, rows, serve_directory
from tests.feedserver import FeedServer

pytestmark = pytest.mark.skipif(not INDEX.exists(), reason="the shared feed documents are not here")


def row(**changes: str) -> Row:
    values = {"file": "a", "outlet": "", "language": "", "format": "rss20", "encoding": "", "declared_encoding": ""}
    values |= {"bozo": "", "origin": "", "note": ""} | changes
    return Row(**values, n_items=0, bytes=0)


@pytest.mark.parametrize(
    ("given", "header"),
    [
        (row(), "application/rss+xml"),
        (row(format="atom10", encoding="utf-8"), "application/atom+xml"),
        (row(format="json"), "application/feed+json"),
        (row(format="sitemap-news"), "application/xml"),
        (row(encoding="ISO-8859-1"), "application/rss+xml; charset=ISO-8859-1"),
        (row(encoding="windows-1251", declared_encoding="windows-1251"), "application/rss+xml"),
    ],
)
def test_the_content_type_tells_the_charset_only_where_the_document_does_not(given: Row, header: str) -> None:
    assert content_type(given) == header


def test_the_index_says_what_feedparser_alone_finds() -> None:
    small = [given for given in rows() if given.bytes < 12_000 and not given.format.startswith("sitemap")]

    found = {given.file: alone((FEEDS / given.file).read_bytes(), content_type(given)) for given in small}

    assert len(small) > 50
    assert {file: each.count for file, each in found.items()} == {given.file: given.n_items for given in small}


def test_every_document_is_served_as_it_is() -> None:
    index = rows()
    with FeedServer() as server:
        urls = serve_directory(server)
        assert len(urls) == len(index) == 334
        for given in index[::40]:
            with urllib.request.urlopen(urls[given.file], timeout=5) as response:
                assert response.read() == (FEEDS / given.file).read_bytes()
                assert response.headers["Content-Type"] == content_type(given)
