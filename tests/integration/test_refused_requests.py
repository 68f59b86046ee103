"""What a client reads in its own account of a request that no run has seen."""

from typing import Any

import pytest

from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.client_events import receive, refusal_codes, request


@pytest.mark.parametrize(
    ("account", "changes", "code"),
    [
        (OTHER_CLIENT, {}, "AccountNotAllowed"),
        (CLIENT, {"please": "now"}, "MalformedRequest"),
        (CLIENT, {"schemes": []}, "MalformedRequest"),
    ],
)
@pytest.mark.usefixtures("cluster")
def test_a_client_reads_in_its_own_account_why_its_request_is_refused(
    accounts: Accounts, account: str, changes: dict[str, Any], code: str
) -> None:
    accounts.deploy_client(account)

    receive(request(account=account, **changes))
    receive(request(account=account, **changes))

    assert accounts.status(account)["state"] == "refused"
    assert accounts.status(account)["refusal"]["code"] == code
    assert accounts.versions(account) == {"/msklink/orders/status": 1}


def test_the_name_of_a_cluster_that_is_not_there_is_told_below_that_name(
    accounts: Accounts,
) -> None:
    accounts.deploy_client(CLIENT)

    receive(request(cluster="ordres"))

    [(name, value)] = accounts.parameters(CLIENT, "/msklink").items()
    assert name == "/msklink/ordres/status"
    assert "ClusterNotFound" in value


@pytest.mark.usefixtures("cluster", "executions")
def test_a_refusal_leaves_the_rest_of_the_status_as_it_is(accounts: Accounts) -> None:
    accounts.deploy_client(CLIENT)
    accounts.client("ssm", CLIENT).put_parameter(
        Name="/msklink/orders/status",
        Value='{"cluster_arn":"arn","state":"published","vpcs":{},"updated":"then"}',
        Type="String",
    )

    receive(request(please="now"))

    status = accounts.status(CLIENT)
    assert (status["state"], status["cluster_arn"]) == ("published", "arn")
    assert status["refusal"]["code"] == "MalformedRequest"


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    "code", ["ParameterAlreadyExists", "ParameterLimitExceeded", "ThrottlingException"]
)
def test_trouble_in_a_client_account_makes_no_dead_letter(
    accounts: Accounts, failing: Any, code: str
) -> None:
    accounts.deploy_client(OTHER_CLIENT)
    failing("ssm", "PutParameter", code)

    assert receive(request(account=OTHER_CLIENT)) == []
    assert refusal_codes(accounts) == ["AccountNotAllowed"]
