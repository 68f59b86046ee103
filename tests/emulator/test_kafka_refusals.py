"""The clients that the proxy refuses, and the error that they get."""

import base64
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from localcloud.kafka.tokens import Refused, from_bearer, identity_of
from localcloud.settings import HOST
from tests.emulator.builders import CLIENT, OTHER, OWNER, REGION, policy, statement
from tests.emulator.kafka_builders import (
    DEADLINE,
    SESSION_KEY,
    SESSION_TOKEN,
    RunningBrokers,
    bearer,
    keys,
    running_brokers,
    token,
)


@pytest.fixture(name="brokers")
def _brokers() -> Iterator[RunningBrokers]:
    with running_brokers() as made:
        yield made


def test_a_token_of_the_clients_account_is_accepted(brokers: RunningBrokers) -> None:
    assert brokers.authenticate(token()) is None
    assert brokers.authenticate(token(key=SESSION_KEY, session_token=SESSION_TOKEN)) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"host": "kafka.us-east-1.amazonaws.com"}, "for host kafka.us-east-1.amazonaws.com"),
        ({"region": "us-east-1"}, "for Region us-east-1, not eu-west-1"),
        ({"service": "kafka"}, "for service kafka, not kafka-cluster"),
        ({"action": "kafka-cluster:ReadData"}, "for action kafka-cluster:ReadData"),
        ({"expires": -60}, "the token expired at"),
        ({"secret": "another"}, "the signature does not match"),
        ({"key": "444444444444"}, "access key 444444444444 is not known"),
        ({"key": SESSION_KEY, "session_token": "stolen"}, f"{SESSION_KEY} is not known"),
        ({"key": SESSION_KEY}, f"{SESSION_KEY} is not known"),
    ],
)
def test_a_token_with_one_error_is_refused_with_its_reason(
    brokers: RunningBrokers, changes: dict[str, Any], reason: str
) -> None:
    assert reason in str(brokers.authenticate(token(**changes)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not base64", "not a URL in base64"),
        (bearer("https://[/"), "not a URL"),
        (bearer("http://kafka.eu-west-1.amazonaws.com/"), "not a URL of the form https"),
        (bearer("https://kafka.eu-west-1.amazonaws.com/"), "the token has no Action"),
        (bearer("https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster:Connect"), "no X-Amz"),
    ],
)
def test_a_malformed_token_is_refused_with_its_reason(
    brokers: RunningBrokers, text: str, reason: str
) -> None:
    assert reason in str(brokers.authenticate(text))


def test_a_token_from_the_future_is_refused() -> None:
    early = datetime.now(UTC) - timedelta(hours=1)

    with pytest.raises(Refused, match="in the future"):
        identity_of(from_bearer(token()), f"kafka.{REGION}.amazonaws.com", REGION, keys, early)


def test_a_token_changed_after_signing_is_refused(brokers: RunningBrokers) -> None:
    text = token(expires=60)
    url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()

    longer = bearer(url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))

    assert "changed after signing" in str(brokers.authenticate(longer))


def test_parameters_added_after_signing_are_not_part_of_the_signature(
    brokers: RunningBrokers,
) -> None:
    text = token()
    url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()

    assert brokers.authenticate(bearer(f"{url}&User-Agent={quote('a signer/1.0')}")) is None


def test_an_account_without_a_connection_reads_that_the_name_would_not_resolve(
    brokers: RunningBrokers,
) -> None:
    for account in (OTHER.account, OWNER.account):
        reason = str(brokers.authenticate(token(key=account)))

        assert f"account {account} needs an AVAILABLE VPC connection by iam" in reason
        assert "would not resolve" in reason


def test_a_rejected_connection_gives_no_access(brokers: RunningBrokers) -> None:
    emulator, arn = brokers.emulator, brokers.cluster_arn
    listed = emulator.call(OWNER, "ListClientVpcConnections", ClusterArn=arn)
    connection = next(
        found for found in listed["ClientVpcConnections"] if found["Authentication"] == "SASL_IAM"
    )
    emulator.call(
        OWNER,
        "RejectClientVpcConnection",
        ClusterArn=arn,
        VpcConnectionArn=connection["VpcConnectionArn"],
    )

    assert "one that is REJECTING" in str(brokers.authenticate(token()))


def test_a_client_that_the_cluster_policy_does_not_allow_reads_the_reason(
    brokers: RunningBrokers,
) -> None:
    emulator, arn = brokers.emulator, brokers.cluster_arn
    version = emulator.call(OWNER, "GetClusterPolicy", ClusterArn=arn)["CurrentVersion"]
    text = policy(statement(Action=["kafka:GetBootstrapBrokers"]))
    emulator.call(OWNER, "PutClusterPolicy", ClusterArn=arn, Policy=text, CurrentVersion=version)

    reason = str(brokers.authenticate(token()))

    assert "does not allow kafka-cluster:Connect" in reason
    assert CLIENT.account in reason


@pytest.mark.parametrize(
    "change",
    [
        ("b-1.iam.", "b-4.iam."),
        ("b-1.iam.orders", "b-1.iam.others"),
        ("b-1.iam.", "b-1.sasl."),
    ],
)
def test_an_unknown_broker_name_is_refused(
    brokers: RunningBrokers, change: tuple[str, str]
) -> None:
    host = brokers.host().replace(*change)

    assert f"there is no broker {host}" in str(brokers.raw_client.authenticate(token(), host))


def test_an_iam_client_of_the_scram_brokers_reads_which_mechanisms_they_have(
    brokers: RunningBrokers,
) -> None:
    client = brokers.raw_client

    assert client.mechanisms(brokers.host("SaslScram")) == ["SCRAM-SHA-512"]
    assert client.mechanisms(brokers.host()) == ["AWS_MSK_IAM", "OAUTHBEARER"]


def test_the_names_in_the_vpc_of_the_cluster_are_for_its_own_account(
    brokers: RunningBrokers,
) -> None:
    host = brokers.host().replace("b-1.iam.", "b-1.")
    client = brokers.raw_client

    assert client.authenticate(token(key=OWNER.account), host) is None
    assert "only in the VPC of cluster orders" in str(client.authenticate(token(), host))


def test_a_client_without_tls_is_disconnected_and_the_reason_logged(
    brokers: RunningBrokers, caplog: pytest.LogCaptureFixture
) -> None:
    api_versions = bytes.fromhex("00000009 0012 0000 00000007 ff")

    with socket.create_connection((HOST, brokers.proxy.port), DEADLINE) as plain:
        plain.sendall(api_versions)
        rest = plain.recv(100)

    brokers.proxy.stop()
    assert not rest
    assert "is SASL_SSL set" in caplog.text


def test_a_client_without_sasl_is_disconnected_and_the_reason_logged(
    brokers: RunningBrokers, caplog: pytest.LogCaptureFixture
) -> None:
    metadata = bytes.fromhex("0000000e 0003 0000 00000007 ffff 00000000")

    with brokers.raw_client.connected(brokers.host()) as connection:
        connection.sendall(metadata)
        rest = connection.recv(100)

    brokers.proxy.stop()
    assert not rest
    assert "request 3 before authentication: is SASL_SSL set?" in caplog.text
