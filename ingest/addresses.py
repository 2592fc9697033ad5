"""Which addresses a feed may be fetched from. Pure: judges an address, resolves nothing.

A feed's address, a redirect, or a name server may be an attacker's, so every address is refused that is not plainly
on the public internet; what the operator names in `network.allow_private` is let through.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Net = IPv4Network | IPv6Network

# Our own table rather than `is_global`, whose answer changed between Python releases. First hit names the reason.
_REFUSED_4 = tuple(
    (IPv4Network(net), why)
    for net, why in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_REFUSED_6 = tuple(
    (IPv6Network(net), why)
    for net, why in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")  # all that has been given out; the rest is reserved


def why_refused(address: Address) -> str:
    """Say in a word why an address is not public; empty when it is."""
    if isinstance(address, IPv4Address):
        return next((why for net, why in _REFUSED_4 if address in net), "")
    why = next((why for net, why in _REFUSED_6 if address in net), "")
    return why or ("" if address in _GLOBAL_6 else "reserved")


def literal(host: str) -> Address | None:
    """Read a host as an address literal, brackets or not; None when it is a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


class Allowed(NamedTuple):
    """What the operator lets through: `network.allow_private`, read."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Net, ...] = ()

    @classmethod
    def read(cls, entries: Iterable[str]) -> Allowed:
        """Sort entries into networks (addresses are networks of one) and host names."""
        hosts, networks = set(), []
        for entry in entries:
            try:
                networks.append(ip_network(entry.strip().strip("[]"), strict=False))
            except ValueError:
                hosts.add(plain_host(entry))
        return cls(frozenset(hosts), tuple(networks))

    def by_name(self, host: str) -> bool:
        """Tell whether whatever this name resolves to is let through."""
        return plain_host(host) in self.hosts

    def refusal(self, address: Address) -> str:
        """Say why an address is refused here; empty when it may be connected to."""
        why = why_refused(address)
        if why and any(address.version == net.version and address in net for net in self.networks):
            return ""
        return why


def plain_host(host: str) -> str:
    """Write a host name the one way it is compared in."""
    return host.strip().strip("[]").rstrip(".").lower()
