"""The client's status for a request that was refused before any run."""

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
def test_the_refusal_of_a_request_is_in_the_client_account(
    accounts: Accounts, account: str, changes: dict[str, Any], code: str
) -> None:
    accounts.deploy_client(account)

    receive(request(account=account, **changes))
    receive(request(account=account, **changes))

    assert accounts.status(account)["state"] == "refused"
    assert accounts.status(account)["refusal"]["code"] == code
    assert accounts.versions(account) == {"/msklink/orders/status": 1}


def test_the_refusal_for_a_missing_cluster_is_published_under_its_name(
    accounts: Accounts,
) -> None:
    accounts.deploy_client(CLIENT)

    receive(request(cluster="ordres"))

    [(name, value)] = accounts.parameters(CLIENT, "/msklink").items()
    assert name == "/msklink/ordres/status"
    assert "ClusterNotFound" in value


@pytest.mark.usefixtures("cluster", "executions")
def test_a_refusal_does_not_change_the_rest_of_the_status(accounts: Accounts) -> None:
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
def test_an_error_in_a_client_account_makes_no_dead_letter(
    accounts: Accounts, failing: Any, code: str
) -> None:
    accounts.deploy_client(OTHER_CLIENT)
    failing("ssm", "PutParameter", code)

    assert receive(request(account=OTHER_CLIENT)) == []
    assert refusal_codes(accounts) == ["AccountNotAllowed"]
