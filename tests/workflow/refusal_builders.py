"""Build clusters and requests that are refused, and read the refusals."""

from collections.abc import Callable
from typing import Any

from tests.support.aws import CLIENT, Accounts

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


def cluster_with(schemes: str = "iam", wanted: str | None = None, **changes: Any) -> Prepare:
    def prepare(accounts: Accounts) -> str:
        cluster = accounts.make_cluster(tags=opted_in(schemes), **changes)
        accounts.make_tagged_vpc(CLIENT, wanted or schemes)
        return cluster

    return prepare
