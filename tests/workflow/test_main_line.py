"""From tags to brokers in Parameter Store, on the real state machine."""

from typing import Any

import pytest

from localcloud.msk import Durations
from localcloud.msk.clock import AS_ON_AWS
from tests.support.aws import ALL_SCHEMES_ON, CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.onboarded_client import FIREHOSE
from tests.support.step_functions import Engine, tag_event

FOREIGN = FIREHOSE | {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}
"""A statement of others."""


def clients(*accounts: str, schemes: str = "iam scram") -> dict[str, str]:
    return {"msklink": schemes, "msklink/clients": " ".join(accounts)}


def private_schemes(accounts: Accounts, cluster: str) -> dict[str, Any]:
    info = accounts.client("kafka").describe_cluster_v2(ClusterArn=cluster)["ClusterInfo"]
    nodes = info["Provisioned"]["BrokerNodeGroupInfo"]
    on: dict[str, Any] = nodes["ConnectivityInfo"]["VpcConnectivity"]["ClientAuthentication"]
    return {
        "iam": on["Sasl"]["Iam"]["Enabled"],
        "scram": on["Sasl"]["Scram"]["Enabled"],
        "tls": on["Tls"]["Enabled"],
    }


@pytest.mark.parametrize("durations", [AS_ON_AWS])
def test_a_tagged_vpc_finds_its_brokers_in_its_own_account(
    accounts: Accounts, engine: Engine, durations: Durations
) -> None:
    cluster = accounts.make_cluster(tags=clients(CLIENT))
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")
    start = accounts.clock.now()

    assert engine.reconcile(cluster) == "SUCCEEDED"

    published = accounts.parameters(CLIENT, "/msklink/orders/iam")
    assert published["/msklink/orders/iam/bootstrap.servers"].startswith("b-1.iam.orders.")
    assert published["/msklink/orders/iam/security.protocol"] == "SASL_SSL"
    assert accounts.status(CLIENT)["state"] == "published"
    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["state"] == "published"
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published"}
    took = (accounts.clock.now() - start).total_seconds()
    of_aws = durations.update_connectivity + durations.create_connection
    assert took <= of_aws + 60  # a look at the cluster every 30 s, at connections every 20 s


@pytest.mark.parametrize("scheme", ["iam", "scram", "tls"])
def test_each_scheme_can_be_requested(accounts: Accounts, engine: Engine, scheme: str) -> None:
    cluster = accounts.make_cluster(
        tags=clients(CLIENT, schemes="auto"), ClientAuthentication=ALL_SCHEMES_ON
    )
    accounts.make_tagged_vpc(CLIENT, scheme)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert f"/msklink/orders/{scheme}/bootstrap.servers" in accounts.parameters(CLIENT)
    assert [one["Authentication"] for one in accounts.connections(CLIENT)] == [
        {"iam": "SASL_IAM", "scram": "SASL_SCRAM", "tls": "TLS"}[scheme]
    ]
    on = private_schemes(accounts, cluster)
    assert on == {name: name == scheme for name in on}


def test_many_clients_and_vpcs_need_one_reboot(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(
        tags=clients(CLIENT, OTHER_CLIENT, schemes="auto"), ClientAuthentication=ALL_SCHEMES_ON
    )
    accounts.put_policy(cluster, FOREIGN)
    accounts.make_tagged_vpc(CLIENT, "iam tls")
    accounts.make_tagged_vpc(CLIENT, "auto")
    accounts.make_tagged_vpc(OTHER_CLIENT, "scram")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 1
    assert private_schemes(accounts, cluster) == {"iam": True, "scram": True, "tls": True}
    assert (len(accounts.connections(CLIENT)), len(accounts.connections(OTHER_CLIENT))) == (5, 1)
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published", OTHER_CLIENT: "published"}
    foreign, ours = accounts.policy(cluster)["Statement"]
    assert foreign == FOREIGN
    assert ours["Sid"] == "MsklinkClients"
    assert len(ours["Principal"]["AWS"]) == 2
    assert len(accounts.take_events("Client Onboarded")) == 6


def test_every_call_sends_all_three_flags(accounts: Accounts, engine: Engine) -> None:
    sent: list[dict[str, Any]] = []
    accounts.msk.observers.append(
        lambda _caller, operation, params, _result, _error: (
            sent.append(params) if operation == "UpdateConnectivity" else None
        )
    )
    cluster = accounts.make_cluster(tags=clients(CLIENT))
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")

    engine.reconcile(cluster)
    accounts.tag_vpc(CLIENT, vpc_id, "scram")
    engine.reconcile(cluster)

    for params, scram in zip(sent, (False, True), strict=True):
        assert [*params["ConnectivityInfo"]] == ["VpcConnectivity"]
        assert params["ConnectivityInfo"]["VpcConnectivity"]["ClientAuthentication"] == {
            "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": scram}},
            "Tls": {"Enabled": False},
        }


def test_a_scheme_that_is_added_later_does_not_change_the_others(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=clients(CLIENT))
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam")
    engine.reconcile(cluster)
    [before] = accounts.connections(CLIENT)

    accounts.tag_vpc(CLIENT, vpc_id, "iam scram")
    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.msk.calls[OWNER, "UpdateConnectivity"] == 2
    after = {one["VpcConnectionArn"]: one["State"] for one in accounts.connections(CLIENT)}
    assert len(after) == 2
    assert after[before["VpcConnectionArn"]] == "AVAILABLE"


def test_a_second_run_changes_nothing(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=clients(CLIENT, OTHER_CLIENT))
    accounts.put_policy(cluster, FOREIGN)
    accounts.make_tagged_vpc(CLIENT, "iam scram")
    accounts.make_tagged_vpc(CLIENT, "iam tls")  # tls is refused
    accounts.make_tagged_vpc(OTHER_CLIENT, "iam")
    engine.reconcile(cluster)
    before = accounts.snapshot(cluster)
    accounts.take_events()

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.snapshot(cluster) == before
    assert not accounts.take_events()


def test_connections_are_polled_with_one_call(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=clients(CLIENT, OTHER_CLIENT))
    for account in (CLIENT, CLIENT, OTHER_CLIENT):
        accounts.make_tagged_vpc(account, "iam")

    [run] = engine.receive(tag_event(cluster))

    looks = engine.states(run).count("InspectConnections")
    assert looks > 1
    assert accounts.msk.calls[OWNER, "ListClientVpcConnections"] == looks
    assert (CLIENT, "DescribeVpcConnection") not in accounts.msk.calls


def test_one_client_goes_through_the_states_in_order(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=clients(CLIENT))
    accounts.make_tagged_vpc(CLIENT, "iam")

    [run] = engine.receive(tag_event(cluster))

    once = [*dict.fromkeys(engine.states(run))]
    assert once == [
        "PrepareRun",
        "InspectCluster",
        "ChooseMove",
        "SurveyClients",
        "SurveyClient",
        "ChoosePlan",
        "HoldChanges",
        "ChooseWork",
        "EnableConnectivity",
        "ChooseAccess",
        "WaitForCluster",
        "GrantAccess",
        "ChooseTopics",
        "ChooseUsers",
        "OpenConnections",
        "ConnectClient",
        "InspectConnections",
        "ChooseConnections",
        "WaitForConnections",
        "PublishEndpoints",
        "PublishToAccount",
        "CloseConnections",
        "RevokeAccess",
        "ChooseClosing",
        "PublishSummary",
        "Conclude",
        "ChooseEnd",
        "Finish",
    ]


def test_a_request_by_event_works_like_a_tag(accounts: Accounts, engine: Engine) -> None:
    accounts.make_cluster(tags=clients(CLIENT))
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(CLIENT)
    request = {
        "id": "1",
        "detail-type": "Client Onboarding Requested",
        "account": CLIENT,
        "detail": {"cluster": "orders", "vpc_id": vpc_id, "schemes": ["scram"]},
    }

    [run] = engine.receive(request)

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert "/msklink/orders/scram/bootstrap.servers" in accounts.parameters(CLIENT)


def test_two_clusters_serve_one_vpc(accounts: Accounts, engine: Engine) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT, "iam", cluster="orders")
    accounts.tag_vpc(CLIENT, vpc_id, "iam", cluster="sales")

    for name in ("orders", "sales"):
        engine.reconcile(accounts.make_cluster(name, tags=clients(CLIENT)))

    for name in ("orders", "sales"):
        path = f"/msklink/{name}/iam"
        brokers = accounts.parameters(CLIENT, path)[f"{path}/bootstrap.servers"]
        assert f".{name}." in brokers


def test_a_vpc_in_the_owner_account_can_be_a_client(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=clients(OWNER))
    accounts.make_tagged_vpc(OWNER, "iam tls")  # tls is refused

    assert engine.reconcile(cluster) == "SUCCEEDED"
    before = accounts.snapshot(cluster)
    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.status(OWNER)["clients"] == {OWNER: "refused"}
    [schemes] = accounts.status(OWNER)["vpcs"].values()
    assert schemes["tls"]["refusal"]["code"] == "SchemeNotOffered"
    assert "/msklink/orders/iam/bootstrap.servers" in accounts.parameters(OWNER)
    assert accounts.snapshot(cluster) == before
    assert accounts.msk.calls[OWNER, "PutClusterPolicy"] == 0  # its own account needs no policy
