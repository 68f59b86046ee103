import json
from typing import Any
from unittest import mock

from localcloud.msk import faults
from msklink.policy.document import SIZE_LIMIT, as_list
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER, invoke
from tests.support.onboarded_client import FIREHOSE
from tests.support.steps import Steps, error_of

MORE = (OTHER_CLIENT, "444444444444")


def sids(accounts: Accounts, steps: Steps) -> list[str]:
    return [statement["Sid"] for statement in accounts.policy(steps.cluster_arn)["Statement"]]


def test_a_client_with_a_planned_connection_is_admitted(
    surveyed: Steps, accounts: Accounts
) -> None:
    assert surveyed.grant()["accounts"] == [CLIENT]

    [statement] = accounts.policy(surveyed.cluster_arn)["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{CLIENT}:root"]}
    assert statement["Resource"] == surveyed.cluster_arn


def test_a_second_grant_writes_nothing(surveyed: Steps, accounts: Accounts) -> None:
    surveyed.grant()
    before = accounts.snapshot(surveyed.cluster_arn)

    surveyed.grant()

    assert accounts.snapshot(surveyed.cluster_arn) == before


def test_a_client_without_a_planned_connection_is_not_admitted(
    surveyed: Steps, accounts: Accounts
) -> None:
    surveyed.surveys = [{"account": CLIENT, "schemes": []}]

    assert surveyed.grant()["accounts"] == []
    assert (OWNER, "PutClusterPolicy") not in accounts.msk.calls


def test_the_statements_of_others_survive(surveyed: Steps, accounts: Accounts) -> None:
    accounts.put_policy(surveyed.cluster_arn, FIREHOSE)

    surveyed.grant()
    surveyed.surveys.append({"account": OTHER_CLIENT, "schemes": ["iam"]})
    surveyed.grant()

    first, ours = accounts.policy(surveyed.cluster_arn)["Statement"]
    assert first == FIREHOSE
    assert len(ours["Principal"]["AWS"]) == 2


def test_a_stale_policy_version_is_a_lost_race(surveyed: Steps, accounts: Accounts) -> None:
    accounts.put_policy(surveyed.cluster_arn, FIREHOSE)
    accounts.msk.faults.add(faults.stale("PutClusterPolicy"))

    assert error_of(surveyed.grant) == "LostRace"
    surveyed.grant()
    assert sids(accounts, surveyed) == ["Firehose", "MsklinkClients"]


def test_a_policy_that_appeared_meanwhile_is_a_lost_race(
    surveyed: Steps, accounts: Accounts
) -> None:
    def write() -> None:
        accounts.put_policy(surveyed.cluster_arn, FIREHOSE)

    accounts.meanwhile("PutClusterPolicy", write)

    assert error_of(surveyed.grant) == "LostRace"
    assert sids(accounts, surveyed) == ["Firehose"]


def test_a_lost_response_is_detected(surveyed: Steps, accounts: Accounts) -> None:
    """botocore retries with a version that is no longer current."""
    accounts.msk.faults.add(faults.error("PutClusterPolicy", when="after"))

    assert error_of(surveyed.grant) == "LostRace"
    surveyed.grant()
    assert sids(accounts, surveyed) == ["MsklinkClients"]


def admitted(accounts: Accounts, steps: Steps) -> list[str]:
    [ours] = [
        statement
        for statement in accounts.policy(steps.cluster_arn)["Statement"]
        if statement["Sid"] == "MsklinkClients"
    ]
    return [name.split(":")[4] for name in ours["Principal"]["AWS"]]


def refused(accounts: Accounts) -> dict[str, str]:
    """Return the refusal codes in client events, by account."""
    return {
        event["account"]: event["refusal"]["code"]
        for event in accounts.take_events("Client Refused")
    }


def fill_up(accounts: Accounts, cluster_arn: str, room: int) -> None:
    """Write a policy of others that leaves *room* characters."""

    def size(last: int) -> int:
        return len(json.dumps(policy(last), separators=(",", ":")))

    def policy(last: int) -> dict[str, Any]:
        large = [FIREHOSE | {"Sid": f"Large{n}", "Resource": ["*" * 900]} for n in range(18)]
        return {"Version": "2012-10-17", "Statement": [*large, FIREHOSE | {"Resource": "*" * last}]}

    accounts.put_policy(cluster_arn, *policy(1 + SIZE_LIMIT - room - size(1))["Statement"])


def test_a_policy_that_would_be_too_large_is_not_sent_and_is_reported(
    surveyed: Steps, accounts: Accounts
) -> None:
    fill_up(accounts, surveyed.cluster_arn, room=100)
    before = accounts.policy(surveyed.cluster_arn)
    writes = accounts.writes()

    assert surveyed.grant()["accounts"] == []

    assert accounts.policy(surveyed.cluster_arn) == before
    assert accounts.writes() == writes
    assert refused(accounts) == {CLIENT: "PolicyTooLarge"}
    record = accounts.items(surveyed.cluster_arn)[f"client#{CLIENT}##"]
    assert (record["state"], record["refusal"]["code"]) == ("refused", "PolicyTooLarge")


def test_clients_that_fit_into_the_policy_are_admitted(surveyed: Steps, accounts: Accounts) -> None:
    surveyed.grant()
    room_for_one = len(json.dumps(f"arn:aws:iam::{CLIENT}:root")) + 5
    [ours] = accounts.policy(surveyed.cluster_arn)["Statement"]
    accounts.client("kafka").delete_cluster_policy(ClusterArn=surveyed.cluster_arn)
    needed = len(json.dumps(ours, separators=(",", ":"))) + 1
    fill_up(accounts, surveyed.cluster_arn, room=needed + room_for_one)
    surveyed.surveys = [{"account": one, "schemes": ["iam"]} for one in (CLIENT, *MORE)]

    assert surveyed.grant()["accounts"] == [CLIENT, MORE[0]]

    assert admitted(accounts, surveyed) == [CLIENT, MORE[0]]
    assert refused(accounts) == {MORE[1]: "PolicyTooLarge"}


def test_one_closed_account_among_three_is_named_and_the_others_are_admitted(
    surveyed: Steps, accounts: Accounts
) -> None:
    accounts.msk.close_account(MORE[0])
    surveyed.surveys = [{"account": one, "schemes": ["iam"]} for one in (CLIENT, *MORE)]

    assert surveyed.grant()["accounts"] == [CLIENT, MORE[1]]

    assert admitted(accounts, surveyed) == [CLIENT, MORE[1]]
    assert refused(accounts) == {MORE[0]: "PrincipalRejected"}
    assert surveyed.grant()["accounts"] == [CLIENT, MORE[1]]
    assert not accounts.take_events()


def test_a_deleted_role_in_the_statement_of_another_is_named(
    surveyed: Steps, accounts: Accounts
) -> None:
    role = "arn:aws:iam::444444444444:role/app"
    accounts.put_policy(surveyed.cluster_arn, FIREHOSE | {"Principal": {"AWS": role}})
    accounts.msk.forget_role(role)

    assert surveyed.grant()["accounts"] == []

    [event] = accounts.take_events("Client Refused")
    assert event["refusal"]["code"] == "PrincipalRejected"
    assert "AROA" in event["refusal"]["remedy"]


def ask_for(accounts: Accounts, steps: Steps, account: str, access: dict[str, Any]) -> None:
    """Record a request by event with *access* to topics and groups."""
    event = {
        "id": "1",
        "detail-type": "Client Onboarding Requested",
        "account": account,
        "detail": {
            "cluster": steps.cluster_arn,
            "vpc_id": "vpc-0123456789abcdef0",
            "schemes": ["iam"],
            "access": access,
        },
    }
    accounts.tag_cluster(steps.cluster_arn, msklink__clients=f"{CLIENT} {MORE[0]}")
    accounts.allow("default", {"names": ["*"], "actions": ["produce", "consume"]})
    with mock.patch("msklink.aws.step_functions.start", return_value=True):
        invoke("ReceiveEventFunction", event)


def test_requested_access_becomes_statements_about_topics_and_groups(
    surveyed: Steps, accounts: Accounts
) -> None:
    access = {"produce": ["paid"], "consume": ["sent-*"], "groups": ["billing"]}
    ask_for(accounts, surveyed, CLIENT, access)
    accounts.put_policy(surveyed.cluster_arn, FIREHOSE)

    surveyed.grant()

    foreign, ours, *data = accounts.policy(surveyed.cluster_arn)["Statement"]
    assert (foreign, ours["Sid"]) == (FIREHOSE, "MsklinkClients")
    path = surveyed.cluster_arn.partition(":cluster/")[2]
    root = {"AWS": [f"arn:aws:iam::{CLIENT}:root"]}
    assert all(statement["Principal"] == root for statement in data)
    granted = {
        (action, resource.partition("123456789012:")[2])
        for statement in data
        for action in statement["Action"]
        for resource in as_list(statement["Resource"])
    }
    assert granted == {
        ("kafka-cluster:Connect", f"cluster/{path}"),
        ("kafka-cluster:DescribeCluster", f"cluster/{path}"),
        ("kafka-cluster:WriteDataIdempotently", f"cluster/{path}"),
        ("kafka-cluster:DescribeTopic", f"topic/{path}/paid"),
        ("kafka-cluster:WriteData", f"topic/{path}/paid"),
        ("kafka-cluster:DescribeTopic", f"topic/{path}/sent-*"),
        ("kafka-cluster:ReadData", f"topic/{path}/sent-*"),
        ("kafka-cluster:AlterGroup", f"group/{path}/billing"),
        ("kafka-cluster:DescribeGroup", f"group/{path}/billing"),
    }


def test_accounts_with_equal_access_share_statements(surveyed: Steps, accounts: Accounts) -> None:
    for account in (CLIENT, MORE[0]):
        ask_for(accounts, surveyed, account, {"consume": ["sent"], "groups": ["billing"]})
    surveyed.surveys = [{"account": one, "schemes": ["iam"]} for one in (CLIENT, MORE[0])]

    surveyed.grant()
    writes = accounts.writes()
    surveyed.grant()

    assert accounts.writes() == writes
    assert sids(accounts, surveyed) == [
        "MsklinkClients",
        "MsklinkClientsData1",
        "MsklinkClientsData2",
        "MsklinkClientsData3",
    ]
    for statement in accounts.policy(surveyed.cluster_arn)["Statement"]:
        assert len(statement["Principal"]["AWS"]) == 2


def test_withdrawn_access_is_removed_from_the_policy(surveyed: Steps, accounts: Accounts) -> None:
    ask_for(accounts, surveyed, CLIENT, {"produce": ["paid"]})
    surveyed.grant()

    ask_for(accounts, surveyed, CLIENT, {})
    surveyed.grant()

    assert sids(accounts, surveyed) == ["MsklinkClients"]


def test_an_account_that_is_not_admitted_has_no_access(surveyed: Steps, accounts: Accounts) -> None:
    ask_for(accounts, surveyed, MORE[0], {"produce": ["paid"]})

    surveyed.grant()

    assert sids(accounts, surveyed) == ["MsklinkClients"]


def test_reduced_bounds_apply_if_no_account_is_to_be_admitted(
    surveyed: Steps, accounts: Accounts
) -> None:
    ask_for(accounts, surveyed, CLIENT, {"produce": ["paid"]})
    surveyed.grant()
    accounts.allow("default", {"names": [], "actions": []})
    surveyed.surveys = [{"account": CLIENT, "schemes": []}]

    surveyed.grant()

    assert sids(accounts, surveyed) == ["MsklinkClients"]


def test_a_throttled_write_has_the_name_that_is_retried(
    surveyed: Steps, accounts: Accounts
) -> None:
    accounts.msk.faults.add(faults.throttled("PutClusterPolicy", times=None))

    assert error_of(surveyed.grant) == "TransientError"
