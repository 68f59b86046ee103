import json
from collections.abc import Callable

import pytest

from msklink.client_role import ClientAccount, read_only
from tests.support.permission_check import CLIENT_ROLE, granted
from tests.unit.factories import ARN, CLIENT

ACCOUNT = ClientAccount.beside(ARN, CLIENT, "msklink")
LONGEST_NAME = "o" * 64
SCOPES = [
    ACCOUNT.surveying,
    ACCOUNT.connecting,
    ACCOUNT.publishing,
    ACCOUNT.disconnecting,
]

each_scope = pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.__name__)
Scope = Callable[[str], str]


def actions(policy: str) -> set[str]:
    return {action for one in json.loads(policy)["Statement"] for action in one["Action"]}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_its_roles_are_in_the_partition_and_region_of_the_cluster(partition: str) -> None:
    account = ClientAccount.beside(ARN.replace("arn:aws:", f"arn:{partition}:"), CLIENT, "msklink")

    assert account.role == f"arn:{partition}:iam::{CLIENT}:role/msklink-client-eu-west-1"
    assert account.presence_role == f"arn:{partition}:iam::{CLIENT}:role/msklink-presence-eu-west-1"


@each_scope
def test_a_scope_fits_into_a_session(scope: Scope) -> None:
    """2,048 characters (STS API reference, AssumeRole)."""
    assert len(scope(LONGEST_NAME)) <= 2048


@each_scope
def test_a_scope_allows_no_more_than_the_role(scope: Scope) -> None:
    assert actions(scope("orders")) <= granted(CLIENT_ROLE)


def test_the_scopes_together_cover_the_role() -> None:
    scopes = [*(scope("orders") for scope in SCOPES), ACCOUNT.scanning()]

    assert granted(CLIENT_ROLE) <= {action for scope in scopes for action in actions(scope)}


@each_scope
def test_a_dry_run_has_the_reads_of_a_scope_only(scope: Scope) -> None:
    whole = scope("orders")

    kept = actions(read_only(whole))

    assert kept == {
        one
        for one in actions(whole)
        if one.partition(":")[2].startswith(("Describe", "Get", "List"))
    }
    assert kept


@each_scope
def test_permissions_are_limited_to_the_cluster_where_possible(scope: Scope) -> None:
    for statement in json.loads(scope("orders"))["Statement"]:
        services = {action.partition(":")[0] for action in statement["Action"]}
        if services == {"ssm"}:
            assert all("parameter/msklink/orders" in one for one in statement["Resource"])
        elif services == {"kafka"}:
            assert all("/orders/" in one for one in statement["Resource"])
        elif services == {"lambda"}:
            assert statement["Resource"] == [
                f"arn:aws:lambda:eu-west-1:{CLIENT}:function:msklink-probe"
            ]
