"""The way to the network: connections that go only to addresses allowed, and the one table of what can go wrong.

aiohttp carries the bytes (httpx's own pool costs several times as much); httpx is the face that `fetch.py` sees.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp import AiohttpTransport

from ingest.addresses import Allowed, literal
from ingest.daemon_threads import DaemonThreads
from ingest.headers import one_line
from ingest.model import Failed, Reason

_LOOKUPS = 64  # at a time; `getaddrinfo` blocks, and a silent name server must not hold up the other lookups
_DNS_CACHE_S = 30
_KEEPALIVE_S = 15.0
# Real sites send policy headers past aiohttp's 8 kB; these still bound a reply's head to a few MB.
_MAX_LINE_BYTES = 16_384
_MAX_FIELD_BYTES = 32_768
_MAX_HEADERS = 256

SockAddress = tuple[object, ...]
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, SockAddress]


class AddressRefused(OSError):
    """A connection to an address that is not allowed was about to be made."""


class GuardedResolver(AbstractResolver):
    """Resolves names to those of their addresses that may be connected to.

    aiohttp connects to exactly what this returns, so a name that answers differently the second time gains nothing.
    """

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._threads = DaemonThreads(_LOOKUPS, "resolve")
        self.let_through: set[str] = set()  # addresses that a name in the list stands for

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve a name.

        Raises:
            AddressRefused: none of its addresses may be connected to.
            OSError: the name has none.
        """
        infos = await self._threads.run(partial(_lookup, host, port, family))
        by_name = self._allowed.by_name(host)
        good, refused = [], ""
        for kind, proto, address in infos:
            why = "" if by_name else self.why_refused(address)
            if why:
                refused = refused or f"{address} is {why}"
                continue
            if by_name:
                self.let_through.add(address)
            flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            good.append(ResolveResult(hostname=host, host=address, port=port, family=kind, proto=proto, flags=flags))
        if not good:
            raise AddressRefused(refused or "no address")
        return good

    def why_refused(self, address: str) -> str:
        """Judge an address in text form; what cannot be read is refused."""
        value = literal(address)
        return "unreadable" if value is None else self._allowed.refusal(value)

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Open a socket for an address about to be connected to: the last check, and the only one for literals.

        aiohttp asks no resolver about a literal, and two URL parsers may disagree about what the host is.

        Raises:
            AddressRefused: the address may not be connected to.
        """
        family, kind, proto, _, target = info
        address = str(target[0])
        why = "" if address in self.let_through else self.why_refused(address)
        if why:
            raise AddressRefused(f"{address} is {why}")
        return socket.socket(family, kind, proto)

    async def close(self) -> None:
        """Do nothing: a lookup under way ends by itself, and none waits for it."""


def _lookup(host: str, port: int, family: int) -> list[tuple[socket.AddressFamily, int, str]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
    return [(kind, proto, str(target[0])) for kind, _, proto, _, target in found]


class Transport(NamedTuple):
    """An open way to the network."""

    http: AiohttpTransport
    resolver: GuardedResolver

    async def close(self) -> None:
        """Close every connection."""
        await self.http.aclose()
        await self.resolver.close()


def open_transport(allowed: Allowed, tls: ssl.SSLContext | None) -> Transport:
    """Open a transport whose every connection is guarded. Must be called in the loop that uses it.

    It knows no proxy, no .netrc, no cookies, no redirects and no time limit, and inflates nothing: all of that is
    `fetch.py`'s to decide.
    """
    resolver = GuardedResolver(allowed)
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        socket_factory=resolver.open_socket,
        ttl_dns_cache=_DNS_CACHE_S,
        keepalive_timeout=_KEEPALIVE_S,
        limit=0,  # the service bounds the polls under way
        ssl=tls or httpx.create_ssl_context(),
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        max_line_size=_MAX_LINE_BYTES,
        max_field_size=_MAX_FIELD_BYTES,
        max_headers=_MAX_HEADERS,
    )
    return Transport(AiohttpTransport(verify=False, client=session), resolver)


# In order: the most telling first, whatever it is wrapped in.
_MEANINGS: tuple[tuple[Reason, tuple[type[BaseException], ...]], ...] = (
    (Reason.REFUSED_ADDRESS, (AddressRefused, aiohttp.InvalidUrlClientError)),
    (Reason.DNS, (socket.gaierror, aiohttp.ClientConnectorDNSError, UnicodeError)),
    (Reason.TLS, (ssl.SSLError, ssl.CertificateError, aiohttp.ClientSSLError)),
    (Reason.CONNECT, (aiohttp.ClientConnectorError,)),
    (Reason.PROTOCOL, (aiohttp.ClientPayloadError, aiohttp.ClientResponseError)),
    (Reason.CONNECT, (aiohttp.ServerDisconnectedError, OSError)),
)


def failure_of(error: Exception) -> Failed:
    """Say what an exception of the network means. The one place that knows the libraries' exceptions."""
    chain = list(_causes(error))
    root = chain[-1]
    said = getattr(root, "verify_message", "") or getattr(root, "strerror", "") or str(root) or type(root).__name__
    for reason, kinds in _MEANINGS:
        if any(isinstance(cause, kinds) for cause in chain):
            return Failed(reason, one_line(said))
    return Failed(Reason.PROTOCOL, one_line(f"{type(root).__name__}: {root}"))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Walk from an exception down to what caused it."""
    while error is not None:
        yield error
        error = getattr(error, "os_error", None) or error.__cause__
