"""Which addresses may be connected to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import Allowed, literal, why_refused

REFUSED = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.127.255.255": "carrier-grade NAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.8": "reserved",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.9": "documentation",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::7f00:1": "IPv4-compatible",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:8.8.8.8": "IPv4-mapped",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "2001::1": "Teredo",
    "2001:10::1": "reserved",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "3fff::1": "documentation",
    "4000::1": "reserved",
    "5f00::1": "reserved",
    "fc00::1": "private",
    "fd12:3456::1": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
}
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255",
          "2606:4700::1111", "2a00:1450::1", "2001:200::1", "2001:4860:4860::8888"]  # fmt: skip


@pytest.mark.parametrize(("address", "why"), REFUSED.items())
def test_addresses_that_are_not_public_are_refused_with_a_reason(address: str, why: str) -> None:
    assert why_refused(ip_address(address)) == why


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address: str) -> None:
    assert why_refused(ip_address(address)) == ""


@given(st.ip_addresses())
def test_whatever_python_holds_for_private_is_refused(address: IPv4Address | IPv6Address) -> None:
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        assert why_refused(address)
    if isinstance(address, IPv4Address) and address.is_private:
        assert why_refused(address)


def test_the_operator_lets_networks_addresses_and_names_through_and_nothing_beside_them() -> None:
    allowed = Allowed.read(["10.1.0.0/16", "192.168.1.7", "[fd00::1]", " Feeds.Internal. "])
    assert [allowed.refusal(ip_address(text)) for text in ("10.1.2.3", "192.168.1.7", "fd00::1")] == ["", "", ""]
    assert [allowed.refusal(ip_address(text)) for text in ("10.2.0.1", "192.168.1.8", "fd00::2")] == ["private"] * 3
    assert allowed.refusal(ip_address("8.8.8.8")) == ""
    assert allowed.by_name("feeds.internal")
    assert allowed.by_name("FEEDS.INTERNAL.")
    assert not allowed.by_name("internal")


def test_a_network_of_the_other_family_lets_nothing_through() -> None:
    assert Allowed.read(["::/0"]).refusal(ip_address("127.0.0.1")) == "loopback"
    assert Allowed.read(["0.0.0.0/0"]).refusal(ip_address("::1")) == "loopback"


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("::1", "::1")])
def test_literals_are_read_with_and_without_brackets(host: str, address: str) -> None:
    assert literal(host) == ip_address(address)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "0x7f.1", "", "1.2.3.4.example"])
def test_what_is_not_a_plain_literal_is_a_name(host: str) -> None:
    assert literal(host) is None
