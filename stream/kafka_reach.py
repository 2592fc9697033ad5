"""Coming to a broker: its name, its port, TLS. With plain sockets, and each failure told in words.

The client only says that it could not bootstrap.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from core.errors import UserError
from stream.kafka_security import Tls

T = TypeVar("T")
Rung = Literal["name", "connection", "tls", "protocol", "login"]
_EXPIRED, _NOT_YET = 10, 9
_OTHER_HOST = frozenset({62, 63, 64})
_NOT_TRUSTED = frozenset({2, 18, 19, 20, 21, 24, 27})
_OURS_REFUSED = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED")


class Broken(Exception):
    """A rung that gave way."""

    def __init__(self, rung: Rung, says: str, *, lasting: bool = True, unclear: bool = False) -> None:
        super().__init__(says)
        self.rung = rung
        self.says = says
        self.lasting = lasting  # waiting does not help
        self.unclear = unclear  # the broker may not speak TLS at all


def reach(server: str, timeout_s: float = 5.0) -> None:
    """Only find out whether a broker's name and port can be reached.

    Raises:
        Broken: they can't.
    """
    with connected(server, timeout_s):
        return


@contextmanager
def connected(server: str, timeout_s: float) -> Iterator[socket.socket]:
    """Connect to a broker's port.

    Raises:
        Broken: there is no such name, or nobody there.
    """
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    trouble: OSError | None = None
    for address in _addresses(host, int(port), timeout_s):
        try:
            found = socket.create_connection(address[:2], timeout_s)
        except OSError as error:
            trouble = error
            continue
        with found:
            yield found
        return
    raise _unconnected(trouble, timeout_s)


def _addresses(host: str, port: int, timeout_s: float) -> list[Any]:
    try:
        found = _bounded(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), timeout_s)
    except socket.gaierror as error:
        says = (
            f"the name {host} is not known here ({error.strerror}): see that it is spelt right, and ask the DNS for it"
        )
        raise Broken("name", says, lasting=False) from error
    except UnicodeError as error:
        raise Broken("name", f"{host} is no host name") from error
    if found is None:
        raise Broken("name", f"the DNS does not answer for {host} within {timeout_s:g} s", lasting=False)
    return [address for *_, address in found]


def _bounded(call: Callable[[], T], timeout_s: float) -> T | None:
    """Make a call that has no timeout of its own; None past it."""
    outcome: list[T | BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again below
            outcome.append(error)

    thread = threading.Thread(target=run, name="kafka-probe", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not outcome:
        return None
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _unconnected(error: OSError | None, timeout_s: float) -> Broken:
    if isinstance(error, ConnectionRefusedError):
        says = "the connection is refused: nothing listens on that port. Is the broker up, and is it the right port?"
    elif isinstance(error, TimeoutError):
        says = f"no answer within {timeout_s:g} s: a firewall between, or a machine that is down"
    else:
        says = f"it cannot be reached: {error.strerror or error if error else 'it has no address'}"
    return Broken("connection", says, lasting=False)


def context_of(tls: Tls) -> ssl.SSLContext:
    """Make what the client makes too, with words for files that won't do.

    Raises:
        Broken: they won't.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls.verify_host_name
    try:
        if tls.ca:
            context.load_verify_locations(tls.ca)
        else:
            context.load_default_certs()
    except OSError as error:
        raise Broken("tls", f"tls.ca: {tls.ca} {_unusable(error, 'holds no certificates in PEM')}") from error
    if tls.certificate:
        try:
            password = tls.key_password.read() if tls.key_password else ""
            context.load_cert_chain(tls.certificate, tls.key, password)
        except UserError as error:
            raise Broken("tls", f"tls.key_password_file: {error}") from error
        except OSError as error:
            files = f"{tls.certificate}" + (f" with {tls.key}" if tls.key else "")
            raise Broken("tls", f"tls.certificate: {files} {_unusable(error, _key_trouble(error))}") from error
    return context


def _unusable(error: OSError, otherwise: str) -> str:
    return otherwise if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror}"


def _key_trouble(error: OSError) -> str:
    reason = getattr(error, "reason", None) or ""
    if reason == "KEY_VALUES_MISMATCH":
        return "don't belong together: the key is another certificate's"
    return "hold no certificate and key in PEM that can be used: is a password for the key missing or wrong?"


def secured(server: str, raw: socket.socket, context: ssl.SSLContext, tls: Tls) -> ssl.SSLSocket:
    """Begin TLS.

    Raises:
        Broken: it does not come about.
    """
    host = server.rpartition(":")[0].strip("[]")
    try:
        return context.wrap_socket(raw, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise Broken("tls", _distrusted(error, host, tls)) from error
    except (ssl.SSLError, OSError) as error:
        if any(word in (getattr(error, "reason", None) or "") for word in _OURS_REFUSED):
            raise refused_later(error, tls) from error
        says = f"TLS does not come about: {getattr(error, 'reason', None) or error.strerror or error}"
        raise Broken("tls", says, lasting=False, unclear=True) from error


def _distrusted(error: ssl.SSLCertVerificationError, host: str, tls: Tls) -> str:
    if error.verify_code == _EXPIRED:
        return (
            "the broker's certificate (or one above it) has expired: it must be renewed there; or is our clock wrong?"
        )
    if error.verify_code == _NOT_YET:
        return "the broker's certificate is not valid yet: is our clock wrong?"
    if error.verify_code in _OTHER_HOST:
        return f"the broker's certificate is for another host than {host}: name the host as the certificate does"
    if error.verify_code in _NOT_TRUSTED:
        known = f"those of {tls.ca} (`log.tls.ca`)" if tls.ca else "the system's (`log.tls.ca` is not set)"
        return f"the broker's certificate is signed by an authority that is not among {known}: add it there"
    return f"the broker's certificate is not accepted: {error.verify_message}"


def refused_later(error: OSError, tls: Tls | None) -> Broken:
    """Say what a broker's complaint means that came after the handshake: with TLS 1.3 it looks at ours last."""
    reason = getattr(error, "reason", None) or str(error)
    if not any(word in reason for word in _OURS_REFUSED):
        return Broken("tls", f"the broker ends the TLS connection: {reason}")
    if tls and tls.certificate:
        return Broken("tls", f"the broker does not accept our certificate, {tls.certificate}: {reason}")
    return Broken("tls", "the broker wants a client certificate: set `log.tls.certificate` and `log.tls.key`")


def described(stream: ssl.SSLSocket) -> str:
    """Tell the version of TLS and how long the certificate is good."""
    until = str((stream.getpeercert() or {}).get("notAfter", ""))
    text = f"{stream.version()}"
    if until:
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC)
        text += f" with a certificate that is good until {ends:%Y-%m-%d}"
    return text


def speaks_tls(server: str, timeout_s: float) -> bool:
    """Tell whether a port takes TLS, whatever its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with connected(server, timeout_s) as raw, context.wrap_socket(raw):
            return True
    except ssl.SSLError as error:
        return any(word in (error.reason or "") for word in _OURS_REFUSED)
    except (OSError, Broken):
        return False
