"""An error of one client or cluster is a refusal or a clear error; the others continue."""

from typing import Any

import pytest

from localcloud.msk import faults
from msklink.aws import cluster_item
from tests.support import functions
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.functions import OWNER
from tests.support.step_functions import Engine, tag_event

BOTH = {"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}


def codes(accounts: Accounts, what: str = "Client Refused") -> list[str]:
    return [event["refusal"]["code"] for event in accounts.take_events(what)]


def break_function(
    monkeypatch: pytest.MonkeyPatch, module: str, account: str, error: Exception
) -> None:
    """Make the function fail unexpectedly for one account."""
    function = functions.load(module)
    handler = function.handler

    def broken(event: dict[str, Any], context: Any) -> Any:
        if event.get("account") == account:
            raise error
        return handler(event, context)

    monkeypatch.setattr(function, "handler", broken)


# ---------------------------------------------------------------------- refusals of one client


def without_dns(accounts: Accounts) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.client("ec2", CLIENT).modify_vpc_attribute(
        VpcId=vpc_id, EnableDnsHostnames={"Value": False}
    )


def without_a_subnet(accounts: Accounts) -> None:
    accounts.deploy_client(CLIENT)
    vpc_id = accounts.make_network(CLIENT, zones=("a", "b"))
    accounts.tag_vpc(CLIENT, vpc_id, "iam")


def without_a_role(accounts: Accounts) -> None:
    accounts.tag_vpc(CLIENT, accounts.make_network(CLIENT), "iam")


def with_a_name_taken(accounts: Accounts) -> None:
    accounts.make_tagged_vpc(CLIENT)
    accounts.client("ssm", CLIENT).put_parameter(
        Name="/msklink/orders/status", Value='{"cluster_arn": "another"}', Type="String"
    )


def with_an_unknown_scheme(accounts: Accounts) -> None:
    accounts.make_tagged_vpc(CLIENT, "imam")


def with_a_scheme_that_is_not_offered(accounts: Accounts) -> None:
    accounts.make_tagged_vpc(CLIENT, "tls")


def with_a_wrong_subnet(accounts: Accounts) -> None:
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.client("ec2", CLIENT).create_tags(
        Resources=accounts.subnets(CLIENT, vpc_id)[:1],
        Tags=[{"Key": "msklink/orders", "Value": ""}],
    )


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (without_dns, "VpcDnsOff"),
        (without_a_subnet, "SubnetMissingInZone"),
        (without_a_role, "ClientStackMissing"),
        (with_a_name_taken, "ClusterNameTaken"),
        (with_an_unknown_scheme, "UnknownScheme"),
        (with_a_scheme_that_is_not_offered, "SchemeNotOffered"),
        (with_a_wrong_subnet, "SubnetChoiceInvalid"),
    ],
)
def test_one_client_is_refused_once_and_the_other_is_connected(
    accounts: Accounts, engine: Engine, trouble: Any, code: str
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    trouble(accounts)
    accounts.make_tagged_vpc(OTHER_CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == [code]
    assert accounts.is_onboarded(OTHER_CLIENT)
    assert not accounts.is_onboarded(CLIENT)
    assert accounts.status(OWNER)["clients"] == {CLIENT: "refused", OTHER_CLIENT: "published"}
    [statement] = accounts.policy(cluster)["Statement"]
    assert statement["Principal"]["AWS"] == [f"arn:aws:iam::{OTHER_CLIENT}:root"]
    before = accounts.snapshot(cluster)
    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.snapshot(cluster) == before
    assert not codes(accounts)


def test_a_client_that_corrects_its_vpc_is_connected_by_the_next_run(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    vpc_id = accounts.make_tagged_vpc(CLIENT, "imam")
    engine.reconcile(cluster)
    accounts.take_events()

    accounts.tag_vpc(CLIENT, vpc_id, "iam")
    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.is_onboarded(CLIENT)
    assert accounts.status(CLIENT)["state"] == "published"
    assert not codes(accounts)


def test_an_account_that_is_not_on_the_list_gets_nothing(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags={"msklink": "iam", "msklink/clients": CLIENT})
    accounts.make_tagged_vpc(CLIENT)
    accounts.make_tagged_vpc(OTHER_CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.is_onboarded(CLIENT)
    assert not accounts.parameters(OTHER_CLIENT)
    assert not accounts.connections(OTHER_CLIENT)
    assert accounts.msk.calls[OTHER_CLIENT, "ListVpcConnections"] == 1  # by this test


# ---------------------------------------------------------------------------- refusals of the owner


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"msklink": "iam imam"}, "UnknownScheme"),
        ({"msklink": "iam tls"}, "SchemeOffOnCluster"),
        ({"msklink/clients": f"{CLIENT} 2222"}, "MalformedAccountList"),
    ],
)
def test_a_malformed_word_in_the_cluster_tags_is_reported_and_the_others_are_used(
    accounts: Accounts, engine: Engine, tags: dict[str, str], code: str
) -> None:
    cluster = accounts.make_cluster(tags=BOTH | tags)
    accounts.make_tagged_vpc(CLIENT)

    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts, "Cluster Refused") == [code]
    assert accounts.is_onboarded(CLIENT)


def test_a_missing_cluster_ends_the_run(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=BOTH).replace("orders", "gone")

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts, "Cluster Refused") == ["ClusterNotFound"]
    assert cluster_item.read_cluster(cluster).holder is None


@pytest.mark.parametrize("state", ["FAILED", "DELETING"])
def test_an_unusable_cluster_is_reported_to_owner_and_clients(
    accounts: Accounts, engine: Engine, state: str
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.force_state(cluster, state)

    [run] = engine.receive(tag_event(cluster))

    assert engine.describe(run)["status"] == "SUCCEEDED"
    assert "GrantAccess" not in engine.states(run)
    status = accounts.status(CLIENT)
    [schemes] = status["vpcs"].values()
    assert schemes["iam"]["refusal"]["code"] == "ClusterUnusable"
    assert "ClusterUnusable" in codes(accounts, "Cluster Refused")


# -------------------------------------------------------------------------- unexpected failures


@pytest.mark.parametrize("step", ["survey_client", "connect_client", "publish_to_account"])
def test_a_failure_for_one_client_is_recorded_and_the_other_is_connected(
    accounts: Accounts, engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.make_tagged_vpc(OTHER_CLIENT)

    with monkeypatch.context() as patch:
        break_function(patch, step, CLIENT, KeyError("a bug"))
        assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.is_onboarded(OTHER_CLIENT)
    assert not accounts.is_onboarded(CLIENT)
    assert accounts.items(cluster)[f"client#{CLIENT}##"]["failure"].endswith("failed with KeyError")

    assert engine.reconcile(cluster) == "SUCCEEDED"
    assert accounts.is_onboarded(CLIENT)
    assert accounts.status(CLIENT)["state"] == "published"


@pytest.mark.parametrize(
    "operation",
    ["DescribeClusterV2", "UpdateConnectivity", "PutClusterPolicy", "ListClientVpcConnections"],
)
def test_a_throttled_call_to_msk_is_retried(
    accounts: Accounts, engine: Engine, operation: str
) -> None:
    """The state machine retries more often than botocore."""
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.throttled(operation, times=8))

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.is_onboarded(CLIENT)


@pytest.mark.parametrize("operation", ["UpdateConnectivity", "PutClusterPolicy"])
def test_a_lost_race_is_retried(accounts: Accounts, engine: Engine, operation: str) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.put_policy(
        cluster,
        {
            "Sid": "Firehose",
            "Effect": "Allow",
            "Principal": {"Service": "firehose.amazonaws.com"},
            "Action": "kafka:CreateVpcConnection",
            "Resource": "*",
        },
    )
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.stale(operation))

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.is_onboarded(CLIENT)
    assert len(accounts.policy(cluster)["Statement"]) == 2


@pytest.mark.parametrize(
    "operation", ["UpdateConnectivity", "PutClusterPolicy", "CreateVpcConnection"]
)
def test_a_lost_response_repeats_no_effect(
    accounts: Accounts, engine: Engine, operation: str
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.error(operation, when="after"))

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert accounts.is_onboarded(CLIENT)
    assert len(accounts.connections(CLIENT)) == 1


def test_retries_end(accounts: Accounts, engine: Engine) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.msk.faults.add(faults.throttled("PutClusterPolicy", times=None))

    [run] = engine.receive(tag_event(cluster))

    ended = engine.describe(run)
    assert (ended["status"], ended["error"]) == ("FAILED", "TransientError")
    assert accounts.msk.calls[OWNER, "PutClusterPolicy"] < 50


# --------------------------------------------------------------------------------------- waits


def test_waiting_for_a_cluster_ends(
    accounts: Accounts, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msklink.cluster.update_window.limit_seconds", lambda *_: 1800)
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.msk.force_state(cluster, "HEALING")
    start = accounts.clock.now()

    [run] = engine.receive(tag_event(cluster))

    ended = engine.describe(run)
    assert (ended["status"], ended["error"]) == ("FAILED", "ClusterWaitTimedOut")
    assert 1800 <= (accounts.clock.now() - start).total_seconds() < 2000


def test_a_connection_that_is_never_available_is_refused_and_the_other_is_published(
    accounts: Accounts, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msklink.connections.lifecycle.WAIT_LIMIT_SECONDS", 300)
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.make_tagged_vpc(OTHER_CLIENT)
    accounts.msk.faults.add(faults.slow("CreateVpcConnection", 1e6, account=CLIENT))

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == ["ConnectionTimedOut"]
    assert accounts.is_onboarded(OTHER_CLIENT)
    assert not accounts.is_onboarded(CLIENT)


def test_a_connection_that_failed_is_refused_and_the_other_is_published(
    accounts: Accounts, engine: Engine
) -> None:
    cluster = accounts.make_cluster(tags=BOTH)
    accounts.make_tagged_vpc(CLIENT)
    accounts.make_tagged_vpc(OTHER_CLIENT)
    accounts.msk.faults.add(
        faults.Fault("CreateVpcConnection", account=CLIENT, failure=("Broken", "it broke"))
    )

    assert engine.reconcile(cluster) == "SUCCEEDED"

    assert codes(accounts) == ["ConnectionFailed"]
    assert accounts.is_onboarded(OTHER_CLIENT)
