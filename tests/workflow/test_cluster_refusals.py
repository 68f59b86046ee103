"""Clusters that cannot be connected, from the cause to what both teams read."""

import pytest

from msklink.refusals import Code
from tests.support.aws import ALL_SCHEMES_ON, CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.step_functions import Engine
from tests.workflow.refusal_builders import (
    Prepare,
    cluster_with,
    codes,
    opted_in,
    recorded,
    shown,
    writes_to_cluster,
)


def serverless(accounts: Accounts) -> str:
    subnets = accounts.subnets(OWNER, accounts.make_network(OWNER))
    accounts.make_tagged_vpc(CLIENT)
    made = accounts.client("kafka").create_cluster_v2(
        ClusterName="orders",
        Tags=opted_in(),
        Serverless={
            "VpcConfigs": [{"SubnetIds": subnets}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )
    accounts.clock.advance(3600)
    return str(made["ClusterArn"])


def failed(accounts: Accounts) -> str:
    cluster = cluster_with()(accounts)
    accounts.msk.force_state(cluster, "FAILED")
    return cluster


def dual_stack(accounts: Accounts) -> str:
    cluster = cluster_with()(accounts)
    kafka = accounts.client("kafka")
    version = kafka.describe_cluster_v2(ClusterArn=cluster)["ClusterInfo"]["CurrentVersion"]
    kafka.update_connectivity(
        ClusterArn=cluster, CurrentVersion=version, ConnectivityInfo={"NetworkType": "DUAL"}
    )
    accounts.clock.advance(3600)
    accounts.msk.calls.clear()
    return cluster


def without_the_property(accounts: Accounts) -> str:
    open_to_all = {"Arn": accounts.make_configuration("log.retention.hours=1"), "Revision": 1}
    return cluster_with("scram", ConfigurationInfo=open_to_all)(accounts)


def in_plaintext(accounts: Accounts) -> str:
    """MSK refuses to create such a cluster now; older ones may exist."""
    cluster = cluster_with()(accounts)
    accounts.msk.force_encryption(cluster, "PLAINTEXT")
    return cluster


CLUSTERS: list[tuple[Code, Prepare]] = [
    (Code.CLUSTER_SERVERLESS, serverless),
    (Code.CLUSTER_UNUSABLE, failed),
    (Code.CLUSTER_DUAL_STACK, dual_stack),
    (Code.KAFKA_TOO_OLD, cluster_with(KafkaVersion="2.6.2")),
    (Code.BROKERS_TOO_SMALL, cluster_with(instance_type="kafka.t3.small")),
    (
        Code.CLUSTER_UNAUTHENTICATED,
        cluster_with(ClientAuthentication={"Unauthenticated": {"Enabled": True}}),
    ),
    (Code.SCHEME_OFF_ON_CLUSTER, cluster_with("tls")),
    (Code.ENCRYPTION_UNFIT, in_plaintext),
    (Code.ACLS_NOT_ENFORCED, without_the_property),
]


@pytest.mark.parametrize(("code", "prepare"), CLUSTERS, ids=[code for code, _ in CLUSTERS])
def test_an_ineligible_cluster_is_not_changed_and_both_teams_see_the_refusal(
    accounts: Accounts, engine: Engine, code: Code, prepare: Prepare
) -> None:
    cluster = prepare(accounts)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert sorted(codes(accounts)) == [("Client Refused", code), ("Cluster Refused", code)]
    assert recorded(accounts, cluster) == [code]
    assert shown(accounts, CLIENT) == [code]
    assert not writes_to_cluster(accounts)
    assert not accounts.connections(CLIENT)

    before = accounts.snapshot(cluster)
    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.snapshot(cluster) == before
    assert not codes(accounts)


def test_a_cluster_with_unauthenticated_access_beside_a_scheme_is_served(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = cluster_with(
        KafkaVersion="3.7.x.kraft",
        ClientAuthentication={
            "Sasl": {"Iam": {"Enabled": True}},
            "Unauthenticated": {"Enabled": True},
        },
        EncryptionInfo={
            "EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT", "InCluster": True}
        },
    )(accounts)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert not codes(accounts)
    assert accounts.status(CLIENT)["state"] == "published"
    assert shown(accounts, CLIENT, "warnings") == [Code.UNAUTHENTICATED_ACCESS_ON]
    strings = accounts.client("kafka").get_bootstrap_brokers(ClusterArn=cluster)
    assert "BootstrapBrokerString" in strings  # clients without authentication stay connected


def test_a_cluster_without_a_certificate_authority_is_not_changed(
    accounts: Accounts, engine: Engine
) -> None:
    """MSK refuses to create such a cluster now; older ones may exist."""
    cluster = cluster_with("tls", ClientAuthentication=ALL_SCHEMES_ON)(accounts)
    accounts.msk.forget_authorities(cluster)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    code = Code.NO_CERTIFICATE_AUTHORITY
    assert sorted(codes(accounts)) == [("Client Refused", code), ("Cluster Refused", code)]
    assert recorded(accounts, cluster) == shown(accounts, CLIENT) == [code]
    assert not writes_to_cluster(accounts)
