"""Login and metadata requests, checked with the codecs of others."""

import hmac
from base64 import b64encode
from typing import Any

import pytest
from kafka.net.sasl.scram import ScramClient
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v1.response import MetadataResponse, MetadataResponseBroker
from kio.schema.sasl_authenticate.v0.response import SaslAuthenticateResponse
from kio.schema.sasl_handshake.v1.response import SaslHandshakeResponse
from kio.schema.types import BrokerId
from kio.static.primitive import i32

from msklink_client.logins import ScramExchange, authenticate_by_password
from msklink_client.wire import Broker, Connection, Rejected
from tests.client.broker import Script, serving

SALT, ROUNDS = b"salt of the server", 4096
FAILED = ErrorCode.sasl_authentication_failed


def offered(error: ErrorCode = ErrorCode.none) -> SaslHandshakeResponse:
    return SaslHandshakeResponse(error_code=error, mechanisms=("AWS_MSK_IAM", "OAUTHBEARER"))


def answered(
    content: bytes = b"", error: ErrorCode = ErrorCode.none, message: str | None = None
) -> SaslAuthenticateResponse:
    return SaslAuthenticateResponse(error_code=error, error_message=message, auth_bytes=content)


def test_a_token_is_sent_in_the_form_of_rfc_7628() -> None:
    script = Script(offered(), answered())
    with serving(script) as stream:
        Connection(stream).authenticate_by_token("abc")

    handshake, login = script.requests
    assert handshake.mechanism == "OAUTHBEARER"
    assert login.auth_bytes == b"n,,\x01auth=Bearer abc\x01\x01"


@pytest.mark.parametrize(
    "answers",
    [
        [answered(error=FAILED, message="Access denied")],
        [answered(b'{"status": "Access denied"}'), answered(error=FAILED, message="Access denied")],
    ],
    ids=["at once", "after a document"],
)
def test_the_broker_says_why_a_login_failed(answers: list[Any]) -> None:
    script = Script(offered(), *answers)
    with (
        serving(script) as stream,
        pytest.raises(Rejected, match=r"Access denied \(error 58\)"),
    ):
        Connection(stream).authenticate_by_token("abc")


def test_an_unsupported_mechanism_is_reported_with_the_supported_ones() -> None:
    script = Script(offered(ErrorCode.unsupported_sasl_mechanism))
    with (
        serving(script) as stream,
        pytest.raises(Rejected, match="not offer SCRAM-SHA-512 but AWS_MSK_IAM, OAUTHBEARER"),
    ):
        authenticate_by_password(Connection(stream), "ann", "pass")


def test_a_broker_that_disconnects_is_reported() -> None:
    with serving(Script()) as stream, pytest.raises(ConnectionError):
        Connection(stream).authenticate_by_token("abc")


def test_all_brokers_are_returned_in_order() -> None:
    brokers = tuple(
        MetadataResponseBroker(
            node_id=BrokerId(number),
            host=f"b-{number}.iam.orders",
            port=i32(14000 + number),
            rack="a",
        )
        for number in (3, 1, 2)
    )
    script = Script(MetadataResponse(brokers=brokers, controller_id=BrokerId(1), topics=()))
    with serving(script) as stream:
        found = Connection(stream).brokers()

    assert found == [
        Broker(number, f"b-{number}.iam.orders", 14000 + number) for number in (1, 2, 3)
    ]
    assert script.requests[0].topics == ()  # none, not all: nobody needs the right to list them


# ------------------------------------------------------------------------------ SCRAM


def reference(username: str, password: str) -> ScramClient:
    return ScramClient(username, password, "SCRAM-SHA-512")


@pytest.mark.parametrize(
    ("username", "password"), [("ann", "pass"), ("ann", "pencil, =é"), ("o'hara", " ")]
)
def test_the_proof_equals_that_of_another_client(username: str, password: str) -> None:
    other = reference(username, password)
    ours = ScramExchange(username, password, other.nonce.decode())
    assert ours.first() == other.first_message()
    challenge = f"r={other.nonce.decode()}server,s={b64encode(SALT).decode()},i={ROUNDS}".encode()

    final = ours.final(challenge)

    other.process_server_first_message(challenge)
    assert final == other.final_message()
    assert ours.is_from_server(_signature(other))
    assert not ours.is_from_server(b"v=" + b64encode(b"of somebody else"))


def _signature(client: ScramClient) -> bytes:
    """Return the final message of a server that knows the password."""
    key = client.hmac(client.salted_password, b"Server Key")
    return b"v=" + b64encode(hmac.digest(key, client.auth_message, "sha512"))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"e=unknown-user", "unknown-user"),
        (b"r=another,s=c2FsdA==,i=4096", "somebody else"),
    ],
)
def test_a_server_that_refuses_the_login_is_an_error(answer: bytes, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        ScramExchange("ann", "pass").final(answer)


def test_a_wrong_password_is_reported() -> None:
    def say(request: Any) -> SaslAuthenticateResponse:
        nonce = request.auth_bytes.decode().rpartition("r=")[2]
        return answered(f"r={nonce}server,s={b64encode(SALT).decode()},i={ROUNDS}".encode())

    script = Script(offered(), say, answered(error=FAILED, message="Authentication failed"))
    with serving(script) as stream, pytest.raises(Rejected, match="Authentication failed"):
        authenticate_by_password(Connection(stream), "ann", "wrong")


def test_a_server_that_does_not_know_the_password_is_refused() -> None:
    def say(request: Any) -> SaslAuthenticateResponse:
        nonce = request.auth_bytes.decode().rpartition("r=")[2]
        return answered(f"r={nonce}server,s={b64encode(SALT).decode()},i={ROUNDS}".encode())

    script = Script(offered(), say, answered(b"v=" + b64encode(b"made up")))
    with serving(script) as stream, pytest.raises(Rejected, match="does not know the password"):
        authenticate_by_password(Connection(stream), "ann", "pass")
