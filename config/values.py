"""What single values of the configuration must look like. Each check returns the value or says what is wanted."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_interface
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import urlsplit

_HOST_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SPACE = re.compile(r"\s")
_PLACEHOLDERS = frozenset({"version", "contact"})
_MAX_URL_CHARS = 2000
_WANTED_ADDRESS = "an address such as https://example.org/feed.xml"
_WANTED_SERVER = "a host and a port such as kafka-1.example.org:9092"
_WANTED_HOST = "a host name, an address or a CIDR range such as 10.0.0.0/8, without scheme or port"


def feed_url(value: str) -> str:
    """Check the address of a feed; it stays as written, for it is the identity of the feed."""
    if _UNPRINTABLE.search(value) or _SPACE.search(value) or len(value) > _MAX_URL_CHARS:
        raise ValueError(f"{_WANTED_ADDRESS}, of at most {_MAX_URL_CHARS} characters, without spaces")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{_WANTED_ADDRESS}, with a valid host and port") from error
    if parts.scheme not in {"http", "https"}:
        raise ValueError("an address that begins with https:// or http://")
    if parts.username is not None:
        raise ValueError("an address without user name and password: secrets never stand in these files")
    if not host or port == 0:
        raise ValueError(f"{_WANTED_ADDRESS}, with a valid host and port")
    return value


def server(value: str) -> str:
    """Check the address of a broker."""
    if "@" in value:
        raise ValueError(f"{_WANTED_SERVER}, without user name and password: those go under `sasl`")
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(_WANTED_SERVER) from error
    if not host or not port or value != parts.netloc or _SPACE.search(value) or _UNPRINTABLE.search(value):
        raise ValueError(_WANTED_SERVER)
    return value


def endpoint(value: str) -> str:
    """Check the address that a secret is sent to: never in the clear, but to this machine."""
    parts = urlsplit(feed_url(value))
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("an address that begins with https://")
    return value


def file(value: Any) -> Any:
    """Check the name of a file."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a file")
    one_line(value)
    if value.startswith("~") and not value.startswith("~/"):
        raise ValueError("a file; `~` stands for your own home only")
    return Path(value)


def private_host(value: str) -> str:
    """Check a host name, an address or a CIDR range that may be private."""
    if "/" in value or ":" in value or value.rpartition(".")[2].isdigit():
        return _address(value)
    if not all(map(_HOST_LABEL.match, value.removesuffix(".").split("."))):
        raise ValueError(_WANTED_HOST)
    return value


def _address(value: str) -> str:
    try:
        if "/" not in value:
            ip_address(value)
            return value
        written = ip_interface(value)
    except ValueError as error:
        raise ValueError(_WANTED_HOST) from error
    if written.ip != written.network.network_address:
        raise ValueError(f"the range {written.network} or the address {written.ip}")
    return value


def one_line(value: str) -> str:
    """Check text that people read on one line."""
    if _UNPRINTABLE.search(value):
        raise ValueError("text on one line, without control characters")
    return value


def header_text(value: str) -> str:
    """Check text that is sent in an HTTP header."""
    if not value.isascii() or not value.isprintable():
        raise ValueError("one line of printable ASCII")
    return value


def user_agent(value: str) -> str:
    """Check a user agent with its placeholders."""
    header_text(value)
    try:
        fields = [
            (name, spec or conversion) for _, name, spec, conversion in Formatter().parse(value) if name is not None
        ]
    except ValueError as error:
        raise ValueError("braces only in {version} and {contact}") from error
    if any(name not in _PLACEHOLDERS or extra for name, extra in fields):
        raise ValueError("no other placeholders than {version} and {contact}")
    return value
