"""What stands between us and a broker, each told in words: on a real broker that is come to in every wrong way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.errors import LogUnavailable
from stream.kafka import KafkaLog
from stream.kafka_diagnosis import why_unreachable
from stream.kafka_probe import probe
from stream.kafka_reach import Broken
from stream.kafka_security import PasswordLogin, Secret, Security
from stream.log import NewRecord, TopicPartition, TopicSpec
from tests.stream.harness import Clock
from tests.stream.kafka_secured import REAUTH_S, Secured, login

Come = Callable[[Secured], Security]

RIGHT: list[tuple[str, Come, str]] = [
    ("PLAINTEXT", lambda _: Security(), "reached, without TLS and login"),
    ("LOGIN", lambda _: Security(login=login()), "logged in by PLAIN as alice"),
    ("LOGIN", lambda _: Security(login=login("SCRAM-SHA-256")), "logged in by SCRAM-SHA-256 as alice"),
    ("TLS", lambda b: Security(tls=b.tls()), "good until 3000-01-01"),
    ("MUTUAL", lambda b: Security(tls=b.tls(certificate=b.client)), "good until 3000-01-01"),
    ("TLSLOGIN", lambda b: Security(tls=b.tls(), login=login("SCRAM-SHA-256")), "logged in by SCRAM-SHA-256 as alice"),
    ("OTHERHOST", lambda b: Security(tls=b.tls(verify_host_name=False)), "good until"),
    ("TOKEN", lambda b: Security(login=b.token()), "logged in by OAUTHBEARER"),
]

WRONG: list[tuple[str, Come, str, str]] = [
    ("PLAINTEXT", lambda b: Security(tls=b.tls()), "tls", "does not speak TLS on that port: leave `log.tls` away"),
    ("PLAINTEXT", lambda _: Security(login=login()), "login", "takes no logins on that port"),
    ("LOGIN", lambda _: Security(), "login", "wants a login by PLAIN, SCRAM-SHA-256: set `log.sasl`"),
    (
        "LOGIN",
        lambda _: Security(login=login(password="nope")),
        "login",
        "alice is not known to the broker by PLAIN, or",
    ),
    ("LOGIN", lambda _: Security(login=login("SCRAM-SHA-256", password="nope")), "login", "or the password is wrong"),
    ("LOGIN", lambda _: Security(login=login("SCRAM-SHA-256", user="eve")), "login", "eve is not known to the broker"),
    (
        "LOGIN",
        lambda _: Security(login=login("SCRAM-SHA-512")),
        "login",
        "SCRAM-SHA-512; it takes PLAIN, SCRAM-SHA-256",
    ),
    ("LOGIN", lambda b: Security(tls=b.tls(), login=login()), "tls", "does not speak TLS"),
    ("TLS", lambda _: Security(), "tls", "wants TLS on that port: set `log.tls`"),
    ("TLS", lambda b: Security(tls=b.tls(ca=b.other_ca)), "tls", "an authority that is not among those of"),
    ("TLS", lambda b: Security(tls=b.tls(ca=None)), "tls", "not among the system's"),
    ("TLS", lambda b: Security(tls=b.tls(), login=login()), "login", "takes no logins"),
    ("TLS", lambda b: Security(tls=b.tls(ca=b.directory / "gone")), "tls", "tls.ca: "),
    (
        "TLS",
        lambda b: Security(tls=b.tls(ca=b.broker.directory / "server.properties")),
        "tls",
        "no certificates in PEM",
    ),
    ("TLSLOGIN", lambda b: Security(tls=b.tls()), "login", "wants a login by PLAIN, SCRAM-SHA-256"),
    ("TLSLOGIN", lambda _: Security(login=login()), "tls", "wants TLS"),
    ("MUTUAL", lambda b: Security(tls=b.tls()), "tls", "wants a client certificate: set `log.tls.certificate`"),
    ("MUTUAL", lambda b: Security(tls=b.tls(certificate=b.stranger)), "tls", "does not accept our certificate, "),
    ("MUTUAL", lambda b: Security(tls=b.tls(certificate=b.ca)), "tls", "is a password for the key missing or wrong?"),
    ("MUTUAL", lambda b: Security(tls=b.tls(certificate=b.client, key=b.stranger)), "tls", "don't belong together"),
    ("EXPIRED", lambda b: Security(tls=b.tls()), "tls", "has expired"),
    ("OTHERHOST", lambda b: Security(tls=b.tls()), "tls", "for another host than 127.0.0.1"),
    ("TOKEN", lambda b: Security(login=b.token(seconds=-60)), "login", "does not accept the token"),
    ("TOKEN", lambda _: Security(), "login", "wants a login by OAUTHBEARER"),
    ("TOKEN", lambda b: Security(login=b.no_token()), "login", "cannot be read: No such file"),
]


@pytest.mark.parametrize(("listener", "come", "says"), RIGHT)
def test_a_broker_that_lets_us_in_is_told_with_how(secured: Secured, listener: str, come: Come, says: str) -> None:
    found = probe(secured.server(listener), come(secured))

    assert says in found.says
    assert found.brokers == (secured.server(listener),)


@pytest.mark.parametrize(("listener", "come", "rung", "says"), WRONG)
def test_what_is_wrong_is_told_in_words(secured: Secured, listener: str, come: Come, rung: str, says: str) -> None:
    with pytest.raises(Broken) as broken:
        probe(secured.server(listener), come(secured))

    assert (broken.value.rung, broken.value.lasting) == (rung, True)
    assert says in broken.value.says
    assert "nope" not in broken.value.says


@contextmanager
def listening(answer: bytes | None) -> Iterator[str]:
    """Somebody who answers so, or not at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    came, _ = server.accept()
                except OSError:
                    return
                with came:
                    came.recv(4096)
                    if answer is None:
                        over.wait(10)
                    else:
                        came.sendall(answer)

        over = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_name_that_is_not_known_is_told() -> None:
    with pytest.raises(Broken, match=r"the name no-such-host\.invalid is not known here") as broken:
        probe("no-such-host.invalid:9092", Security())
    assert (broken.value.rung, broken.value.lasting) == ("name", False)


def test_a_port_where_nothing_listens_is_told() -> None:
    with pytest.raises(Broken, match="the connection is refused: nothing listens") as broken:
        probe("127.0.0.1:1", Security())
    assert (broken.value.rung, broken.value.lasting) == ("connection", False)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "answers nothing within 0.5 s"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers on that port is no Kafka broker"),
        (b"", "hangs up at once"),
    ],
)
def test_somebody_else_on_the_port_is_told(answer: bytes | None, says: str) -> None:
    with listening(answer) as server, pytest.raises(Broken, match=says):
        probe(server, Security(), timeout_s=0.5)


def test_what_waiting_does_not_help_is_told_before_what_it_may(secured: Secured) -> None:
    wrong = Security(login=login(password="nope"))
    broken = why_unreachable(["127.0.0.1:1", secured.server("LOGIN")], wrong)

    assert broken is not None
    assert broken.lasting
    assert broken.says.startswith(secured.server("LOGIN"))
    assert why_unreachable(["127.0.0.1:1", secured.server("LOGIN")], Security(login=login())) is None


def test_a_password_is_read_again_for_each_login(secured: Secured) -> None:
    file = secured.directory / "password"
    file.write_text("old\n")
    secured.set_password("dora", "old")
    security = Security(login=PasswordLogin("SCRAM-SHA-256", "dora", Secret(file)))
    settings = secured.settings("LOGIN", security)
    settings.admin().close()

    secured.set_password("dora", "new")
    file.write_text("new")

    settings.admin().close()
    assert "dora" in probe(secured.server("LOGIN"), security).says


def test_tokens_and_client_certificates_open_the_way_for_the_client_too(secured: Secured) -> None:
    for listener, security in (
        ("TOKEN", Security(login=secured.token())),
        ("MUTUAL", Security(tls=secured.tls(certificate=secured.client))),
        ("TLSLOGIN", Security(tls=secured.tls(), login=login())),
    ):
        secured.settings(listener, security).admin().close()


def test_a_log_in_use_goes_on_when_the_password_was_changed(secured: Secured, clock: Clock) -> None:
    file = secured.directory / "root-password"
    file.write_text("first")
    secured.set_password("root", "first")
    way_in = Security(login=PasswordLogin("SCRAM-SHA-256", "root", Secret(file)))
    with KafkaLog(secured.settings("REAUTH", way_in), clock=clock) as log:
        log.create([TopicSpec("armswatch.changing", 1)])
        log.append([NewRecord("armswatch.changing", b"k", b"1")])

        secured.set_password("root", "second")
        file.write_text("second")
        time.sleep(REAUTH_S + 0.5)  # by then every connection has had to log in again

        log.append([NewRecord("armswatch.changing", b"k", b"2")])
        assert values(log) == [b"1", b"2"]


def values(log: KafkaLog) -> list[bytes | None]:
    """Read what there is, once the log can be read again."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return [record.value for record in log.scan(TopicPartition("armswatch.changing", 0))]
        except LogUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
