"""Who may log in by SCRAM and by TLS."""

import ssl
from collections.abc import Iterator

import pytest
import trustme

from localcloud.kafka import resolver
from msklink_client.layers import Check
from msklink_client.logins import authenticate_by_password
from msklink_client.wire import Connection
from tests.emulator.builders import OWNER
from tests.emulator.kafka_builders import (
    DEADLINE,
    PASSWORD,
    USER,
    RunningBrokers,
    running_brokers,
)
from tests.emulator.kafka_libraries import with_certificate


@pytest.fixture(name="brokers")
def _brokers() -> Iterator[RunningBrokers]:
    with running_brokers() as made, resolver.installed(made.proxy.port):
        yield made


def findings(brokers: RunningBrokers, name: str = USER, password: str = PASSWORD) -> str:
    """Log in by SCRAM, and return what does not work; "" if all does."""

    def log_in(connection: Connection) -> str:
        authenticate_by_password(connection, name, password)
        return ""

    check = Check(brokers.raw_client.trust, log_in, timeout=DEADLINE)
    found = check.run(",".join(brokers.bootstrap("SaslScram")))
    return " ".join(finding.detail for finding in found if not finding.good)


@pytest.mark.parametrize("wrong", [{"password": "guessed"}, {"name": "nobody"}])
def test_a_wrong_password_and_an_unknown_user_get_the_same_reason(
    brokers: RunningBrokers, wrong: dict[str, str]
) -> None:
    assert findings(brokers) == ""
    assert "due to invalid credentials with SASL mechanism SCRAM" in findings(brokers, **wrong)


def test_a_user_whose_secret_is_no_longer_associated_does_not_get_in(
    brokers: RunningBrokers,
) -> None:
    arn = brokers.cluster_arn
    secrets = brokers.emulator.call(OWNER, "ListScramSecrets", ClusterArn=arn)["SecretArnList"]

    brokers.emulator.call(
        OWNER, "BatchDisassociateScramSecret", ClusterArn=arn, SecretArnList=secrets
    )

    assert "due to invalid credentials" in findings(brokers)


def test_no_client_gets_in_without_an_available_connection(
    brokers: RunningBrokers, caplog: pytest.LogCaptureFixture
) -> None:
    emulator, arn = brokers.emulator, brokers.cluster_arn
    connections = emulator.call(OWNER, "ListClientVpcConnections", ClusterArn=arn)
    for connection in connections["ClientVpcConnections"]:
        emulator.msk.force_connection(connection["VpcConnectionArn"], "INACTIVE")

    assert "needs an AVAILABLE VPC connection by scram" in findings(brokers)
    assert tls_error(brokers, with_certificate(brokers, brokers.authority)) == "disconnected"
    brokers.proxy.stop()
    assert "needs an AVAILABLE VPC connection by tls" in caplog.text


def tls_error(brokers: RunningBrokers, context: ssl.SSLContext) -> str:
    """Return the error of TLS that a client with *context* reads, or "" for none."""
    client = type(brokers.raw_client)(brokers.raw_client.port, context)
    with client.connected(brokers.host("Tls")) as connection:
        connection.sendall(bytes.fromhex("0000000e 0012 0000 00000007 ffff 00000000"))
        try:
            return "" if connection.recv(100) else "disconnected"
        except ssl.SSLError as error:
            return str(error.reason)


def test_only_a_certificate_of_the_private_ca_gets_in(brokers: RunningBrokers) -> None:
    without = ssl.create_default_context(cadata=brokers.proxy.authority.decode())

    assert tls_error(brokers, with_certificate(brokers, brokers.authority)) == ""
    assert "CERTIFICATE_REQUIRED" in tls_error(brokers, without)
    assert "UNKNOWN_CA" in tls_error(brokers, with_certificate(brokers, trustme.CA()))
