"""Accounts that make their connections themselves, such as those of SaaS vendors.

They are admitted by the cluster policy, and nothing else is done for them: nobody looks into their
accounts, and no record of a connection is kept. Decision record 0028 says why.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from msklink import clock
from msklink.arns import ClusterArn
from msklink.aws import dynamodb
from msklink.cluster.description import Cluster as Description
from msklink.connections.removal import Leaving
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import Cluster, Vendor
from msklink.services import notifications, policy_grants
from msklink.settings import settings
from msklink.tags import Clients, read_vendors


def listed(cluster: Description, namespace: str) -> Clients:
    """Read which vendors the owner lists; none when the cluster is not opted in."""
    if not cluster.is_managed(namespace):
        return Clients(frozenset())
    return read_vendors(cluster.tags, namespace)


def follow(
    cluster_arn: str, run: str, record: Cluster, listed: Collection[str], clients: Collection[str]
) -> None:
    """
    Note which vendors there are after a look at the tags.

    One that is *listed* no more keeps its grant for the time of grace, which the owner is told at
    once; with DeletionProtection for as long as that is on. One that is a client now is its like.
    """
    terms = settings().terms
    due = None if terms.protection else clock.now() + terms.grace
    after: dict[str, Vendor] = dict.fromkeys(listed, Vendor())
    for account, vendor in record.vendors.items():
        if account in listed:
            after[account] = vendor.with_(leaving=None)
        elif account not in clients:
            after[account] = _seen_off(cluster_arn, run, account, vendor, due)
    if after != record.vendors:
        dynamodb.note_vendors(cluster_arn, after)


def _seen_off(
    cluster_arn: str, run: str, account: str, vendor: Vendor, due: datetime | None
) -> Vendor:
    if vendor.leaving and bool(vendor.leaving.due) == bool(due):
        return vendor
    key = f"{settings().namespace}/vendors"
    leaving = Leaving(reason=refuse(Code.VENDOR_REMOVED, account=account, key=key), due=due)
    notifications.vendor_leaving(cluster_arn, account, leaving, run)
    return vendor.with_(leaving=leaving)


def forget_all(cluster_arn: str, record: Cluster) -> None:
    """Forget the vendors of a cluster that is gone, and its policy with it."""
    if record.vendors:
        dynamodb.note_vendors(cluster_arn, {})


def holding(record: Cluster, now: datetime) -> set[str]:
    """Return the vendors that keep their grants for now."""
    return {account for account, vendor in record.vendors.items() if not vendor.is_due(now)}


def note_refused(
    cluster_arn: str, run: str, record: Cluster, refusals: Mapping[str, Refusal]
) -> dict[str, Refusal]:
    """Tell the owner once of vendors that could not be admitted; return the other *refusals*."""
    after = {
        account: vendor.with_(refusal=refusals.get(account))
        for account, vendor in record.vendors.items()
    }
    for account, vendor in after.items():
        if vendor.refusal and vendor.refusal != record.vendors[account].refusal:
            notifications.cluster_refused(cluster_arn, run, vendor.refusal)
    if after != record.vendors:
        dynamodb.note_vendors(cluster_arn, after)
    return {account: refusal for account, refusal in refusals.items() if account not in after}


def note_gone(cluster: ClusterArn, run: str, record: Cluster, now: datetime) -> Cluster:
    """
    Tell of the vendors whose time was up and that are no longer admitted, and forget them.

    Return the record without them.
    """
    due = {account for account, vendor in record.vendors.items() if vendor.is_due(now)}
    gone = due - policy_grants.admitted(cluster) if due else due
    for account in sorted(gone):
        notifications.vendor_left(cluster.text, account, record.vendors[account].leaving, run)
    if not gone:
        return record
    kept = {one: vendor for one, vendor in record.vendors.items() if one not in gone}
    dynamodb.note_vendors(cluster.text, kept)
    return record.model_copy(update={"vendors": kept})
