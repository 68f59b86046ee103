"""Tags and requests that are malformed or not allowed."""

from collections.abc import Callable
from typing import Any

import pytest

from msklink.refusals import Code
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.step_functions import Engine
from tests.workflow.refusal_builders import (
    NO_VPC,
    codes,
    opted_in,
    request,
    writes_to_cluster,
)


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
