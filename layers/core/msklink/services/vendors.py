"""Accounts that make their connections themselves, such as those of SaaS vendors.

They are admitted by the cluster policy, and nothing else is done for them: nobody looks into their
accounts, and no record of a connection is kept. Decision record 0028 says why.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from msklink import clock
from msklink.arns import ClusterArn
from msklink.aws import cluster_item
from msklink.cluster.description import ClusterDescription
from msklink.connections.removal import Removal
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord, VendorRecord
from msklink.services import notifications
from msklink.services.policy_writer import admitted_accounts
from msklink.settings import settings
from msklink.tags import AccountList, read_vendor_accounts


def listed_vendors(cluster: ClusterDescription, namespace: str) -> AccountList:
    """Read which vendors the owner lists; none when the cluster is not opted in."""
    if not cluster.is_managed(namespace):
        return AccountList(frozenset())
    return read_vendor_accounts(cluster.tags, namespace)


def update_vendors(
    cluster_arn: str,
    run: str,
    record: ClusterRecord,
    listed: Collection[str],
    clients: Collection[str],
) -> None:
    """
    Note which vendors there are after a look at the tags.

    One that is *listed* no more keeps its grant for the time of grace, which the owner is told at
    once; with DeletionProtection for as long as that is on. One that is a client now is its like.
    """
    terms = settings().terms
    due = None if terms.protection else clock.now() + terms.grace
    after: dict[str, VendorRecord] = dict.fromkeys(listed, VendorRecord())
    for account, vendor in record.vendors.items():
        if account in listed:
            after[account] = vendor.with_(removal=None)
        elif account not in clients:
            after[account] = _with_removal(cluster_arn, run, account, vendor, due)
    if after != record.vendors:
        cluster_item.record_vendors(cluster_arn, after)


def _with_removal(
    cluster_arn: str, run: str, account: str, vendor: VendorRecord, due: datetime | None
) -> VendorRecord:
    if vendor.removal and bool(vendor.removal.due) == bool(due):
        return vendor
    key = f"{settings().namespace}/vendors"
    removal = Removal(reason=refuse(Code.VENDOR_REMOVED, account=account, key=key), due=due)
    notifications.vendor_removal_scheduled(cluster_arn, account, removal, run)
    return vendor.with_(removal=removal)


def forget_vendors(cluster_arn: str, record: ClusterRecord) -> None:
    """Forget the vendors of a cluster that is gone, and its policy with it."""
    if record.vendors:
        cluster_item.record_vendors(cluster_arn, {})


def vendors_with_grants(record: ClusterRecord, now: datetime) -> set[str]:
    """Return the vendors that keep their grants for now."""
    return {account for account, vendor in record.vendors.items() if not vendor.is_due(now)}


def report_refused(
    cluster_arn: str, run: str, record: ClusterRecord, refusals: Mapping[str, Refusal]
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
        cluster_item.record_vendors(cluster_arn, after)
    return {account: refusal for account, refusal in refusals.items() if account not in after}


def report_removed(
    cluster: ClusterArn, run: str, record: ClusterRecord, now: datetime
) -> ClusterRecord:
    """
    Tell of the vendors whose time was up and that are no longer admitted, and forget them.

    Return the record without them.
    """
    due = {account for account, vendor in record.vendors.items() if vendor.is_due(now)}
    gone = due - admitted_accounts(cluster) if due else due
    for account in sorted(gone):
        notifications.vendor_removed(cluster.text, account, record.vendors[account].removal, run)
    if not gone:
        return record
    kept = {one: vendor for one, vendor in record.vendors.items() if one not in gone}
    cluster_item.record_vendors(cluster.text, kept)
    return record.model_copy(update={"vendors": kept})
