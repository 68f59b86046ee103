"""The side of a broker in a login by SCRAM-SHA-512 (RFC 5802), which knows one password."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import Any

from kio.schema.errors import ErrorCode
from kio.schema.sasl_authenticate.v0.response import SaslAuthenticateResponse

SALT, ROUNDS = b"salt of the server", 4096
WRONG = "Authentication failed during authentication due to invalid credentials with SASL mechanism"


class ScramServer:
    """Answers two requests; the second says whether the client has the password."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._salted = hashlib.pbkdf2_hmac("sha512", password.encode(), SALT, ROUNDS)
        self._said = ""

    def first(self, request: Any) -> SaslAuthenticateResponse:
        client = request.auth_bytes.decode().removeprefix("n,,")
        nonce = client.partition(",r=")[2]
        challenge = f"r={nonce}server,s={b64encode(SALT).decode()},i={ROUNDS}"
        self._said = f"{client},{challenge}"
        return _answer(challenge.encode())

    def final(self, request: Any) -> SaslAuthenticateResponse:
        final, _, proof = request.auth_bytes.decode().partition(",p=")
        said = f"{self._said},{final}".encode()
        stored = hashlib.sha512(self._sign(b"Client Key")).digest()
        signature = hmac.digest(stored, said, "sha512")
        key = bytes(one ^ other for one, other in zip(b64decode(proof), signature, strict=True))
        is_known = self._said.startswith(f"n={self._username},")
        if not is_known or hashlib.sha512(key).digest() != stored:
            failed = ErrorCode.sasl_authentication_failed
            return _answer(b"", failed, f"{WRONG} SCRAM-SHA-512")
        return _answer(b"v=" + b64encode(hmac.digest(self._sign(b"Server Key"), said, "sha512")))

    def _sign(self, text: bytes) -> bytes:
        return hmac.digest(self._salted, text, "sha512")


def _answer(
    content: bytes, error: ErrorCode = ErrorCode.none, message: str | None = None
) -> SaslAuthenticateResponse:
    return SaslAuthenticateResponse(error_code=error, error_message=message, auth_bytes=content)
