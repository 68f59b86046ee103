"""Accounts that make their connections themselves, such as those of SaaS vendors.

The cluster policy admits them, and MSKLink does nothing else for them: it does not read their
accounts, and keeps no record of their connections. Decision record 0028 says why.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from msklink import clock
from msklink.arns import ClusterArn
from msklink.aws import cluster_item
from msklink.cluster.description import ClusterDescription
from msklink.refusals import Code, Refusal, refuse
from msklink.removal import Removal
from msklink.runs.cluster_record import ClusterRecord, VendorRecord
from msklink.services import notifications
from msklink.services.policy_writer import admitted_accounts
from msklink.settings import settings
from msklink.tags import AccountList, read_vendor_accounts


def listed_vendors(cluster: ClusterDescription, namespace: str) -> AccountList:
    """Return the vendors that the owner lists; none where the cluster is not opted in."""
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
    Record the vendors by the tags of the cluster.

    A vendor that is no longer *listed* keeps its grant for the grace period, and the owner is
    notified at once. With DeletionProtection it keeps its grant while that is on. A vendor that is
    a client now is removed from the vendors.
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
    """Delete the vendors of a deleted cluster, whose policy is deleted too."""
    if record.vendors:
        cluster_item.record_vendors(cluster_arn, {})


def vendors_with_grants(record: ClusterRecord, now: datetime) -> set[str]:
    """Return the vendors that keep their grants for now."""
    return {account for account, vendor in record.vendors.items() if not vendor.is_due(now)}


def report_refused(
    cluster_arn: str, run: str, record: ClusterRecord, refusals: Mapping[str, Refusal]
) -> dict[str, Refusal]:
    """Notify the owner once of vendors that were not admitted; return the other *refusals*."""
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
    Report the vendors that were due for removal and are no longer admitted.

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
