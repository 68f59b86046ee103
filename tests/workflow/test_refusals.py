"""Every refusal, from its cause to the status that the teams read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.msk import faults
from msklink.policy.document import SIZE_LIMIT
from msklink.refusals import WARNINGS, Code
from tests.support.aws import ALL_SCHEMES_ON, CLIENT, OTHER_CLIENT, Accounts
from tests.support.ec2_locations import put_on_outpost, share_vpc, use_up_addresses
from tests.support.functions import OWNER
from tests.support.step_functions import Engine, tag_event

Prepare = Callable[[Accounts], str]
"""Sets the scene and returns the ARN of the cluster."""

NETWORK_ACCOUNT = "555555555555"
NO_VPC = "vpc-0123456789abcdef0"


def opted_in(schemes: str = "iam", client: str = CLIENT) -> dict[str, str]:
    return {"msklink": schemes, "msklink/clients": client}


def request(vpc_id: str, account: str = CLIENT, **changes: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "detail-type": "Client Onboarding Requested",
        "account": account,
        "detail": {"cluster": "orders", "vpc_id": vpc_id, "schemes": ["iam"]} | changes,
    }


def codes(accounts: Accounts) -> list[tuple[str, str]]:
    """Return the detail type and code of each refusal event."""
    return [
        (event["detail_type"], event["refusal"]["code"])
        for event in accounts.take_events()
        if "refusal" in event
    ]


def recorded(accounts: Accounts, cluster: str) -> list[str]:
    """Return the refusal codes in the items of the clients."""
    return [
        item["refusal"]["code"]
        for name, item in accounts.items(cluster).items()
        if name.startswith("client#") and item.get("refusal")
    ]


def shown(accounts: Accounts, account: str, what: str = "refusal") -> list[str]:
    """Return the codes in the status of *account*."""
    status = accounts.status(account)
    entries = [status, *(entry for vpc in status["vpcs"].values() for entry in vpc.values())]
    found = [entry[what] for entry in entries if what in entry]
    listed = [found] if what == "refusal" else found
    return [one["code"] for some in listed for one in some]


def writes_to_cluster(accounts: Accounts) -> set[str]:
    """Return the operations that changed the cluster or its policy."""
    changing = {"UpdateConnectivity", "PutClusterPolicy", "DeleteClusterPolicy"}
    return {operation for _, operation in accounts.msk.calls if operation in changing}


# -------------------------------------------------------------------- ineligible clusters


def cluster_with(schemes: str = "iam", wanted: str | None = None, **changes: Any) -> Prepare:
    def prepare(accounts: Accounts) -> str:
        cluster = accounts.make_cluster(tags=opted_in(schemes), **changes)
        accounts.make_tagged_vpc(CLIENT, wanted or schemes)
        return cluster

    return prepare


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


# ----------------------------------------------------------------------- refusals of one client


@dataclass(frozen=True)
class Trouble:
    """An error of one client; *reachable* is whether its status can be written."""

    code: Code
    cause: Callable[[Accounts, str], dict[str, Any] | None]
    """Does it, given the cluster; may return the event that asks."""
    reachable: bool = True


def asks_for_a_scheme_that_is_not_offered(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT, "scram")


def asks_for_a_scheme_that_nobody_knows(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT, "imam")


def leaves_the_tag_empty(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT, "")


def has_no_stack(accounts: Accounts, _: str) -> None:
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT), "iam")


def has_an_old_external_id(accounts: Accounts, _: str) -> None:
    accounts.deploy_client(CLIENT, external_id="an-old-external-id")
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT), "iam")


def has_a_policy_against_us(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.blocked.add(CLIENT)


def has_an_old_stack(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.denied.add((CLIENT, "DescribeSecurityGroups"))


def names_a_vpc_that_is_not_there(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    return request(NO_VPC)


def has_no_dns(accounts: Accounts, _: str) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=vpc_id, EnableDnsHostnames={"Value": False}
    )


def lacks_a_subnet(accounts: Accounts, _: str) -> None:
    accounts.deploy_client(CLIENT)
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT, zones=("a", "b")), "iam")


def tags_one_subnet_only(accounts: Accounts, _: str) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.client("ec2", CLIENT).create_tags(
        Resources=accounts.subnets(CLIENT, vpc_id)[:1],
        Tags=[{"Key": "msklink/orders", "Value": ""}],
    )


def names_a_group_that_is_not_there(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    return request(accounts.make_network(CLIENT), security_group_ids=["sg-0123456789abcdef0"])


def takes_part_in_a_vpc_of_another(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(NETWORK_ACCOUNT)
    share_vpc(NETWORK_ACCOUNT, CLIENT, vpc_id)
    return request(vpc_id)


def tags_a_subnet_on_an_outpost(accounts: Accounts, _: str) -> None:
    subnets = accounts.subnets(CLIENT, accounts.make_tagged_vpc(CLIENT))
    put_on_outpost(CLIENT, subnets[0])
    tag_subnets(accounts, subnets)


def names_a_subnet_that_is_full(accounts: Accounts, _: str) -> dict[str, Any]:
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(CLIENT)
    subnets = accounts.subnets(CLIENT, vpc_id)
    use_up_addresses(CLIENT, subnets[1], 0)
    return request(vpc_id, subnet_ids=subnets)


def tags_a_subnet_that_is_full(accounts: Accounts, _: str) -> None:
    subnets = accounts.subnets(CLIENT, accounts.make_tagged_vpc(CLIENT))
    use_up_addresses(CLIENT, subnets[2], 0)
    tag_subnets(accounts, subnets)


def has_a_full_subnet_in_a_zone(accounts: Accounts, _: str) -> None:
    use_up_addresses(CLIENT, accounts.subnets(CLIENT, accounts.make_tagged_vpc(CLIENT))[0], 0)


def tag_subnets(accounts: Accounts, subnets: list[str]) -> None:
    accounts.client("ec2", CLIENT).create_tags(
        Resources=subnets, Tags=[{"Key": "msklink/orders", "Value": ""}]
    )


def turns_dns_off_at_the_last_moment(accounts: Accounts, _: str) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    off = {"VpcId": vpc_id, "EnableDnsHostnames": {"Value": False}}
    ec2 = accounts.client("ec2", CLIENT)
    accounts.meanwhile("CreateVpcConnection", lambda: ec2.modify_vpc_attribute(**off))


def has_a_connection_that_fails(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(
        faults.fails("CreateVpcConnection", "Broken", "it broke", account=CLIENT)
    )


def has_a_connection_that_never_comes(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.slow("CreateVpcConnection", 1e6, account=CLIENT))


def has_an_account_that_is_closed(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.close_account(CLIENT)


def has_the_parameters_of_another_cluster(accounts: Accounts, _: str) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.client("ssm", CLIENT).put_parameter(
        Name="/msklink/orders/status",
        Value='{"cluster_arn": "another", "state": "refused", "vpcs": {}}',
        Type="String",
    )


TROUBLES = [
    Trouble(Code.SCHEME_NOT_OFFERED, asks_for_a_scheme_that_is_not_offered),
    Trouble(Code.UNKNOWN_SCHEME, asks_for_a_scheme_that_nobody_knows),
    Trouble(Code.SCHEME_MISSING, leaves_the_tag_empty),
    Trouble(Code.CLIENT_STACK_MISSING, has_no_stack, reachable=False),
    Trouble(Code.EXTERNAL_ID_WRONG, has_an_old_external_id, reachable=False),
    Trouble(Code.CLIENT_ROLE_BLOCKED, has_a_policy_against_us, reachable=False),
    Trouble(Code.CLIENT_ROLE_DENIED, has_an_old_stack),
    Trouble(Code.VPC_NOT_FOUND, names_a_vpc_that_is_not_there),
    Trouble(Code.VPC_DNS_OFF, has_no_dns),
    Trouble(Code.SUBNET_MISSING_IN_ZONE, lacks_a_subnet),
    Trouble(Code.SUBNET_CHOICE_INVALID, tags_one_subnet_only),
    Trouble(Code.VPC_SHARED, takes_part_in_a_vpc_of_another),
    Trouble(Code.SUBNET_UNFIT, tags_a_subnet_on_an_outpost),
    Trouble(Code.SUBNET_FULL, names_a_subnet_that_is_full),
    Trouble(Code.SECURITY_GROUP_INVALID, names_a_group_that_is_not_there),
    Trouble(Code.CONNECTION_REFUSED_BY_MSK, turns_dns_off_at_the_last_moment),
    Trouble(Code.CONNECTION_FAILED, has_a_connection_that_fails),
    Trouble(Code.CONNECTION_TIMED_OUT, has_a_connection_that_never_comes),
    Trouble(Code.PRINCIPAL_REJECTED, has_an_account_that_is_closed),
    Trouble(Code.CLUSTER_NAME_TAKEN, has_the_parameters_of_another_cluster),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.code)
def test_one_client_is_refused_and_the_other_is_served(
    accounts: Accounts, engine: Engine, trouble: Trouble
) -> None:
    cluster = accounts.make_cluster(tags=opted_in("iam", f"{CLIENT} {OTHER_CLIENT}"))
    accounts.make_tagged_vpc(OTHER_CLIENT)
    event = trouble.cause(accounts, cluster) or tag_event(cluster)

    [run] = engine.receive(event)

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert codes(accounts) == [("Client Refused", trouble.code)]
    assert recorded(accounts, cluster) == [trouble.code]
    if trouble.reachable:
        assert shown(accounts, CLIENT) == [trouble.code]
        assert accounts.status(CLIENT)["state"] in {"refused", "failed"}
    assert "/msklink/orders/iam/bootstrap.servers" not in accounts.parameters(CLIENT)
    assert accounts.status(OTHER_CLIENT)["state"] == "published"
    assert accounts.status(OWNER)["clients"][OTHER_CLIENT] == "published"
    assert accounts.status(OWNER)["clients"][CLIENT] in {"refused", "failed"}


PLACES = [
    Trouble(Code.VPC_SHARED, takes_part_in_a_vpc_of_another),
    Trouble(Code.SUBNET_UNFIT, tags_a_subnet_on_an_outpost),
    Trouble(Code.SUBNET_FULL, names_a_subnet_that_is_full),
    Trouble(Code.SUBNET_FULL, tags_a_subnet_that_is_full),
    Trouble(Code.SUBNET_MISSING_IN_ZONE, has_a_full_subnet_in_a_zone),
]


@pytest.mark.parametrize("trouble", PLACES, ids=lambda trouble: trouble.cause.__name__)
def test_an_invalid_placement_is_refused_before_any_change(
    accounts: Accounts, engine: Engine, trouble: Trouble
) -> None:
    cluster = accounts.make_cluster(tags=opted_in())
    event = trouble.cause(accounts, cluster) or tag_event(cluster)
    before = accounts.snapshot(cluster)["security groups"]

    [run] = engine.receive(event)

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert shown(accounts, CLIENT) == [trouble.code]
    assert not writes_to_cluster(accounts)
    assert accounts.snapshot(cluster)["security groups"] == before
    assert not accounts.connections(CLIENT)


def test_the_vpc_of_the_cluster_cannot_be_a_client(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=opted_in(client=OWNER))
    [vpc_id] = accounts.vpcs_with_subnets(OWNER)
    accounts.deploy_client(OWNER)
    accounts.tag_vpc(OWNER, vpc_id, "iam")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == [("Client Refused", Code.VPC_OF_CLUSTER)]
    assert recorded(accounts, cluster) == shown(accounts, OWNER) == [Code.VPC_OF_CLUSTER]
    assert not writes_to_cluster(accounts)


def test_a_full_policy_is_not_changed(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=opted_in())
    accounts.make_tagged_vpc(CLIENT)
    foreign = {
        "Effect": "Allow",
        "Principal": {"Service": "firehose.amazonaws.com"},
        "Action": "kafka:CreateVpcConnection",
        "Resource": "*" * (SIZE_LIMIT - 300),
    }
    accounts.put_policy(cluster, foreign)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == [("Client Refused", Code.POLICY_TOO_LARGE)]
    assert recorded(accounts, cluster) == shown(accounts, CLIENT) == [Code.POLICY_TOO_LARGE]
    assert accounts.policy(cluster)["Statement"] == [foreign]
    assert accounts.msk.calls[OWNER, "PutClusterPolicy"] == 1  # by this test


@pytest.mark.parametrize("offered", ["iam scram", "auto"])
def test_an_update_that_failed_is_refused_and_the_next_run_tries_again(
    accounts: Accounts, engine: Engine, offered: str
) -> None:
    cluster = accounts.make_cluster(tags=opted_in(offered))
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.fails("UpdateConnectivity", "Broken", "it broke"))

    assert engine.reconcile(cluster) == "SUCCEEDED"

    code = Code.CONNECTIVITY_UPDATE_FAILED
    assert sorted(codes(accounts)) == [("Client Refused", code), ("Cluster Refused", code)]
    assert recorded(accounts, cluster) == shown(accounts, CLIENT) == [code]
    [vpc] = accounts.status(CLIENT)["vpcs"].values()
    assert "Broken: it broke" in vpc["iam"]["refusal"]["message"]
    assert ":cluster-operation/orders/" in vpc["iam"]["refusal"]["remedy"]
    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    assert (OWNER, "PutClusterPolicy") not in accounts.msk.calls

    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.status(CLIENT)["state"] == "published"


# ------------------------------------------------------------------ malformed tags and requests


def of_nobody(accounts: Accounts) -> dict[str, Any]:
    accounts.make_cluster(tags=opted_in())
    return request(NO_VPC, cluster="gone")


def to_a_cluster_that_is_not_opted_in(accounts: Accounts) -> dict[str, Any]:
    accounts.make_cluster(tags={"msklink/clients": CLIENT})
    return request(NO_VPC)


def from_an_account_that_is_not_listed(accounts: Accounts) -> dict[str, Any]:
    accounts.make_cluster(tags=opted_in())
    return request(NO_VPC, account=OTHER_CLIENT)


def in_words_of_its_own(accounts: Accounts) -> dict[str, Any]:
    accounts.make_cluster(tags=opted_in())
    return request(NO_VPC, please="now")


def for_a_name_that_two_clusters_have(accounts: Accounts) -> dict[str, Any]:
    accounts.make_cluster(tags=opted_in())
    accounts.msk.rename(accounts.make_cluster("orders-2", tags=opted_in()), "orders")
    return request(NO_VPC)


REQUESTS: list[tuple[Code, Callable[[Accounts], dict[str, Any]]]] = [
    (Code.CLUSTER_NOT_FOUND, of_nobody),
    (Code.CLUSTER_AMBIGUOUS, for_a_name_that_two_clusters_have),
    (Code.CLUSTER_NOT_MANAGED, to_a_cluster_that_is_not_opted_in),
    (Code.ACCOUNT_NOT_ALLOWED, from_an_account_that_is_not_listed),
    (Code.MALFORMED_REQUEST, in_words_of_its_own),
]


@pytest.mark.parametrize(("code", "asked"), REQUESTS, ids=[code for code, _ in REQUESTS])
def test_an_invalid_request_starts_nothing(
    accounts: Accounts,
    engine: Engine,
    code: Code,
    asked: Callable[[Accounts], dict[str, Any]],
) -> None:
    event = asked(accounts)

    assert engine.receive(event) == []

    assert codes(accounts) == [("Client Refused", code)]
    assert not writes_to_cluster(accounts)


def test_a_malformed_list_of_accounts_is_reported_to_the_owner(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=opted_in(client=f"{CLIENT} 2222"))
    accounts.make_tagged_vpc(CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == [("Cluster Refused", Code.MALFORMED_ACCOUNT_LIST)]
    [noted] = accounts.items(cluster)["cluster"]["refusals"]
    assert noted["code"] == Code.MALFORMED_ACCOUNT_LIST
    assert accounts.status(CLIENT)["state"] == "published"


def test_an_empty_cluster_tag_is_reported_to_the_owner_and_disconnects_nobody(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=opted_in())
    accounts.make_tagged_vpc(CLIENT)
    engine.reconcile(cluster)
    accounts.take_events()

    accounts.tag_cluster(cluster, msklink="")
    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == [("Cluster Refused", Code.SCHEME_MISSING)]
    [vpc] = accounts.status(CLIENT)["vpcs"].values()
    assert "leaving" not in vpc["iam"]
    assert accounts.is_onboarded(CLIENT)


# ---------------------------------------------------------------------------------- warnings


def with_a_group_that_is_shut(accounts: Accounts) -> str:
    cluster = accounts.make_cluster(tags=opted_in())
    ec2 = accounts.client("ec2", CLIENT)
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    group = ec2.create_security_group(GroupName="shut", Description="-", VpcId=vpc_id)
    ec2.create_tags(Resources=[group["GroupId"]], Tags=[{"Key": "msklink/orders", "Value": ""}])
    return cluster


def with_a_group_that_opens_few_ports(accounts: Accounts) -> str:
    cluster = with_a_group_that_is_shut(accounts)
    ec2 = accounts.client("ec2", CLIENT)
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["shut"]}])
    ports = {"IpProtocol": "tcp", "FromPort": 14001, "ToPort": 14003}
    ec2.authorize_security_group_ingress(
        GroupId=found["SecurityGroups"][0]["GroupId"],
        IpPermissions=[ports | {"IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
    )
    return cluster


DOUBTS: list[tuple[Code, Prepare]] = [
    (Code.KAFKA_VERSION_UNKNOWN, cluster_with(KafkaVersion="four")),
    (Code.BROKERS_EXPRESS, cluster_with(instance_type="express.m7g.large")),
    (Code.NOBODY_LET_IN, with_a_group_that_is_shut),
    (Code.PORTS_PARTLY_OPEN, with_a_group_that_opens_few_ports),
]


@pytest.mark.parametrize(("code", "prepare"), DOUBTS, ids=[code for code, _ in DOUBTS])
def test_a_warning_is_in_the_status_of_a_connected_client(
    accounts: Accounts, engine: Engine, code: Code, prepare: Prepare
) -> None:
    cluster = prepare(accounts)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.status(CLIENT)["state"] == "published"
    assert shown(accounts, CLIENT, "warnings") == [code]
    assert not codes(accounts)


def test_every_refusal_code_has_a_case() -> None:
    tried = {code for code, _ in [*CLUSTERS, *REQUESTS, *DOUBTS]}
    tried |= {trouble.code for trouble in TROUBLES}
    tried |= {  # in tests of their own
        Code.NO_CERTIFICATE_AUTHORITY,
        Code.UNAUTHENTICATED_ACCESS_ON,
        Code.BROKERS_MIXED,
        Code.REFUSED_BY_AWS,
        Code.VPC_OF_CLUSTER,
        Code.POLICY_TOO_LARGE,
        Code.CONNECTIVITY_UPDATE_FAILED,
        Code.MALFORMED_ACCOUNT_LIST,
        Code.VENDOR_IS_CLIENT,
        Code.VENDOR_SCHEME_UNNAMED,
        Code.VENDOR_REMOVED,
        Code.ACCESS_NOT_ALLOWED,
        Code.MALFORMED_ACCESS_BOUNDS,
        Code.ACCOUNT_NOT_ADMITTED,
        Code.NO_LONGER_ASKED,
        Code.OFFBOARDING_REQUESTED,
        Code.CLUSTER_REPLACED,
        Code.DELETION_PROTECTED,
        Code.CLIENT_UNREACHABLE,
        Code.SECURITY_GROUP_IN_USE,
        Code.CONNECTION_REJECTED,
        Code.SCHEME_TURNED_OFF,
        Code.UNKNOWN_CONNECTION,
        Code.ENDPOINT_TAGS_MISSING,
        Code.DRIFT_LEFT,
        Code.DRIFT_CONTESTED,
    }

    assert tried == set(Code)
    elsewhere = {Code.UNAUTHENTICATED_ACCESS_ON, Code.BROKERS_MIXED}
    assert {code for code, _ in DOUBTS} | elsewhere == WARNINGS


# ---------------------------------------------------------------------------- several causes


def test_one_refused_scheme_does_not_stop_the_others(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=opted_in("iam scram tls"))
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam scram tls")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    schemes = accounts.status(CLIENT)["vpcs"][vpc_id]
    assert {name: entry["state"] for name, entry in schemes.items()} == {
        "iam": "published",
        "scram": "published",
        "tls": "refused",
    }
    assert schemes["tls"]["refusal"]["code"] == Code.SCHEME_OFF_ON_CLUSTER


def test_scram_is_never_turned_on_without_the_property_and_iam_is_connected(
    accounts: Accounts, engine: Engine
) -> None:
    sent: list[dict[str, Any]] = []
    accounts.msk.observers.append(
        lambda _caller, operation, params, _result, _error: (
            sent.append(params) if operation == "UpdateConnectivity" else None
        )
    )
    open_to_all = {"Arn": accounts.make_configuration("log.retention.hours=1"), "Revision": 1}
    cluster = accounts.make_cluster(
        tags=opted_in("iam scram", f"{CLIENT} {OTHER_CLIENT}"), ConfigurationInfo=open_to_all
    )
    accounts.make_tagged_vpc(CLIENT, "iam")
    accounts.make_tagged_vpc(OTHER_CLIENT, "scram")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    [update] = sent
    schemes = update["ConnectivityInfo"]["VpcConnectivity"]["ClientAuthentication"]
    assert schemes["Sasl"] == {"Iam": {"Enabled": True}, "Scram": {"Enabled": False}}
    assert accounts.status(CLIENT)["state"] == "published"
    assert shown(accounts, OTHER_CLIENT) == [Code.ACLS_NOT_ENFORCED]
    [statement] = accounts.policy(cluster)["Statement"]
    assert statement["Principal"]["AWS"] == [f"arn:aws:iam::{CLIENT}:root"]
    assert not {call for call in accounts.msk.calls if "Configuration" in call[1]} - {
        (OWNER, "CreateConfiguration"),
        (OWNER, "ListConfigurations"),
        (OWNER, "DescribeConfigurationRevision"),
    }


def test_one_invalid_principal_of_three_is_named_and_two_are_connected(
    accounts: Accounts, engine: Engine
) -> None:
    third = "444444444444"
    cluster = accounts.make_cluster(tags=opted_in(client=f"{CLIENT} {OTHER_CLIENT} {third}"))
    for account in (CLIENT, OTHER_CLIENT, third):
        accounts.make_tagged_vpc(account)
    accounts.msk.close_account(OTHER_CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    [event] = [one for one in accounts.take_events("Client Refused") if "refusal" in one]
    assert (event["account"], event["refusal"]["code"]) == (OTHER_CLIENT, Code.PRINCIPAL_REJECTED)
    assert accounts.status(OWNER)["clients"] == {
        CLIENT: "published",
        OTHER_CLIENT: "refused",
        third: "published",
    }
    [statement] = accounts.policy(cluster)["Statement"]
    assert statement["Principal"]["AWS"] == [f"arn:aws:iam::{one}:root" for one in (CLIENT, third)]
