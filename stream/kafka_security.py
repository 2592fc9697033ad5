"""How the program proves itself to a Kafka cluster and the cluster to it: TLS, and logins by password or token.

Passwords and tokens are read anew for each connection that is made, so that they can be changed under way.
"""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
import urllib.parse
import urllib.request
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from core.errors import LogUnavailable, UserError

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.net.sasl import get_sasl_mechanism, register_sasl_mechanism
    from kafka.net.sasl.oauth import AbstractTokenProvider

PasswordMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
_FETCH_S = 10.0
_MAX_REPLY_BYTES = 1_000_000
_DEFAULT_LIFE_S = 300.0
_RENEWED_BEFORE_S = 30.0  # or after four fifths of its life, where that is later


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, by where it is: in a file, or here."""

    file: Path | None = None
    value: str = field(default="", repr=False)

    def read(self) -> str:
        """Read it; from a file, without the line's end.

        Raises:
            UserError: the file cannot be read, or is empty.
        """
        if self.file is None:
            return self.value
        try:
            found = self.file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise UserError(f"The secret in {self.file} cannot be read: {why}.", "See that the service may.") from error
        if not found:
            raise UserError(f"The secret in {self.file} is empty.", "Write it into the file.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Encryption. Files are PEM, and are read again for each connection."""

    ca: Path | None = None  # None: the authorities of the system
    certificate: Path | None = None
    key: Path | None = None  # None: in the same file as the certificate
    key_password: Secret | None = None
    verify_host_name: bool = True


class TokenSource(Protocol):
    """Where tokens come from."""

    def token(self) -> str:
        """Give a token that is good now.

        Raises:
            UserError, LogUnavailable: there is none.
        """


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """A login by user and password."""

    mechanism: PasswordMechanism
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A login by OAuth token (the mechanism OAUTHBEARER)."""

    source: TokenSource

    @property
    def mechanism(self) -> str:
        """What brokers call it."""
        return "OAUTHBEARER"


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Tokens from a file that something else keeps fresh."""

    file: Path

    def token(self) -> str:
        """See `TokenSource.token`."""
        return Secret(self.file).read().strip()


class ClientCredentials:
    """Tokens fetched by OAuth client credentials, each used until shortly before its end. From any thread.

    Args:
        endpoint: where they are fetched.
        client_id, client_secret: what they are fetched with.
        scope: what is asked for; empty for none.
        monotonic: seconds that no one can set.
    """

    def __init__(
        self,
        endpoint: str,
        client_id: str,
        client_secret: Secret,
        scope: str = "",
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint, self._client_id, self._secret, self._scope = endpoint, client_id, client_secret, scope
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def token(self) -> str:
        """See `TokenSource.token`. Takes up to 10 s when one has to be fetched."""
        with self._lock:
            now = self._monotonic()
            if not self._token or now >= self._until:
                self._token, life = self._fetch()
                self._until = now + max(life - _RENEWED_BEFORE_S, 0.8 * life)
            return self._token

    def _fetch(self) -> tuple[str, float]:
        form = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        pair = f"{urllib.parse.quote(self._client_id, safe='')}:{urllib.parse.quote(self._secret.read(), safe='')}"
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked with the configuration
            self._endpoint,
            urllib.parse.urlencode(form).encode(),
            {
                "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
        )
        try:
            with _opener.open(request, timeout=_FETCH_S) as reply:
                found = json.loads(reply.read(_MAX_REPLY_BYTES))
            return str(found["access_token"]), float(found.get("expires_in", _DEFAULT_LIFE_S))
        except urllib.error.HTTPError as error:
            with error:
                raise LogUnavailable(
                    f"no token from {self._endpoint}: it answers {error.code} {error.reason}"
                ) from None
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "reason", None) or error
            raise LogUnavailable(f"no token from {self._endpoint}: {why}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise LogUnavailable(f"no token from {self._endpoint}: its answer holds none") from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The secret goes to the endpoint that was configured and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        """See the base class."""
        return


_opener = urllib.request.build_opener(_NoRedirects)


@dataclass(frozen=True, slots=True)
class Security:
    """What a cluster wants of who comes."""

    tls: Tls | None = None
    login: PasswordLogin | TokenLogin | None = None

    @property
    def protocol(self) -> str:
        """What Kafka calls it."""
        return ("SASL_" if self.login else "") + ("SSL" if self.tls else "PLAINTEXT")

    def check_files(self) -> None:
        """See that passwords and tokens can be read from their files, as far as they come from there.

        Raises:
            UserError: one can't.
        """
        match self.login:
            case PasswordLogin(password=secret):
                secret.read()
            case TokenLogin(source=TokenFile() as file):
                file.token()
        if self.tls and self.tls.key_password:
            self.tls.key_password.read()

    def client_arguments(self) -> dict[str, Any]:
        """Give what the client takes. Passwords are in it as objects that are asked at each connection."""
        arguments: dict[str, Any] = {"security_protocol": self.protocol}
        if tls := self.tls:
            arguments |= {
                "ssl_check_hostname": tls.verify_host_name,
                "ssl_cafile": tls.ca and str(tls.ca),
                "ssl_certfile": tls.certificate and str(tls.certificate),
                "ssl_keyfile": tls.key and str(tls.key),
                "ssl_password": tls.key_password and tls.key_password.read,
            }
        match self.login:
            case PasswordLogin(mechanism, user, password):
                arguments |= {
                    "sasl_mechanism": mechanism,
                    "sasl_plain_username": user,
                    "sasl_plain_password": password,
                }
            case TokenLogin(source):
                arguments |= {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": _Provider(source)}
        return arguments


class _Provider(AbstractTokenProvider):  # type: ignore[misc] # the client has no types
    """Tokens as the client asks for them."""

    def __init__(self, source: TokenSource) -> None:
        super().__init__()
        self._source = source

    def token(self) -> str:
        """See the client."""
        return self._source.token()


def _asking_for_the_password(mechanism: str) -> None:
    """Have the client read a password at each login: by itself it keeps the one it was made with."""
    plain: Any = get_sasl_mechanism(mechanism)

    def login(**config: Any) -> Any:
        password = config.get("sasl_plain_password")
        return plain(**config | ({"sasl_plain_password": password.read()} if isinstance(password, Secret) else {}))

    register_sasl_mechanism(mechanism, login, overwrite=True)


for _name in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
    _asking_for_the_password(_name)
