"""Fetches one feed: conditional request, redirects by hand, bounded body. A failure is a value, never an exception."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from urllib.parse import unquote

import httpx

from config.settings import Network, Polling
from ingest.addresses import Allowed, literal
from ingest.body import BodyRefused, BoundedBody, coding_of
from ingest.headers import max_age_s, one_line, retry_after_s
from ingest.model import Failed, Fetched, Reason, Request
from ingest.transport import failure_of, open_transport

_MAX_REDIRECTS = 10
_MAX_VALIDATOR = 1000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_DOCUMENT = frozenset({200, 203})
_NOT_MODIFIED, _GONE, _TOO_MANY, _UNAVAILABLE = 304, 410, 429, 503
_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, */*;q=0.8"


class Fetcher:
    """Fetches feeds, many at a time. Belongs to one event loop; open it there, and close it there.

    Args:
        network: who we say we are, and which private addresses are let through.
        polling: the deadline and the size cap.
        clock: the wall clock, aware, UTC.
        tls: certificates to trust instead of the usual ones.
    """

    def __init__(
        self,
        network: Network,
        polling: Polling,
        *,
        clock: Callable[[], datetime],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = Allowed.read(network.allow_private)
        self._deadline_s = polling.deadline.total_seconds()
        self._max_bytes = polling.max_body_bytes
        self._clock = clock
        self._transport = open_transport(self._allowed, tls)
        self._headers = {"User-Agent": user_agent(network), "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}

    async def fetch(self, request: Request) -> Fetched | Failed:
        """Fetch a feed. The deadline covers name lookup, connection, TLS, every redirect and the whole body."""
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._follow(request)
        except TimeoutError:
            return Failed(Reason.DEADLINE, f"no complete reply within {self._deadline_s:g} s")
        except BodyRefused as refused:
            return Failed(refused.reason, one_line(refused.detail))
        except Exception as error:  # noqa: BLE001 - whatever three libraries raise: one feed's failure is a value
            return failure_of(error)

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.close()

    async def _follow(self, request: Request) -> Fetched | Failed:
        address, permanent = request.url, True
        url = home = httpx.URL()
        for hop in range(_MAX_REDIRECTS + 1):
            if refused := _refuse_scheme(address, first=not hop):
                return refused
            url = url.join(address) if hop else httpx.URL(address)
            if "#" in str(url):  # only then: to parse an address anew is a tenth of the cost of a poll
                url = url.copy_with(fragment=None)
            home = home if hop else url
            if refused := self._refuse_address(url):
                return refused
            shown = url.copy_with(userinfo=b"") if url.userinfo else url
            reply = await self._ask(shown, request, home)
            try:
                address = reply.headers.get("location", "")
                if reply.status_code not in _REDIRECTS or not address:
                    moved_to = str(shown) if permanent and hop else ""
                    return await self._take(reply, request, str(shown), moved_to)
            finally:
                await reply.aclose()
            permanent = permanent and reply.status_code in _PERMANENT
        return Failed(Reason.TOO_MANY_REDIRECTS, f"more than {_MAX_REDIRECTS}, the last to {url.host}")

    async def _ask(self, url: httpx.URL, request: Request, home: httpx.URL) -> httpx.Response:
        """Send one request, to the transport itself: a client adds cookies, redirects and a third to the cost."""
        headers = dict(self._headers)
        if request.etag:
            headers["If-None-Match"] = request.etag
        if request.last_modified:
            headers["If-Modified-Since"] = request.last_modified
        if home.userinfo and (home.scheme, home.host, home.port) == (url.scheme, url.host, url.port):
            headers["Authorization"] = _login(home)  # a login is for the host it was given for
        return await self._transport.http.handle_async_request(httpx.Request("GET", url, headers=headers))

    def _refuse_address(self, url: httpx.URL) -> Failed | None:
        """Refuse a literal before anything is sent; the transport sees to names, and to what slips past here."""
        address = literal(url.host)
        why = self._allowed.refusal(address) if address is not None else ""
        return Failed(Reason.REFUSED_ADDRESS, f"{address} is {why}") if why else None

    async def _take(self, reply: httpx.Response, request: Request, url: str, moved_to: str) -> Fetched | Failed:
        """Make a value of the last reply of a chain."""
        status, headers = reply.status_code, reply.headers
        conditional = bool(request.etag or request.last_modified)
        if status in _DOCUMENT:
            body = await self._read(reply, min(request.max_bytes or self._max_bytes, self._max_bytes))
        elif status == _NOT_MODIFIED and conditional:
            body = b""
        else:
            return self._failed_status(reply)
        now = self._clock()
        return Fetched(
            status=_NOT_MODIFIED if status == _NOT_MODIFIED else 200,
            url=url,
            moved_to=moved_to,
            body=body,
            content_type=headers.get("content-type", ""),
            etag=_returnable(headers.get("etag", "")),
            last_modified=_returnable(headers.get("last-modified", "")),
            cache_max_age_s=max_age_s(
                headers.get("cache-control", ""),
                headers.get("age", ""),
                headers.get("expires", ""),
                headers.get("date", ""),
                now,
            ),
            received=now,
        )

    async def _read(self, reply: httpx.Response, max_bytes: int) -> bytes:
        body = BoundedBody(coding_of(reply.headers.get("content-encoding", "")), max_bytes)
        length = reply.headers.get("content-length", "")
        if length.isdecimal() and len(length) < 19 and int(length) > max_bytes:  # noqa: PLR2004 - fits 64 bits
            raise BodyRefused(Reason.TOO_LARGE, f"{length} bytes announced, more than {max_bytes}")
        async for chunk in reply.aiter_raw():
            body.feed(chunk)
        return body.finish()

    def _failed_status(self, reply: httpx.Response) -> Failed:
        status = reply.status_code
        wait_s = retry_after_s(reply.headers.get("retry-after", ""), self._clock())
        if status == _GONE:
            reason = Reason.GONE
        elif status == _TOO_MANY or (status == _UNAVAILABLE and wait_s is not None):
            reason = Reason.RATE_LIMITED
        else:
            reason = Reason.HTTP_STATUS
        return Failed(reason, one_line(f"{status} {reply.reason_phrase}"), wait_s, status)


def user_agent(network: Network) -> str:
    """Fill in the User-Agent of the settings."""
    return network.user_agent_for(version("armswatch"))


def _returnable(validator: str) -> str:
    """Keep a validator that can be sent back as it came; else none: better a whole document than a broken request."""
    return validator if validator.isascii() and validator.isprintable() and len(validator) <= _MAX_VALIDATOR else ""


def _refuse_scheme(address: str, *, first: bool) -> Failed | None:
    """Refuse an address, or the target of a redirect, that is neither http nor https. A target may be relative."""
    scheme = _SCHEME.match(address.strip())
    if scheme is None and not first:
        return None
    if scheme is not None and scheme[1].lower() in {"http", "https"}:
        return None
    named = scheme[1] if scheme else address
    return Failed(Reason.REFUSED_SCHEME, one_line(f"only http and https are fetched, not {named!r}"))


def _login(url: httpx.URL) -> str:
    """Make an Authorization header of the user and password in an address."""
    return "Basic " + base64.b64encode(unquote(url.userinfo.decode("ascii")).encode()).decode("ascii")
