"""Secrets, and tokens by client credentials, from a server that gives them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from core.errors import LogUnavailable, UserError
from stream.kafka_security import ClientCredentials, PasswordLogin, Secret, Security, Tls, TokenFile, TokenLogin


class Seconds:
    """A monotonic clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Giver:
    """Gives tokens, and remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.code = 200
        self.body: bytes | None = None
        self.life: float | None = 100
        giver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                giver.asked.append((self.headers["Authorization"], form))
                self.send_response(giver.code)
                if giver.code == 302:
                    self.send_header("Location", giver.endpoint)
                self.end_headers()
                self.wfile.write(giver.answer())

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/token"

    def answer(self) -> bytes:
        if self.body is not None:
            return self.body
        life = {} if self.life is None else {"expires_in": self.life}
        return json.dumps({"access_token": f"token{len(self.asked)}", **life}).encode()


@pytest.fixture
def giver() -> Iterator[Giver]:
    made = Giver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def source(giver: Giver, clock: Seconds, scope: str = "") -> ClientCredentials:
    return ClientCredentials(giver.endpoint, "desk:1", Secret(value="ope&n"), scope, monotonic=clock)


def test_a_token_is_asked_for_as_oauth_wants_it(giver: Giver) -> None:
    assert source(giver, Seconds(), "kafka logs").token() == "token1"

    [(authorization, form)] = giver.asked
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"desk%3A1:ope%26n"
    assert form == {"grant_type": ["client_credentials"], "scope": ["kafka logs"]}


@pytest.mark.parametrize(("life", "kept_s"), [(100, 80), (3600, 3570), (None, 270), (1, 0.8)])
def test_a_token_is_used_until_shortly_before_its_end(giver: Giver, life: float | None, kept_s: float) -> None:
    giver.life = life
    clock = Seconds()
    tokens = source(giver, clock)

    assert tokens.token() == "token1"
    clock.now += kept_s - 0.1
    assert tokens.token() == "token1"
    clock.now += 0.2
    assert tokens.token() == "token2"


@pytest.mark.parametrize(
    ("code", "body", "says"),
    [
        (401, b"", "it answers 401 Unauthorized"),
        (302, b"", "it answers 302 Found"),
        (200, b"<html>", "its answer holds none"),
        (200, b"[]", "its answer holds none"),
        (200, b"{}", "its answer holds none"),
    ],
)
def test_without_a_token_it_is_told_why_and_no_secret(giver: Giver, code: int, body: bytes, says: str) -> None:
    giver.code, giver.body = code, body

    with pytest.raises(LogUnavailable, match=says) as error:
        source(giver, Seconds()).token()

    assert "ope&n" not in str(error.value)
    assert len(giver.asked) == 1


def test_a_giver_that_is_away_is_told() -> None:
    tokens = ClientCredentials("http://127.0.0.1:1/", "x", Secret(value="y"))

    with pytest.raises(LogUnavailable, match=r"no token from http://127\.0\.0\.1:1/: .*refused"):
        tokens.token()


def test_secrets_are_read_from_their_file_each_time(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("first \n")
    secret = Secret(file)

    assert secret.read() == "first "
    file.write_text("second\r\n")
    assert secret.read() == "second"
    assert TokenFile(file).token() == "second"


@pytest.mark.parametrize(
    ("content", "says"), [(None, "No such file"), (b"", "is empty"), (b"\n", "is empty"), (b"\xff", "not text")]
)
def test_a_secret_that_cannot_be_read_is_told_by_its_file(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UserError, match=says) as error:
        Secret(file).read()

    assert str(file) in str(error.value)


def test_no_secret_is_shown() -> None:
    secret = Secret(value="hunter2")
    security = Security(Tls(key_password=secret), PasswordLogin("PLAIN", "alice", secret))

    assert "hunter2" not in repr(security)
    assert "hunter2" not in repr(security.client_arguments())
    tokens = ClientCredentials("http://127.0.0.1:1/", "x", secret)
    assert "hunter2" not in repr(Security(login=TokenLogin(tokens)).client_arguments())


@pytest.mark.parametrize(
    ("security", "protocol"),
    [
        (Security(), "PLAINTEXT"),
        (Security(tls=Tls()), "SSL"),
        (Security(login=TokenLogin(TokenFile(Path("x")))), "SASL_PLAINTEXT"),
        (Security(Tls(), PasswordLogin("PLAIN", "a", Secret(value="b"))), "SASL_SSL"),
    ],
)
def test_the_client_is_told_the_protocol(security: Security, protocol: str) -> None:
    assert security.client_arguments()["security_protocol"] == protocol


def test_files_are_looked_at_before_anything_is_opened(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for security in (
        Security(login=PasswordLogin("PLAIN", "a", Secret(gone))),
        Security(login=TokenLogin(TokenFile(gone))),
        Security(tls=Tls(key_password=Secret(gone))),
    ):
        with pytest.raises(UserError, match="gone cannot be read"):
            security.check_files()
    Security(login=PasswordLogin("PLAIN", "a", Secret(value="b"))).check_files()
