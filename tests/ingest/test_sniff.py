"""What a document is, by its first tag."""

from __future__ import annotations

import pytest

from ingest.model import Reason
from ingest.sniff import Feed, sniff


@pytest.mark.parametrize(
    ("text", "start", "root"),
    [
        ("<rss version='2.0'><channel/></rss>", "<rss", "rss"),
        ('<?xml version="1.0"?><!-- made by x --><rss>', "<?xml", "rss"),
        ("\n \t<?xml version='1.0'?>\n<feed xmlns='x'/>", "<?xml", "feed"),
        ("<rdf:RDF xmlns:rdf='x'>", "<rdf", "rdf:RDF"),
        ("<atom:feed xmlns:atom='x'>", "<atom", "atom:feed"),
        ("<RSS>", "<RSS", "RSS"),
        ("<channel>", "<channel", "channel"),
        ("<entry>", "<entry", "entry"),
        ("<br />\n<b>Warning</b>: mysql in <b>x.php</b><?xml version='1.0'?><rss>", "<?xml", "rss"),
        ("<!DOCTYPE rss PUBLIC 'x' 'y'><rss>", "<!DOCTYPE", "rss"),
        ("<!-- <3 --><rss>", "<!--", "rss"),
        ("junk <rss/>", "<rss", "rss"),
    ],
)
def test_a_feed_is_found_and_where_it_begins(text: str, start: str, root: str) -> None:
    found = sniff(text)
    assert isinstance(found, Feed)
    assert (found.kind, found.root) == ("xml", root)
    assert text[found.start :].startswith(start)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY),
        (" \r\n\t", Reason.EMPTY),
        (" " * 300_000, Reason.EMPTY),
        (" " * 300_000 + "<rss>", Reason.NOT_A_FEED),
        ("<!DOCTYPE html><html><body>on <rss> feeds</body></html>", Reason.HTML),
        ("<html lang='en'>", Reason.HTML),
        ("<script>challenge()</script>", Reason.HTML),
        ('<meta http-equiv="refresh" content="0">', Reason.HTML),
        ("<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html/>", Reason.HTML),
        ("Invalid url", Reason.NOT_A_FEED),
        ("<opml version='2.0'><body/></opml>", Reason.NOT_A_FEED),
        ("<soap:Envelope><soap:Body/></soap:Envelope>", Reason.NOT_A_FEED),
        ("<rssfeed>", Reason.NOT_A_FEED),
        ("%PDF-1.4 ...", Reason.NOT_A_FEED),
        ("[1, 2]", Reason.NOT_A_FEED),
    ],
)
def test_what_is_no_feed_has_a_reason(text: str, reason: Reason) -> None:
    assert sniff(text) == reason


def test_json_is_left_to_its_reader() -> None:
    assert sniff(' \n{"version": ""}') == Feed("json", 2, "")


def test_site_maps_are_told_by_their_root() -> None:
    assert sniff("<?xml version='1.0'?><urlset xmlns='x'><url/></urlset>") == Feed("sitemap", 0, "urlset")
    assert sniff("<!-- a --><sm:sitemapindex/>") == Feed("sitemap", 0, "sm:sitemapindex")
