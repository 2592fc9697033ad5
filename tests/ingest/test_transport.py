"""The guard under the transport, and the table of what can go wrong."""

from __future__ import annotations

import asyncio
import socket
import ssl

import aiohttp
import pytest

from ingest.addresses import Allowed
from ingest.model import Reason
from ingest.transport import AddressRefused, GuardedResolver, failure_of


def guard(*allow: str) -> GuardedResolver:
    return GuardedResolver(Allowed.read(allow))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "fe80::1%lo", "not an address"])
def test_no_socket_is_opened_for_an_address_that_is_refused(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(AddressRefused, match="is"):
        guard().open_socket((family, socket.SOCK_STREAM, 0, "", (address, 80)))


@pytest.mark.parametrize("address", ["1.1.1.1", "10.0.0.1"])
def test_a_socket_is_opened_for_an_address_that_is_allowed(address: str) -> None:
    with guard("10.0.0.0/8").open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80))) as opened:
        assert opened.family == socket.AF_INET


def test_a_name_resolves_to_those_addresses_alone_that_are_allowed() -> None:
    async def both() -> tuple[set[str], set[str]]:
        by_address, by_name = guard("127.0.0.1"), guard("localhost")
        found = [{answer["host"] for answer in await one.resolve("localhost", 80)} for one in (by_address, by_name)]
        assert by_name.let_through == found[1]
        assert not by_address.let_through
        await by_address.close()
        await by_name.close()
        return found[0], found[1]

    by_address, by_name = asyncio.run(both())
    assert by_address == {"127.0.0.1"}
    assert by_address <= by_name


def test_a_name_with_no_allowed_address_is_refused() -> None:
    async def resolve() -> None:
        resolver = guard()
        try:
            await resolver.resolve("localhost", 80)
        finally:
            await resolver.close()

    with pytest.raises(AddressRefused, match="loopback"):
        asyncio.run(resolve())


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), Reason.CONNECT),
        (TimeoutError(110, "Connection timed out"), Reason.CONNECT),
        (socket.gaierror(-2, "Name or service not known"), Reason.DNS),
        (UnicodeError("label too long"), Reason.DNS),
        (ssl.SSLError(1, "wrong version"), Reason.TLS),
        (AddressRefused("10.0.0.1 is private"), Reason.REFUSED_ADDRESS),
        (aiohttp.ServerDisconnectedError(), Reason.CONNECT),
        (caused(aiohttp.ClientPayloadError("cut"), ConnectionResetError(104, "reset")), Reason.PROTOCOL),
        (caused(RuntimeError("wrapped"), AddressRefused("10.0.0.1 is private")), Reason.REFUSED_ADDRESS),
        (ValueError("of no known kind\n"), Reason.PROTOCOL),
        (ConnectionResetError(), Reason.CONNECT),
    ],
)
def test_every_error_has_a_reason_and_something_to_read(error: Exception, reason: Reason) -> None:
    failed = failure_of(error)
    assert failed.reason is reason
    assert failed.detail
    assert failed.detail.isprintable()
