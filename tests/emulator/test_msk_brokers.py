"""GetBootstrapBrokers for clients in the cluster's VPC and in others."""

import re
from itertools import pairwise

import pytest

from localcloud.msk import Scheme
from tests.emulator.builders import CLIENT, OWNER, Emulator, flags

HOSTS = r"b-\d\.{scheme}\.manufacturingpocm\.[a-z0-9]{{6}}\.c3\.kafka\.eu-west-1\.amazonaws\.com"


@pytest.mark.parametrize(
    ("scheme", "field"), [("iam", "SaslIam"), ("scram", "SaslScram"), ("tls", "Tls")]
)
def test_private_brokers_have_ports_from_14001(emulator: Emulator, scheme: str, field: str) -> None:
    arn = emulator.private_cluster(*Scheme, name="Manufacturing-poc-msk-prov")

    brokers = emulator.call(CLIENT, "GetBootstrapBrokers", ClusterArn=arn)

    hosts = brokers[f"BootstrapBrokerStringVpcConnectivity{field}"].split(",")
    assert all(re.fullmatch(HOSTS.format(scheme=scheme) + r":1400\d", host) for host in hosts)
    assert sorted(host[-5:] for host in hosts) == ["14001", "14002", "14003"]
    assert all(host[2] == host[-1] for host in hosts)


def test_private_brokers_appear_when_the_update_has_ended(emulator: Emulator) -> None:
    arn = emulator.cluster()
    emulator.update(arn, flags(Scheme.IAM))
    field = "BootstrapBrokerStringVpcConnectivitySaslIam"

    assert field not in emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)
    emulator.later(45)
    assert field in emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)


def test_the_order_of_brokers_varies_and_the_set_does_not(emulator: Emulator) -> None:
    arn = emulator.private_cluster()

    seen = [
        emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)[
            "BootstrapBrokerStringVpcConnectivitySaslIam"
        ]
        for _ in range(20)
    ]

    assert len(set(seen)) > 1
    assert len({tuple(sorted(item.split(","))) for item in seen}) == 1


@pytest.mark.parametrize("count", [4, 6])
@pytest.mark.parametrize(
    "field", ["VpcConnectivitySaslIam", "VpcConnectivityTls", "SaslIam", "SaslScram"]
)
def test_each_answer_has_three_others_of_more_than_three_brokers(
    emulator: Emulator, count: int, field: str
) -> None:
    arn = emulator.private_cluster(*Scheme)
    emulator.msk.force_brokers(arn, count)

    seen = [
        emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)[f"BootstrapBrokerString{field}"]
        for _ in range(4)
    ]

    named = [{host[:3] for host in answer.split(",")} for answer in seen]
    assert {len(three) for three in named} == {3}
    assert all(one != other for one, other in pairwise(named))
    assert len(set.union(*named)) == count


@pytest.mark.parametrize(
    ("encryption", "fields"),
    [
        ("TLS", {"BootstrapBrokerStringTls"}),
        ("PLAINTEXT", {"BootstrapBrokerString"}),
        ("TLS_PLAINTEXT", {"BootstrapBrokerString", "BootstrapBrokerStringTls"}),
    ],
)
def test_an_open_cluster_has_the_ports_of_its_encryption(
    emulator: Emulator, encryption: str, fields: set[str]
) -> None:
    arn = emulator.cluster(
        ClientAuthentication={"Unauthenticated": {"Enabled": True}},
        EncryptionInfo={"EncryptionInTransit": {"ClientBroker": encryption}},
    )

    assert set(emulator.call(OWNER, "GetBootstrapBrokers", ClusterArn=arn)) == fields


def test_a_cluster_in_creation_has_no_brokers_yet(emulator: Emulator) -> None:
    made = emulator.call(
        OWNER, "CreateClusterV2", ClusterName="orders", Provisioned=emulator.provisioned()
    )

    error = emulator.refusal(OWNER, "GetBootstrapBrokers", ClusterArn=made["ClusterArn"])

    assert (error.code, error.status) == ("ConflictException", 409)
