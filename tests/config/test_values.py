"""Single values: addresses, hosts, header text."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.values import feed_url, header_text, one_line, private_host, user_agent


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/feed.xml",
        "http://example.org",
        "HTTPS://Example.ORG:8443/a?b=c&d=%20#e",
        "https://bücher.example/лента",
        "http://[2001:db8::1]:8080/x",
        "http://10.0.0.1/",
        "https://example.org/@user/feed",
        "https://example.org/" + "a" * 1980,
    ],
)
def test_keeps_a_feed_address_as_written(url: str) -> None:
    assert feed_url(url) == url


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("", "begins with https://"),
        ("example.org/feed", "begins with https://"),
        ("feed:https://example.org/", "begins with https://"),
        ("ftp://example.org/", "begins with https://"),
        ("file:///etc/passwd", "begins with https://"),
        ("https://", "valid host and port"),
        ("https:///feed", "valid host and port"),
        ("https://:80/", "valid host and port"),
        ("https://example.org:0/", "valid host and port"),
        ("https://example.org:99999/", "valid host and port"),
        ("https://example.org:x/", "valid host and port"),
        ("https://[::1/", "valid host and port"),
        ("https://u:p@example.org/", "without user name and password"),
        ("https://token@example.org/", "without user name and password"),
        ("https://example.org/a b", "without spaces"),
        (" https://example.org/", "without spaces"),
        ("https://example.org/\n", "without spaces"),
        ("https://example.org/\x00", "without spaces"),
        ("https://example.org/\u3000", "without spaces"),
        ("https://example.org/" + "a" * 1981, "at most 2000 characters"),
    ],
)
def test_refuses_a_feed_address(url: str, wanted: str) -> None:
    with pytest.raises(ValueError, match=wanted):
        feed_url(url)


@pytest.mark.parametrize(
    "host",
    ["localhost", "feeds.internal", "feeds.internal.", "news_feed", "10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "a-1"],
)
def test_takes_hosts_addresses_and_ranges(host: str) -> None:
    assert private_host(host) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        "-a",
        "a-",
        "a b",
        "*",
        "*.internal",
        "http://localhost",
        "localhost:80",
        "10.0.0.1:80",
        "10.0.0",
        "300.1.1.1",
        "10.0.0.0/33",
        "10.0.0.0/x",
        "::g",
        "a" * 64,
    ],
)
def test_refuses_what_is_no_host(host: str) -> None:
    with pytest.raises(ValueError, match="a host name, an address or a CIDR range"):
        private_host(host)


def test_asks_which_is_meant_where_a_range_has_host_bits() -> None:
    with pytest.raises(ValueError, match=r"the range 10\.0\.0\.0/8 or the address 10\.1\.2\.3"):
        private_host("10.1.2.3/8")


@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a\tb", "\x7f", "Zeitungsübersicht"])
def test_header_text_is_one_line_of_printable_ascii(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        header_text(text)


@pytest.mark.parametrize("text", ["", "desk@example.org", "https://example.org/about"])
def test_header_text_is_kept(text: str) -> None:
    assert header_text(text) == text


@pytest.mark.parametrize("text", ["Plain/1.0", "A/{version} (+{contact})"])
def test_user_agent_takes_its_two_placeholders(text: str) -> None:
    assert user_agent(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A/{verson}", "no other placeholders"),
        ("A/{}", "no other placeholders"),
        ("A/{version!r}", "no other placeholders"),
        ("A/{version:>9}", "no other placeholders"),
        ("A/{version", "braces only"),
        ("A/}", "braces only"),
        ("A\n", "printable ASCII"),
    ],
)
def test_user_agent_refuses_others(text: str, wanted: str) -> None:
    with pytest.raises(ValueError, match=wanted):
        user_agent(text)


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[31m", "a\u2028b", "a\x85"])
def test_names_are_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="on one line"):
        one_line(text)


def test_names_may_be_in_any_script() -> None:
    assert one_line("連合ニュース «ТАСС» – 연합") == "連合ニュース «ТАСС» – 연합"


@given(st.text(max_size=40))
def test_checks_raise_nothing_but_value_errors(text: str) -> None:
    for check in (feed_url, private_host, header_text, user_agent, one_line):
        for value in (text, f"https://{text}", f"{text}/8"):
            with suppress(ValueError):
                assert check(value) == value
