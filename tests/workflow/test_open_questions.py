"""Unverified behavior of MSK: clients are connected with either assumption."""

import pytest

from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER, invoke
from tests.support.step_functions import Engine, tag_event

NEVER = 1e9
TAGS = {"msklink": "auto", "msklink/clients": CLIENT}


@pytest.mark.parametrize("cannot_list", [True, False])
def test_a_cluster_without_private_connectivity_has_no_connections(
    accounts: Accounts, engine: Engine, *, cannot_list: bool
) -> None:
    accounts.msk.assume(unconnected_cannot_list=cannot_list)
    cluster = accounts.make_cluster(tags=TAGS)

    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert invoke("SweepClustersFunction", {"id": "1"})["runs"] == []

    vpc_id = accounts.make_tagged_vpc(CLIENT)
    engine.receive(tag_event(cluster))
    assert accounts.status(CLIENT)["vpcs"][vpc_id]["iam"]["state"] == "published"
    assert accounts.status(OWNER)["clients"] == {CLIENT: "published"}


def served_in_one_run(accounts: Accounts, engine: Engine, cluster: str) -> None:
    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert accounts.status(CLIENT)["state"] == "published"
    assert accounts.take_events("Client Refused") == []
    assert len(accounts.connections(CLIENT)) == 1


@pytest.mark.parametrize(
    ("question", "seconds"),
    [
        ("policy_delay_seconds", 0),
        ("policy_delay_seconds", 20),
        ("role_delay_seconds", 0),
        ("role_delay_seconds", 60),
    ],
)
def test_a_policy_or_role_that_takes_effect_later_is_waited_for(
    accounts: Accounts, engine: Engine, question: str, seconds: float
) -> None:
    accounts.msk.assume(**{question: seconds})
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.make_tagged_vpc(CLIENT)

    served_in_one_run(accounts, engine, cluster)


def test_a_connection_that_stays_denied_is_refused_after_half_a_minute(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=TAGS | {"msklink/clients": f"{CLIENT} {OTHER_CLIENT}"})
    for account in (CLIENT, OTHER_CLIENT):
        accounts.make_tagged_vpc(account)
    accounts.denied.add((CLIENT, "CreateVpcConnection"))

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    [event] = accounts.take_events("Client Refused")
    assert (event["account"], event["refusal"]["code"]) == (CLIENT, "ClientRoleDenied")
    assert accounts.status(OWNER)["clients"] == {CLIENT: "refused", OTHER_CLIENT: "published"}
    assert engine.states(run).count("OpenConnections") == 3  # at once, after 20 and after 40 s


def test_a_missing_service_linked_role_is_reported_with_the_message_of_msk(
    accounts: Accounts, engine: Engine
) -> None:
    accounts.msk.assume(role_delay_seconds=NEVER)
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.make_tagged_vpc(CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    refusal = accounts.status(CLIENT)["refusal"]
    assert refusal["code"] == "ConnectionRefusedByMsk"
    assert "AWSServiceRoleForKafka" in refusal["message"]


@pytest.mark.parametrize("takes", [False, True])
@pytest.mark.parametrize("state", ["UPDATING", "HEALING", "MAINTENANCE", "REBOOTING_BROKER"])
def test_a_cluster_that_others_update_is_waited_for(
    accounts: Accounts, engine: Engine, state: str, *, takes: bool
) -> None:
    accounts.msk.assume(busy_takes_connections=takes)
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.make_tagged_vpc(CLIENT)

    def change() -> None:
        accounts.msk.force_state(cluster, state)
        for _ in range(3):  # the handler's own look, and two of the next round
            accounts.meanwhile("DescribeClusterV2", lambda: None)
        accounts.meanwhile("DescribeClusterV2", lambda: accounts.msk.force_state(cluster, "ACTIVE"))

    accounts.meanwhile("CreateVpcConnection", change)

    served_in_one_run(accounts, engine, cluster)
