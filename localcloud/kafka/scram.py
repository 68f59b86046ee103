"""
Authenticate a client by SCRAM-SHA-512, the only mechanism by which MSK takes passwords.

librdkafka before 2.6.1 puts its nonce twice into the final message (confluentinc/librdkafka 4895).
Brokers before Kafka 4 accept that, and so does this one; those of Kafka 4 compare as RFC 5802 says.
"""

import re
from collections.abc import Callable
from typing import Final

from scramp import ScramException, ScramMechanism  # type: ignore[import-untyped]
from scramp.core import Nonce  # type: ignore[import-untyped]

from localcloud.kafka.authorization import Principal
from localcloud.kafka.tokens import Refused

SCRAM_SHA_512: Final = "SCRAM-SHA-512"
INVALID: Final = (
    "Authentication failed during authentication due to invalid credentials with SASL mechanism "
    f"{SCRAM_SHA_512}"
)
"""The text of Kafka's broker, the same for an unknown user and a wrong password."""


class ScramExchange:
    """
    The messages of one client.

    *password_of* returns the password of a user, or None; *named* the client with a user's name.
    """

    def __init__(
        self, password_of: Callable[[str], str | None], named: Callable[[str], Principal]
    ) -> None:
        self.principal: Principal | None = None
        self._password_of = password_of
        self._named = named
        mechanism = ScramMechanism(SCRAM_SHA_512)
        self._make_keys = mechanism.make_auth_info
        self._server = mechanism.make_server(self._keys_of)
        self._user = ""
        self._began = False

    def answer(self, message: bytes) -> bytes:
        """Return the answer to a message of the client. Raises Refused."""
        try:
            text = message.decode()
            if self._began:
                self._accept_repeated_nonce(text)
                self._server.set_client_final(text)
                self.principal = self._named(self._user)
                return str(self._server.get_server_final()).encode()
            self._began = True
            self._server.set_client_first(text)
            return str(self._server.get_server_first()).encode()
        except (ScramException, UnicodeDecodeError) as error:
            raise Refused(INVALID) from error

    def _accept_repeated_nonce(self, final: str) -> None:
        found = re.search(r",r=([^,]*)", final)
        if found and found[1].endswith(str(self._server.nonce)):
            self._server.nonce = Nonce(found[1])

    def _keys_of(self, user: str) -> tuple[bytes, bytes, bytes, int]:
        password = self._password_of(user)
        if password is None:
            raise ScramException("unknown user")
        self._user = user
        salt, stored, server, rounds = self._make_keys(password)
        return salt, stored, server, rounds
