from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from msklink.auth_scheme import Scheme
from msklink.cluster.description import BUSY_STATES, ClusterDescription
from msklink.cluster.next_move import Move, decide_next_move
from msklink.cluster.private_connectivity import connectivity_flags
from tests.unit.factories import ARN, cluster, schemes, thorough

ON = {"Enabled": True}


def test_a_cluster_is_read_from_the_api() -> None:
    read = ClusterDescription.read(
        {
            "ClusterArn": ARN,
            "State": "ACTIVE",
            "StateInfo": {"Code": "C", "Message": "all is well"},
            "CurrentVersion": "K9",
            "ClusterType": "PROVISIONED",
            "Tags": {"msklink": "iam"},
            "Provisioned": {
                "BrokerNodeGroupInfo": {
                    "ZoneIds": ["euw1-az2", "euw1-az1"],
                    "ClientSubnets": ["subnet-2", "subnet-1"],
                    "InstanceType": "kafka.m7g.large",
                    "ConnectivityInfo": {
                        "NetworkType": "IPV4",
                        "VpcConnectivity": {
                            "ClientAuthentication": {"Sasl": {"Iam": ON, "Scram": {}}, "Tls": ON}
                        },
                    },
                },
                "ClientAuthentication": {
                    "Sasl": {"Iam": ON, "Scram": {"Enabled": False}},
                    "Tls": {
                        "Enabled": False,
                        "CertificateAuthorityArnList": ["arn:ca-2", "arn:ca-1"],
                    },
                    "Unauthenticated": ON,
                },
                "CurrentBrokerSoftwareInfo": {
                    "KafkaVersion": "3.7.x.kraft",
                    "ConfigurationArn": "arn:configuration",
                    "ConfigurationRevision": 7,
                },
                "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}},
            },
        }
    )

    assert read.arn.name == "orders"
    assert read.version == "K9"
    assert read.zone_ids == ("euw1-az1", "euw1-az2")
    assert read.authentication_schemes == {Scheme.IAM}
    assert read.private_schemes == {Scheme.IAM, Scheme.TLS}
    assert read.requested_schemes("msklink").schemes == {Scheme.IAM}
    assert (read.reason, read.kafka_version) == ("all is well", "3.7.x.kraft")
    assert (read.instance_type, read.network_type) == ("kafka.m7g.large", "IPV4")
    assert (read.unauthenticated, read.client_broker_encryption) == (True, "TLS_PLAINTEXT")
    assert read.certificate_authorities == (
        "arn:ca-1",
        "arn:ca-2",
    )
    assert read.configuration == ("arn:configuration", 7)
    assert read.subnet_ids == ("subnet-1", "subnet-2")


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"Provisioned": None, "StateInfo": None, "Tags": None},
        {"Provisioned": {}},
        {"Provisioned": {"BrokerNodeGroupInfo": {"ConnectivityInfo": {}}}},
        {"Provisioned": {"BrokerNodeGroupInfo": {"ConnectivityInfo": {"VpcConnectivity": {}}}}},
        {"Provisioned": {"ClientAuthentication": {"Tls": {"CertificateAuthorityArnList": None}}}},
        {"Provisioned": {"EncryptionInfo": {"EncryptionInTransit": None}}},
        {"Provisioned": {"CurrentBrokerSoftwareInfo": {"ConfigurationArn": "arn:1"}}},
    ],
)
def test_a_scheme_that_the_api_leaves_out_is_off(info: dict[str, Any]) -> None:
    read = ClusterDescription.read({"ClusterArn": ARN, **info})

    assert not read.private_schemes
    assert not read.authentication_schemes
    assert not read.requested_schemes("msklink").schemes
    assert not read.unauthenticated
    assert read.client_broker_encryption == "TLS"
    assert read.configuration is None


@pytest.mark.parametrize("state", sorted(BUSY_STATES))
def test_a_busy_cluster_is_waited_for(state: str) -> None:
    verdict = decide_next_move(cluster(state=state), frozenset({Scheme.IAM}))

    assert verdict.move is Move.WAIT
    assert state in verdict.reason


@pytest.mark.parametrize("state", ["FAILED", "DELETING"])
def test_an_unusable_cluster_stops_the_run(state: str) -> None:
    verdict = decide_next_move(cluster(state=state), frozenset({Scheme.IAM}))

    assert verdict.move is Move.STOP
    assert state in verdict.reason


@given(schemes, schemes)
def test_only_a_scheme_that_is_off_makes_a_run_act(
    on: frozenset[Scheme], wanted: frozenset[Scheme]
) -> None:
    verdict = decide_next_move(cluster(private_schemes=on), wanted)

    assert verdict.move is (Move.PROCEED if wanted <= on else Move.ENABLE)
    assert all(scheme in verdict.reason for scheme in wanted - on)


@thorough
@given(schemes, schemes)
def test_connectivity_is_never_narrowed(on: frozenset[Scheme], wanted: frozenset[Scheme]) -> None:
    flags = connectivity_flags(cluster(private_schemes=on), wanted)["ClientAuthentication"]

    sent = {
        Scheme.IAM: flags["Sasl"]["Iam"],
        Scheme.SCRAM: flags["Sasl"]["Scram"],
        Scheme.TLS: flags["Tls"],
    }
    assert sent == {scheme: {"Enabled": scheme in on | wanted} for scheme in Scheme}


# ------------------------------------------------------------------------------- fingerprints


@pytest.mark.parametrize(
    "changes",
    [
        {"authentication_schemes": frozenset({Scheme.IAM})},
        {"tags": {"msklink": "off"}},
        {"tags": {"msklink": "auto", "msklink/clients": "222222222222"}},
        {"kafka_version": "2.8.1"},
        {"unauthenticated": True},
        {"configuration": ("arn", 2)},
        {"state": "FAILED"},
    ],
    ids=str,
)
def test_facts_that_a_run_acts_on_change_the_fingerprint(changes: dict[str, Any]) -> None:
    before = cluster(tags={"msklink": "auto"}, authentication_schemes=frozenset(Scheme))

    after = replace(before, **changes)

    assert after.fingerprint("msklink") != before.fingerprint("msklink")


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "K2"},
        {"state": "UPDATING", "active_operation": "arn"},
        {"private_schemes": frozenset({Scheme.IAM})},
        {"tags": {"team": "orders", "msklink": "auto"}},
    ],
    ids=str,
)
def test_temporary_facts_do_not_change_the_fingerprint(changes: dict[str, Any]) -> None:
    before = cluster(tags={"msklink": "auto"}, authentication_schemes=frozenset(Scheme))

    after = replace(before, **changes)

    assert after.fingerprint("msklink") == before.fingerprint("msklink")
