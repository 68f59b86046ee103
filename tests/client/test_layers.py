"""`check` finds the layer that fails."""

import socket
import ssl
from datetime import timedelta

import pytest
import trustme
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v1.response import MetadataResponse, MetadataResponseBroker
from kio.schema.metadata.v4.response import MetadataResponse as TopicResponse
from kio.schema.metadata.v4.response import MetadataResponseBroker as TopicResponseBroker
from kio.schema.metadata.v4.response import MetadataResponseTopic as TopicResponseTopic
from kio.schema.sasl_authenticate.v0.response import SaslAuthenticateResponse
from kio.schema.sasl_handshake.v1.response import SaslHandshakeResponse
from kio.schema.types import BrokerId, TopicName
from kio.static.primitive import i32, i32Timedelta

from msklink_client.configuration import Credentials, tls_context
from msklink_client.layers import REMEDIES, Check, Finding, Layer
from msklink_client.logins import login
from tests.client.broker import Script, listening

HANDSHAKE = SaslHandshakeResponse(error_code=ErrorCode.none, mechanisms=("OAUTHBEARER",))
WELCOME = SaslAuthenticateResponse(error_code=ErrorCode.none, error_message=None, auth_bytes=b"")
REFUSED = SaslAuthenticateResponse(
    error_code=ErrorCode.sasl_authentication_failed, error_message="Access denied", auth_bytes=b""
)


WITHOUT_TOPIC = [layer for layer in Layer if layer is not Layer.TOPIC]


def tls(ca: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert(name).configure_cert(context)
    return context


def brokers(*ports: int) -> MetadataResponse:
    advertised = tuple(
        MetadataResponseBroker(node_id=BrokerId(number), host="localhost", port=i32(port))
        for number, port in enumerate(ports, 1)
    )
    return MetadataResponse(brokers=advertised, controller_id=BrokerId(1), topics=())


def described(topic: str, error: ErrorCode = ErrorCode.none) -> TopicResponse:
    """Return what a broker says of *topic*, between fields that must be read past."""
    broker = TopicResponseBroker(
        node_id=BrokerId(1), host="localhost", port=i32(14001), rack="euw1-az1"
    )
    one = TopicResponseTopic(
        error_code=error, name=TopicName(topic), is_internal=False, partitions=()
    )
    return TopicResponse(
        throttle_time=i32Timedelta.parse(timedelta(milliseconds=7)),
        brokers=(broker,),
        cluster_id="of-the-cluster",
        controller_id=BrokerId(1),
        topics=(one,),
    )


def check(
    ca_file: str | None,
    servers: str,
    scheme: str = "iam",
    last: Layer = Layer.TOPIC,
    topic: str = "",
) -> list[Finding]:
    sign = (lambda: ("abc", 0.0)) if scheme == "iam" else None
    credentials = Credentials(sign=sign, ca_file=ca_file)
    check = Check(tls_context(credentials), login(scheme, credentials), last, 5, topic)
    return check.run(servers)


def verdicts(findings: list[Finding]) -> list[tuple[Layer, bool | None]]:
    return [(finding.layer, finding.good) for finding in findings]


def test_all_is_well(ca: trustme.CA, ca_file: str) -> None:
    with listening(Script(HANDSHAKE, WELCOME, brokers()), tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}")

    assert verdicts(findings) == [(layer, True) for layer in WITHOUT_TOPIC]
    assert [finding.remedy for finding in findings] == [""] * 5


def test_with_certificates_there_is_no_login(ca: trustme.CA, ca_file: str) -> None:
    with listening(Script(brokers()), tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}", "tls")

    assert verdicts(findings) == [(one, True) for one in WITHOUT_TOPIC if one is not Layer.SASL]


def test_a_topic_is_described(ca: trustme.CA, ca_file: str) -> None:
    script = Script(HANDSHAKE, WELCOME, brokers(), described("billing.orders"))
    with listening(script, tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}", topic="billing.orders")

    assert verdicts(findings) == [(layer, True) for layer in Layer]
    assert findings[-1].detail == "billing.orders"
    [asked] = script.requests[3].topics
    assert asked.name == "billing.orders"
    assert script.requests[3].allow_auto_topic_creation is False


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ErrorCode.unknown_topic_or_partition, "UNKNOWN_TOPIC_OR_PARTITION (error 3)"),
        (ErrorCode.topic_authorization_failed, "TOPIC_AUTHORIZATION_FAILED (error 29)"),
        (ErrorCode.leader_not_available, "(error 5)"),
    ],
)
def test_a_topic_that_cannot_be_described(
    ca: trustme.CA, ca_file: str, error: ErrorCode, name: str
) -> None:
    script = Script(HANDSHAKE, WELCOME, brokers(), described("billing", error))
    with listening(script, tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}", topic="billing")

    assert verdicts(findings)[4:] == [(Layer.METADATA, True), (Layer.TOPIC, False)]
    assert findings[-1].detail.startswith("billing: ")
    assert findings[-1].detail.endswith(name)


def test_brokers_outside_the_bootstrap_string_are_checked_too(ca: trustme.CA, ca_file: str) -> None:
    closed = closed_port()
    with listening(Script(HANDSHAKE, WELCOME, brokers(closed)), tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}")

    assert verdicts(findings)[5:] == [(Layer.DNS, True), (Layer.TCP, False)]
    assert findings[-1].broker == f"localhost:{closed}"


@pytest.mark.parametrize("last", WITHOUT_TOPIC[1:])
def test_layers_above_the_last_one_are_not_checked(
    ca: trustme.CA, ca_file: str, last: Layer
) -> None:
    with listening(Script(HANDSHAKE, WELCOME, brokers()), tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}", last=last)

    looked_at = list(Layer)[: list(Layer).index(last) + 1]
    assert verdicts(findings) == [(layer, True) for layer in looked_at]


def test_a_name_that_does_not_resolve() -> None:
    [finding] = check(None, "b-1.iam.orders.invalid:14001")

    assert (finding.layer, finding.good) == (Layer.DNS, False)
    assert finding.remedy == REMEDIES[Layer.DNS]


def test_a_port_that_is_closed() -> None:
    findings = check(None, f"localhost:{closed_port()}")

    assert verdicts(findings) == [(Layer.DNS, True), (Layer.TCP, False)]


def test_a_broker_that_does_not_answer(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        context = tls_context(Credentials(ca_file=ca_file))
        findings = Check(context, timeout=0.05).run(f"localhost:{port}")

    assert verdicts(findings)[-1] == (Layer.TLS, False)
    assert findings[-1].detail == "no answer in time"


@pytest.mark.parametrize("trouble", ["another name", "another authority", "no TLS"])
def test_an_invalid_tls_connection(ca: trustme.CA, ca_file: str, trouble: str) -> None:
    context = {
        "another name": tls(ca, "example.com"),
        "another authority": tls(trustme.CA()),
        "no TLS": None,
    }[trouble]
    script = Script() if context is None else Script(HANDSHAKE)
    with listening(script, context) as port:
        findings = check(ca_file, f"localhost:{port}")

    assert verdicts(findings)[2:] == [(Layer.TLS, False)]


def test_a_login_that_is_refused(ca: trustme.CA, ca_file: str) -> None:
    with listening(Script(HANDSHAKE, REFUSED), tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}")

    assert verdicts(findings)[3:] == [(Layer.SASL, False)]
    assert "Access denied" in findings[-1].detail
    assert "kafka-cluster:Connect" in findings[-1].remedy


def test_scram_without_a_secret_says_so(ca: trustme.CA, ca_file: str) -> None:
    with listening(Script(HANDSHAKE), tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}", "scram")

    assert "name a --user or --secret" in findings[-1].detail


def test_a_broker_that_disconnects_on_the_request(ca: trustme.CA, ca_file: str) -> None:
    with listening(Script(HANDSHAKE, WELCOME), tls(ca)) as port:
        findings = check(ca_file, f"localhost:{port}")

    assert verdicts(findings)[4:] == [(Layer.METADATA, False)]


def closed_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
