"""Set the owner's terms for changes to a cluster, and read what waits for them."""

from datetime import UTC, datetime
from typing import Any

from msklink.aws import cluster_item
from tests.support.aws import Accounts
from tests.support.functions import NAMESPACE


def set_terms(accounts: Accounts, cluster: str, **terms: str) -> None:
    """Tag the cluster with `msklink/<term>` for each of *terms*."""
    accounts.tag_cluster(cluster, **{f"{NAMESPACE}__{key}": text for key, text in terms.items()})


def remove_terms(accounts: Accounts, cluster: str, *terms: str) -> None:
    """Remove the tags `msklink/<term>` of the cluster."""
    keys = [f"{NAMESPACE}/{term}" for term in terms]
    accounts.client("kafka").untag_resource(ResourceArn=cluster, TagKeys=keys)


def reboots(accounts: Accounts, cluster: str) -> int:
    """Return the number of updates of connectivity that the cluster has seen."""
    listed = accounts.client("kafka").list_cluster_operations_v2(ClusterArn=cluster)
    kinds = [one["OperationType"] for one in listed["ClusterOperationInfoList"]]
    return kinds.count("UPDATE_CONNECTIVITY")


def held(cluster: str) -> dict[str, str]:
    """Return the code of the recorded hold of each scheme; of no scheme under `-`."""
    return {
        scheme: one.hold.reason.code.value
        for one in cluster_item.read_cluster(cluster).holds
        for scheme in one.schemes or ("-",)
    }


def entry(accounts: Accounts, account: str, vpc_id: str, scheme: str = "iam") -> dict[str, Any]:
    """Return the entry of a connection in the client's status parameter."""
    found: dict[str, Any] = accounts.status(account)["vpcs"][vpc_id][scheme]
    return found


def scheduled(accounts: Accounts) -> list[datetime]:
    """Return the times at which sweeps are scheduled."""
    scheduler = accounts.client("scheduler")
    names = [one["Name"] for one in scheduler.list_schedules()["Schedules"]]
    texts = [scheduler.get_schedule(Name=name)["ScheduleExpression"] for name in names]
    return sorted(
        datetime.strptime(text, "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=UTC) for text in texts
    )


def advance_to(accounts: Accounts, when: datetime) -> None:
    accounts.clock.advance((when - accounts.clock.now()).total_seconds())
