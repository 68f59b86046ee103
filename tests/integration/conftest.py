import contextvars
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support.aws import CLIENT, Accounts
from tests.support.steps import Steps


@pytest.fixture
def steps(accounts: Accounts) -> Steps:
    """Return a run for a cluster that offers IAM and SCRAM to the client."""
    return Steps(accounts.make_cluster(tags={"msklink": "iam scram", "msklink/clients": CLIENT}))


@pytest.fixture
def vpc_id(accounts: Accounts) -> str:
    """Return a VPC of the client that is tagged for IAM."""
    return accounts.make_tagged_vpc(CLIENT)


@pytest.fixture
def surveyed(steps: Steps, vpc_id: str) -> Steps:  # noqa: ARG001 the VPC must be there
    """Return *steps* after the survey of the client's VPC."""
    steps.inspect_cluster()
    steps.survey(CLIENT)
    return steps


@pytest.fixture
def granted(surveyed: Steps, accounts: Accounts) -> Steps:
    """Return *surveyed* with connectivity on and the client admitted."""
    surveyed.enable()
    accounts.clock.advance(3600)
    surveyed.inspect_cluster()
    surveyed.grant()
    return surveyed


@pytest.fixture
def connected(granted: Steps, accounts: Accounts) -> Steps:
    """Return *granted* with the connection available."""
    granted.connect(CLIENT)
    accounts.clock.advance(3600)
    granted.inspect_connections()
    granted.inspect_connections()  # AVAILABLE counts when it is seen twice
    accounts.take_events()
    return granted


@pytest.fixture
def preceding(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Callable[..., Any]], None]:
    """
    Run a function once, just before an operation of a service other than MSK.

    It gets a function that makes the same call, as botocore does after a lost response.
    """
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of all calls

    def precede(service: str, operation: str, act: Callable[..., Any]) -> None:
        def answer(client: Any, name: str, parameters: dict[str, Any]) -> Any:
            if (client.meta.service_model.service_name, name) == (service, operation):
                monkeypatch.setattr(BaseClient, "_make_api_call", call)
                contextvars.Context().run(act, lambda: call(client, name, parameters))
            return call(client, name, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", answer)

    return precede


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record the inputs of executions instead of starting them."""
    started: list[dict[str, Any]] = []

    def start(run: str, cluster_arn: str) -> bool:
        started.append({"run": run, "cluster_arn": cluster_arn})
        return True

    monkeypatch.setattr("msklink.aws.step_functions.start", start)
    return started


@pytest.fixture
def cluster(accounts: Accounts) -> str:
    return accounts.make_cluster(tags={"msklink": "iam", "msklink/clients": CLIENT})
