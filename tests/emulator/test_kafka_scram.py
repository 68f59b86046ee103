"""The messages of SCRAM, as clients send them."""

from typing import Any

import pytest
from scramp import ScramClient  # type: ignore[import-untyped]
from scramp.core import Nonce  # type: ignore[import-untyped]

from localcloud.kafka.scram import SCRAM_SHA_512, ScramExchange
from localcloud.kafka.tokens import Refused

USER, PASSWORD = "billing", "hunter2"


def log_in(before: str) -> Any:
    """Log in with *before* before the nonce of the final message, and return the principal."""
    named: Any = str
    exchange = ScramExchange({USER: PASSWORD}.get, named)
    client = ScramClient([SCRAM_SHA_512], USER, PASSWORD, c_nonce="ours")
    client.set_server_first(exchange.answer(client.get_client_first().encode()).decode())
    client.nonce = Nonce(before + str(client.nonce))
    client.set_server_final(exchange.answer(client.get_client_final().encode()).decode())
    return exchange.principal


@pytest.mark.parametrize("before", ["", "ours"])
def test_a_client_may_repeat_its_nonce_as_librdkafka_did(before: str) -> None:
    assert log_in(before) == USER


def test_a_client_must_return_the_nonce_of_the_broker() -> None:
    named: Any = str
    exchange = ScramExchange({USER: PASSWORD}.get, named)
    client = ScramClient([SCRAM_SHA_512], USER, PASSWORD)
    client.set_server_first(exchange.answer(client.get_client_first().encode()).decode())
    client.nonce = Nonce("another")

    with pytest.raises(Refused, match="invalid credentials"):
        exchange.answer(client.get_client_final().encode())
