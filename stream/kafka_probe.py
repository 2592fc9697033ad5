"""Looks at one broker rung by rung: what `stream.kafka_reach` does, then the protocol and the login.

The client logs why a login fails and does not tell it. So the broker is asked here, by the client's public message
classes (`kafka.protocol`) and logins (`kafka.net.sasl`), over a socket of our own.
"""

from __future__ import annotations

import socket
import ssl
import warnings
from typing import Any, NamedTuple

from core.errors import ArmswatchError, LogUnavailable
from stream.kafka_reach import Broken, connected, context_of, described, refused_later, secured, speaks_tls
from stream.kafka_security import PasswordLogin, Security, Tls

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import errors
    from kafka.net.sasl import get_sasl_mechanism
    from kafka.protocol.metadata import ApiVersionsRequest, MetadataRequest
    from kafka.protocol.parser import KafkaProtocol
    from kafka.protocol.sasl import SaslAuthenticateRequest, SaslHandshakeRequest


_ALERT = b"\x15\x03"  # how TLS begins to complain


class Reached(NamedTuple):
    """A broker that let us in."""

    says: str
    brokers: tuple[str, ...]  # as host:port: where the cluster tells its clients to go


class _Closed(Exception):
    """The other side has hung up, or complains; with the bytes it sent."""

    def __init__(self, sent: bytes = b"") -> None:
        super().__init__()
        self.sent = sent


def probe(server: str, security: Security, timeout_s: float = 5.0) -> Reached:
    """Come to a broker as a client would. Takes at most a few times the timeout.

    Args:
        server: host and port.
        security: what to come with.
        timeout_s: for each step.

    Raises:
        Broken: with the rung that gave way.
    """
    said: list[str] = []
    with connected(server, timeout_s) as raw:
        if security.tls:
            stream: socket.socket = _encrypted(server, raw, security.tls, timeout_s, said)
        else:
            stream = raw
        with stream:
            talk = _Talk(stream)
            try:
                brokers = _talk(server, talk, security, timeout_s, said)
            except ssl.SSLError as error:
                raise refused_later(error, security.tls) from error
            except TimeoutError as error:
                says = f"it takes the connection and answers nothing within {timeout_s:g} s: is that port a broker's?"
                raise Broken("protocol", says, lasting=False) from error
            except OSError as error:
                says = f"the connection broke: {error.strerror or error}"
                raise Broken("protocol", says, lasting=False) from error
    return Reached(", ".join(said) or "reached, without TLS and login", brokers)


def _encrypted(server: str, raw: socket.socket, tls: Tls, timeout_s: float, said: list[str]) -> ssl.SSLSocket:
    try:
        stream = secured(server, raw, context_of(tls), tls)
    except Broken as broken:
        if broken.unclear and _answers_plainly(server, timeout_s):
            says = "the broker does not speak TLS on that port: leave `log.tls` away, or name its port for TLS"
            raise Broken("tls", says) from broken
        raise
    said.append(described(stream))
    return stream


def _answers_plainly(server: str, timeout_s: float) -> bool:
    try:
        with connected(server, timeout_s) as raw:
            _Talk(raw).ask(ApiVersionsRequest(version=0))
    except (OSError, Broken, _Closed, errors.KafkaError):
        return False
    return True


class _Talk:
    """Questions and answers with a broker, one at a time."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._protocol: Any = KafkaProtocol(client_id="armswatch-check")

    def ask(self, request: Any) -> Any:
        """Ask one thing.

        Raises:
            _Closed: there will be no answer.
        """
        self._protocol.send_request(request)
        self._stream.sendall(self._protocol.send_bytes())
        first = b""
        while True:
            try:
                data = self._stream.recv(65_536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise _Closed(first)
            first = first or data
            if first.startswith(_ALERT):
                raise _Closed(first)
            try:
                answers = self._protocol.receive_bytes(data)
            except (errors.KafkaError, ValueError) as error:
                raise _Closed(first) from error
            if answers:
                return answers[0][1]


def _talk(server: str, talk: _Talk, security: Security, timeout_s: float, said: list[str]) -> tuple[str, ...]:
    try:
        talk.ask(ApiVersionsRequest(version=0))
    except _Closed as closed:
        raise _no_kafka(server, closed, security, timeout_s) from None
    if security.login:
        try:
            said.append(_log_in(talk, security))
        except _Closed:
            says = f"the broker hung up during the login by {security.login.mechanism}"
            raise Broken("login", says) from None
    try:
        found = talk.ask(MetadataRequest(topics=[], version=1))
    except _Closed:
        raise Broken("login", _login_wanted(server, security, timeout_s)) from None
    return tuple(
        f"[{each.host}]:{each.port}" if ":" in each.host else f"{each.host}:{each.port}" for each in found.brokers
    )


def _no_kafka(server: str, closed: _Closed, security: Security, timeout_s: float) -> Broken:
    if not security.tls and (closed.sent.startswith(_ALERT) or speaks_tls(server, timeout_s)):
        return Broken("tls", "the broker wants TLS on that port: set `log.tls` (`{}` trusts the system's authorities)")
    if closed.sent:
        return Broken("protocol", "what answers on that port is no Kafka broker")
    return Broken("protocol", "whatever listens on that port hangs up at once: is it a Kafka broker?", lasting=False)


def _log_in(talk: _Talk, security: Security) -> str:
    login = security.login
    assert login
    offer = talk.ask(SaslHandshakeRequest(mechanism=login.mechanism, version=1))
    if offer.error_code == errors.UnsupportedSaslMechanismError.errno:
        enabled = ", ".join(sorted(offer.mechanisms)) or "none"
        says = f"the broker does not take logins by {login.mechanism}; it takes {enabled}: set `log.sasl.mechanism`"
        raise Broken("login", says)
    if offer.error_code:
        says = "the broker takes no logins on that port: leave `log.sasl` away, or name its port for logins"
        raise Broken("login", says)
    try:
        _authenticate(talk, security)
    except LogUnavailable as error:
        raise Broken("login", str(error), lasting=False) from error
    except ArmswatchError as error:
        raise Broken("login", str(error)) from error
    return f"logged in by {login.mechanism}" + (f" as {login.user}" if isinstance(login, PasswordLogin) else "")


def _authenticate(talk: _Talk, security: Security) -> None:
    login = security.login
    assert login
    mechanism: Any = get_sasl_mechanism(login.mechanism)(**security.client_arguments())
    while not mechanism.is_done():
        answer = talk.ask(SaslAuthenticateRequest(auth_bytes=mechanism.auth_bytes(), version=0))
        if answer.error_code:
            raise Broken("login", _rejected(security, answer.error_message or ""))
        try:
            mechanism.receive(bytes(answer.auth_bytes))
        except (ValueError, KeyError) as error:
            raise Broken(
                "login", "the broker does not prove that it knows the password: is it the right broker?"
            ) from error


def _rejected(security: Security, told: str) -> str:
    broker = f" (the broker says: {told})" if told else ""
    if isinstance(security.login, PasswordLogin):
        return (
            f"the user {security.login.user} is not known to the broker by {security.login.mechanism}, or the password "
            f"is wrong{broker}"
        )
    return f"the broker does not accept the token{broker}: is it for this cluster, and has it not expired?"


def _login_wanted(server: str, security: Security, timeout_s: float) -> str:
    if security.login:
        return "the broker hung up after the login"
    mechanisms = _mechanisms(server, security, timeout_s)
    by = f" by {', '.join(mechanisms)}" if mechanisms else ""
    return f"the broker wants a login{by}: set `log.sasl`"


def _mechanisms(server: str, security: Security, timeout_s: float) -> list[str]:
    try:
        with connected(server, timeout_s) as raw:
            stream = secured(server, raw, context_of(security.tls), security.tls) if security.tls else raw
            with stream:
                return sorted(_Talk(stream).ask(SaslHandshakeRequest(mechanism="none", version=1)).mechanisms)
    except (OSError, Broken, _Closed):
        return []
