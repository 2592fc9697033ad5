"""Web addresses: one spelling each, and no error whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.urls import MAX_URL_CHARS, canonical, folded, is_web, resolve

PIECES = st.sampled_from(
    ["http", "https", "ftp", ":", "//", "/", "?", "#", "&", "=", "%", "%2f", "@", "[", "]", "[::1]", "a.org", ".", "..", ":80",
     ":99999", "utm_source=x", "id=1", "é", "я.рф", " ", "\\", "\t", "\x00", "\ud800", "{", '"', "<", "'", "xn--", "javascript:"]
)  # fmt: skip
ADDRESSES = st.one_of(
    st.text(max_size=40),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=10).map(lambda parts: "https://example.org/" + "".join(parts)),
)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/A/b?x=1#part", "https://example.org/A/b?x=1"),
        ("http://example.org:80/", "http://example.org/"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://example.org/?utm_source=rss&b=2&a=1&fbclid=Z", "https://example.org/?b=2&a=1"),
        ("https://example.org/a?UTM_Medium=x", "https://example.org/a"),
        ("https://example.org/a?at_medium=RSS&at_campaign=K", "https://example.org/a"),
        ("https://example.org/a?&&x=1&", "https://example.org/a?x=1"),
        ("  https://example.org/a\n", "https://example.org/a"),
        ("https://exa\tmple.org/a\u200bb", "https://example.org/ab"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/статья?q=мир", "https://example.org/%D1%81%D1%82%D0%B0%D1%82%D1%8C%D1%8F?q=%D0%BC%D0%B8%D1%80"),
        ("https://example.org/%d1%81", "https://example.org/%D1%81"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://пример.рф/", "https://xn--e1afmkfd.xn--p1ai/"),
        ("https://조선.한국/a", "https://xn--6i4bt7k.xn--3e0b707e/a"),
        ("http:\\\\example.org\\a", "http://example.org/a"),
        ("http://[2001:DB8:0::1]:80/x", "http://[2001:db8::1]/x"),
        ("https://example.org/a?x=1&amp;y=2", "https://example.org/a?x=1&amp;y=2"),
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(raw: str, wanted: str) -> None:
    assert canonical(raw) == wanted
    assert is_web(raw)


@pytest.mark.parametrize(
    "raw",
    ["", "   ", "example.org/a", "/a", "ftp://example.org/", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
     "mailto:a@example.org", "http://", "http:///a", "http://:80/", "http://[::1", "http://[xyz]/", "http://exa mple.org/",
     "http://example.org:99999/", "http://example.org:port/", "http://-a.org/", "http://a..org/", "http://" + "a" * 300,
     "http://example.org/" + "a" * MAX_URL_CHARS, "http://example.org/" + "я" * 1500, "https://" + "я" * 100 + ".рф/"],
)  # fmt: skip
def test_what_is_no_web_address_is_none(raw: str) -> None:
    assert canonical(raw) == ""
    assert folded(raw) == ""
    assert not is_web(raw)


@given(ADDRESSES)
def test_canonical_is_idempotent_and_never_raises(raw: str) -> None:
    once = canonical(raw)
    assert canonical(once) == once
    assert once == "" or once.startswith(("http://", "https://"))
    assert once.isascii()
    assert once.isprintable()
    assert " " not in once


def test_http_and_https_are_one_when_folded() -> None:
    assert folded("http://Example.org/a?utm_source=x") == folded("https://example.org/a")
    assert folded("https://example.org/a") != folded("https://example.org/b")


@pytest.mark.parametrize(
    ("base", "link", "wanted"),
    [
        ("https://example.org/feed/rss.xml", "../a", "https://example.org/a"),
        ("https://example.org/feed", "/a?b", "https://example.org/a?b"),
        ("https://example.org/feed", " //other.org/a ", "https://other.org/a"),
        ("https://example.org/feed", "http://other.org/a", "http://other.org/a"),
        ("", "a", "a"),
        ("https://example.org/", "//[broken", "//[broken"),
    ],
)
def test_links_are_resolved_against_their_document(base: str, link: str, wanted: str) -> None:
    assert resolve(base, link) == wanted
