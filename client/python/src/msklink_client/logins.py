"""Log in to a broker, by each scheme."""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable

from msklink_client.configuration import Credentials
from msklink_client.layers import Login
from msklink_client.wire import Connection, Rejected


def login(scheme: str, credentials: Credentials) -> Login | None:
    """Return the login of *scheme*; None for tls, where the certificate is the login."""
    if scheme == "tls":
        return None
    if credentials.sign:
        return _by_token(credentials.sign)
    return _by_password(credentials.username, credentials.password)


def _by_token(sign: Callable[[], tuple[str, float]]) -> Login:
    def log_in(connection: Connection) -> str:
        connection.authenticate_by_token(sign()[0])
        return "OAUTHBEARER"

    return log_in


def _by_password(username: str | None, password: str | None) -> Login:
    def log_in(connection: Connection) -> str:
        if username is None or password is None:
            raise Rejected("no user name and password were given; name a --user or --secret")
        authenticate_by_password(connection, username, password)
        return "SCRAM-SHA-512"

    return log_in


def authenticate_by_password(connection: Connection, username: str, password: str) -> None:
    """Log in by SCRAM-SHA-512 (RFC 5802). Raises `Rejected`."""
    connection.handshake("SCRAM-SHA-512")
    exchange = ScramExchange(username, password)
    answer = connection.authenticate(exchange.first())
    answer = connection.authenticate(exchange.final(answer))
    if not exchange.is_from_server(answer):
        raise Rejected("the broker does not know the password either")


class ScramExchange:
    """One login by SCRAM-SHA-512, from the side of the client."""

    def __init__(self, username: str, password: str, nonce: str = "") -> None:
        self._password = password.encode()
        name = username.replace("=", "=3D").replace(",", "=2C")
        self._nonce = nonce or base64.b64encode(os.urandom(18)).decode()
        self._first = f"n={name},r={self._nonce}"
        self._expected = b""

    def first(self) -> bytes:
        return f"n,,{self._first}".encode()

    def final(self, challenge: bytes) -> bytes:
        said = _attributes(challenge)
        if "e" in said or not said["r"].startswith(self._nonce):
            raise Rejected(said.get("e", "the broker answered somebody else"))
        salted = hashlib.pbkdf2_hmac(
            "sha512", self._password, base64.b64decode(said["s"]), int(said["i"])
        )
        final = f"c=biws,r={said['r']}"
        signed = ",".join([self._first, challenge.decode(), final]).encode()
        key = hmac.digest(salted, b"Client Key", "sha512")
        signature = hmac.digest(hashlib.sha512(key).digest(), signed, "sha512")
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        self._expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha512"), signed, "sha512")
        return f"{final},p={base64.b64encode(proof).decode()}".encode()

    def is_from_server(self, answer: bytes) -> bool:
        said = _attributes(answer)
        if "e" in said:
            raise Rejected(said["e"])
        return hmac.compare_digest(base64.b64decode(said.get("v", "")), self._expected)


def _attributes(message: bytes) -> dict[str, str]:
    return dict(part.split("=", 1) for part in message.decode().split(",") if "=" in part)
