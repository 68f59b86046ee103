"""
Grant and revoke access by the cluster policy, and notice what others did to our statements.

PutClusterPolicy replaces the whole document; `policy_writer` finds one that MSK takes.
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
from msklink.connections.survey import account_refused
from msklink.drift.kinds import Drift, DriftKind, history_item
from msklink.errors import PrincipalRejected, Refused
from msklink.policy.document import ACTIONS, CONNECT, policy_drift
from msklink.policy.evaluation import RoleCall, describe_unjudged, judge
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import AccessRevocation, SurveyedTask
from msklink.services import drift_repair, notifications, unreachable_clients, vendors
from msklink.services.connection_updates import record_changes
from msklink.services.drift_repair import Repair
from msklink.services.policy_writer import PolicyWriter, admitted_accounts, rejection
from msklink.settings import settings

logger = Logger(child=True)


def grant(task: SurveyedTask, record: ClusterRecord) -> set[str]:
    """
    Admit the accounts that want schemes and can have them; return those that may connect now.

    Why others are not admitted is recorded, and reported to them or, for vendors, to the owner.
    """
    now = clock.now()
    accounts = {survey.account for survey in task.surveys if survey.schemes}
    # The account of the cluster needs no policy (Terraform's acceptance tests of a connection).
    others = accounts - {task.cluster.account}
    try:
        with aws_refusals():
            repair = detect_drift(task.cluster, task.run, record)
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
        records = account_refused(task.cluster_arn, account, refusal, known, now)
        record_changes(known, records, task.run, now)
    return accounts - refusals.keys()


def _write_grants(
    task: SurveyedTask, accounts: Set[str], repair: Repair | None, record: ClusterRecord
) -> dict[str, Refusal]:
    """Bring our statements to what they should be; return who is not admitted, and why."""
    if repair:
        repair.record_attempt(task.run)
    expelled = {survey.account for survey in task.surveys if survey.barred and survey.closing}
    known, keeping = record.vendors, vendors.vendors_with_grants(record, clock.now())
    writer = PolicyWriter(task.cluster, known)
    # Who was taken off a list, or put in by others, goes before all else.
    if expelled or repair or known.keys() - keeping:
        entitled = (task.surveyed_accounts - expelled) | keeping
        _revoke(task.cluster, task.run, writer, lambda account: account not in entitled)
    wanted = accounts | {account for account, vendor in known.items() if not vendor.removal}
    wanted |= set(record.suspended_accounts) - expelled  # a run died that was to let them in again
    refusals = {}
    if wanted:
        refusals = writer.admit(wanted)
        if record.suspended_accounts:
            cluster_item.record_suspended_accounts(task.cluster_arn, ())
    else:  # what is beyond the owner's bounds goes nevertheless
        _remove(task.cluster, task.run, writer)
    if repair:
        drift_repair.mark_resolved(task.cluster_arn, [repair.found.item])
    record_digest(task.cluster)
    return refusals


def _not_admitted(cluster: ClusterArn, accounts: Iterable[str], found: Drift) -> dict[str, Refusal]:
    """
    Return which of *accounts* lack a connection that the policy does not let them make, and why.

    Others manage the policy. A connection stays without a grant, so that who has all that it wants
    goes on.
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


def revoke(task: AccessRevocation, record: ClusterRecord) -> None:
    """
    Revoke the grants of accounts that have nothing left on the cluster.

    Connections of accounts that cannot be reached are cut off after that, from the owner's side.
    """
    known, now = dynamodb.connections(task.cluster_arn), clock.now()
    abandoned = [one for one in known if one.state is State.ABANDONED and one.is_due(now)]
    keeping = {one.account for one in known if _needs_grant(one)}
    keeping |= vendors.vendors_with_grants(record, now)
    listed = cache(lambda: unreachable_clients.listed_connections(task.cluster_arn))

    @cache
    def connected() -> set[str]:
        """Accounts that made a connection by themselves, which is not ours to cut off."""
        given_up = {record.connection_arn for record in abandoned}
        return {one.account for one in listed().values() if one.arn not in given_up}

    repair = detect_drift(task.cluster, task.run, record)
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
    if repair:  # it came after GrantAccess, and the next run ends its repair, or it is contested
        cluster_item.record_policy_digests(task.cluster_arn, record.policy_digests)
    else:
        record_digest(task.cluster)
    vendors.report_removed(task.cluster, task.run, record, now)
    for over in known:
        if over.is_about_account and not over.is_shown:
            dynamodb.delete_record(over)  # the run has not met again what kept us from the account
    for left in abandoned:
        unreachable_clients.cut_off(task, left, listed())
    logger.info("access revoked", accounts=sorted(revoked), pending=task.closing)


def _needs_grant(record: ConnectionRecord) -> bool:
    """Whether it is for a connection; that an account is out of reach is no reason to stay."""
    if record.is_about_account:
        return False
    return record.wanted or (record.may_exist and record.state is not State.ABANDONED)


def detect_drift(cluster: ClusterArn, run: str, record: ClusterRecord) -> Repair | None:
    """Return what is to be done about changes of others to our statements; report if nothing is."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    found = policy_drift(current, record.policy_digests, settings().namespace)
    if not found:
        drift_repair.mark_resolved(cluster.text, [history_item(DriftKind.POLICY)])
        return None
    repair = drift_repair.repair_of(cluster.text, found)
    if repair.refusal:
        repair.report_unrepaired(run, repair.refusal)
    return repair


def record_digest(cluster: ClusterArn) -> None:
    """Record our statements as they are after we wrote them, and no others."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    digest = current.digest(settings().namespace)
    if digest != cluster_item.read_cluster(cluster.text).policy_digests:
        cluster_item.record_policy_digests(cluster.text, digest)


def _revoke(
    cluster: ClusterArn, run: str, writer: PolicyWriter, is_to_go: Callable[[str], bool]
) -> frozenset[str]:
    """
    Revoke the grants of the accounts for which *is_to_go*; those that had one.

    The owner is told when MSK does not take the policy without them.
    """
    gone = frozenset(filter(is_to_go, admitted_accounts(cluster)))
    return gone if gone and _remove(cluster, run, writer, gone) else frozenset()


def _remove(
    cluster: ClusterArn, run: str, writer: PolicyWriter, accounts: frozenset[str] = frozenset()
) -> bool:
    """Return whether MSK took the policy without *accounts*; tell the owner if not."""
    try:
        rejected = writer.remove(accounts)
    except (PrincipalRejected, Refused) as error:
        refusal = rejection(cluster, accounts or admitted_accounts(cluster), error)
        notifications.cluster_refused(cluster.text, run, refusal)
        return False
    for refusal in rejected.values():
        notifications.cluster_refused(cluster.text, run, refusal)
    return True
