"""
Grant and revoke access in the cluster policy, and handle what others did to our statements.

PutClusterPolicy replaces the whole document; `policy_writer` finds one that MSK accepts.
"""

from collections.abc import Callable, Iterable, Set
from functools import cache

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.arns import ClusterArn
from msklink.aws import cluster_item, dynamodb, msk_cluster_policy, msk_clusters
from msklink.aws.errors import aws_refusals
from msklink.client_role import ClientAccount
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.wanted_connections import with_account_refusal
from msklink.drift.kinds import Drift, DriftKind, history_item
from msklink.errors import PrincipalRejected, Refused
from msklink.policy.document import ACTIONS, CONNECT, policy_drift
from msklink.policy.evaluation import RoleCall, describe_unjudged, judge
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import AccessRevocation, SurveyedTask
from msklink.services import notifications, repair_decisions, unreachable_clients, vendors
from msklink.services.connection_changes import report_and_record
from msklink.services.policy_writer import PolicyWriter, admitted_accounts, rejection
from msklink.services.repair_decisions import RepairDecision
from msklink.settings import settings

logger = Logger(child=True)


def grant(task: SurveyedTask, record: ClusterRecord) -> set[str]:
    """
    Admit the accounts that want schemes and can have them; return those that may connect now.

    A refusal is recorded. It is reported to the client or, for a vendor, to the owner.
    """
    now = clock.now()
    accounts = {survey.account for survey in task.surveys if survey.schemes}
    # The account of the cluster needs no policy (Terraform's acceptance tests of a connection).
    others = accounts - {task.cluster.account}
    try:
        with aws_refusals():
            repair = handle_drift(task.cluster, task.run, record)
            if repair and repair.refusal:
                refusals = _not_admitted(task.cluster, others, repair.found)
            else:
                refusals = _write_grants(task, others, repair, record)
                record = vendors.report_removed(task.cluster, task.run, record, now)
    except Refused as error:
        notifications.cluster_refused(task.cluster_arn, task.run, error.refusal)
        refusals = dict.fromkeys(others, error.refusal)
    refusals = vendors.report_refused(task.cluster_arn, task.run, record, refusals)
    for account, refusal in refusals.items():
        known = dynamodb.connections(task.cluster_arn, account)
        records = with_account_refusal(task.cluster_arn, account, refusal, known, now)
        report_and_record(known, records, task.run, now)
    return accounts - refusals.keys()


def _write_grants(
    task: SurveyedTask, accounts: Set[str], repair: RepairDecision | None, record: ClusterRecord
) -> dict[str, Refusal]:
    """Write our statements as they should be; return the accounts not admitted, with the reason."""
    if repair:
        repair.record_attempt(task.run)
    expelled = {survey.account for survey in task.surveys if survey.barred and survey.removal_due}
    known, keeping = record.vendors, vendors.vendors_with_grants(record, clock.now())
    writer = PolicyWriter(task.cluster, known)
    # Accounts that were removed from a list, or added by others, are revoked first.
    if expelled or repair or known.keys() - keeping:
        entitled = (task.surveyed_accounts - expelled) | keeping
        _revoke(task.cluster, task.run, writer, lambda account: account not in entitled)
    wanted = accounts | {account for account, vendor in known.items() if not vendor.removal}
    wanted |= set(record.suspended_accounts) - expelled  # by a run that failed before readmitting
    refusals = {}
    if wanted:
        refusals = writer.admit(wanted)
        if record.suspended_accounts:
            cluster_item.record_suspended_accounts(task.cluster_arn, ())
    else:  # access beyond the owner's bounds is removed all the same
        _remove(task.cluster, task.run, writer)
    if repair:
        repair_decisions.mark_resolved(task.cluster_arn, [repair.found.item])
    record_digest(task.cluster)
    return refusals


def _not_admitted(cluster: ClusterArn, accounts: Iterable[str], found: Drift) -> dict[str, Refusal]:
    """
    Return the accounts that lack a connection which the policy does not let them create, and why.

    Others manage the policy. An existing connection works without a grant, so a client that has all
    of its connections is not refused.
    """
    lacking = {
        one.account
        for one in dynamodb.connections(cluster.text)
        if one.is_pursued and not one.connection_arn
    }
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    refusals = {}
    for account in lacking.intersection(accounts):
        role = ClientAccount.beside(cluster.text, account, settings().namespace).role
        judged = judge(current.statements, RoleCall(role, CONNECT, cluster.text))
        if not judged.admitted:
            refusals[account] = refuse(
                Code.ACCOUNT_NOT_ADMITTED,
                account=account,
                role=role,
                unjudged=describe_unjudged(judged.unjudged),
                actions=", ".join(ACTIONS),
                item=found.item,
            )
    return refusals


def revoke(task: AccessRevocation, record: ClusterRecord) -> bool:
    """
    Revoke the grants of accounts that have nothing left on the cluster.

    After that, connections of unreachable accounts are rejected from the owner's side. Returns
    False where AWS refuses a call: the owner is notified, and the next run handles the rest.
    """
    try:
        with aws_refusals():
            _revoke_unneeded(task, record)
    except Refused as error:
        notifications.cluster_refused(task.cluster_arn, task.run, error.refusal)
        return False
    return True


def _revoke_unneeded(task: AccessRevocation, record: ClusterRecord) -> None:
    known, now = dynamodb.connections(task.cluster_arn), clock.now()
    abandoned = [one for one in known if one.state is State.ABANDONED and one.is_due(now)]
    keeping = {one.account for one in known if _needs_grant(one)}
    keeping |= vendors.vendors_with_grants(record, now)
    listed = cache(lambda: unreachable_clients.listed_connections(task.cluster_arn))

    @cache
    def connected() -> set[str]:
        """Return the accounts with a connection of their own making, which MSKLink leaves alone."""
        given_up = {one.connection_arn for one in abandoned}
        return {one.account for one in listed().values() if one.arn not in given_up}

    repair = handle_drift(task.cluster, task.run, record)
    is_unrepaired = bool(repair and repair.refusal)
    ours = task.surveyed_accounts | record.vendors.keys()
    allowed = {survey.account for survey in task.surveys if not survey.barred}

    def has_nothing_left(account: str) -> bool:
        if is_unrepaired and account not in ours:
            return False
        return account not in keeping and not (account in allowed and account in connected())

    if repair and not is_unrepaired:
        repair.record_attempt(task.run)
    writer = PolicyWriter(task.cluster, record.vendors)
    revoked = _revoke(task.cluster, task.run, writer, has_nothing_left)
    if repair:  # drift since GrantAccess: the next run completes the repair, or finds it contested
        cluster_item.record_policy_digests(task.cluster_arn, record.policy_digests)
    else:
        record_digest(task.cluster)
    vendors.report_removed(task.cluster, task.run, record, now)
    for refused in known:
        if refused.is_about_account and not refused.is_shown:
            dynamodb.delete_record(refused)  # this run had no such problem with the account
    for unreachable in abandoned:
        unreachable_clients.cut_off(task, unreachable, listed())
    logger.info("access revoked", accounts=sorted(revoked), pending=task.closing)


def _needs_grant(record: ConnectionRecord) -> bool:
    """Return whether it is for a connection; an unreachable account alone keeps no grant."""
    if record.is_about_account:
        return False
    return record.wanted or (record.may_exist and record.state is not State.ABANDONED)


def handle_drift(cluster: ClusterArn, run: str, record: ClusterRecord) -> RepairDecision | None:
    """
    Decide whether changes to our statements by others are repaired; None where there are none.

    Changes that stay are reported. Without changes, an earlier drift is marked as resolved.
    """
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    found = policy_drift(current, record.policy_digests, settings().namespace)
    if not found:
        repair_decisions.mark_resolved(cluster.text, [history_item(DriftKind.POLICY)])
        return None
    repair = repair_decisions.decide_repair(cluster.text, found)
    if repair.refusal:
        repair.report_unrepaired(run, repair.refusal)
    return repair


def record_digest(cluster: ClusterArn) -> None:
    """Record the digest of our statements after we wrote them."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    digest = current.digest(settings().namespace)
    if digest != cluster_item.read_cluster(cluster.text).policy_digests:
        cluster_item.record_policy_digests(cluster.text, digest)


def _revoke(
    cluster: ClusterArn, run: str, writer: PolicyWriter, is_removable: Callable[[str], bool]
) -> frozenset[str]:
    """
    Revoke the grants of the accounts for which *is_removable*; return those that had one.

    Where MSK rejects the policy without them, the owner is notified.
    """
    gone = frozenset(filter(is_removable, admitted_accounts(cluster)))
    return gone if gone and _remove(cluster, run, writer, gone) else frozenset()


def _remove(
    cluster: ClusterArn, run: str, writer: PolicyWriter, accounts: frozenset[str] = frozenset()
) -> bool:
    """Return whether MSK accepted the policy without *accounts*; notify the owner if not."""
    try:
        rejected = writer.remove(accounts)
    except (PrincipalRejected, Refused) as error:
        refusal = rejection(cluster, accounts or admitted_accounts(cluster), error)
        notifications.cluster_refused(cluster.text, run, refusal)
        return False
    for refusal in rejected.values():
        notifications.cluster_refused(cluster.text, run, refusal)
    return True
