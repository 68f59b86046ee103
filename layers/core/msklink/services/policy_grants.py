"""Our part of the cluster policy: what others did to it, and taking accounts out of it."""

from collections.abc import Callable, Iterable

from msklink.arns import ClusterArn
from msklink.aws import dynamodb, msk_cluster_policy, msk_clusters
from msklink.client_role import ClientAccount
from msklink.drift.kinds import Drift, DriftKind, history_item
from msklink.errors import PrincipalRejected, Refused
from msklink.policy.document import ACTIONS, CONNECT, policy_drift
from msklink.policy.evaluation import RoleCall, describe_unjudged, judge
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.services import drift_repair, notifications
from msklink.services.policy_writer import PolicyWriter, rejection
from msklink.settings import settings


def detect_drift(
    cluster: ClusterArn, run: str, record: ClusterRecord
) -> tuple[Drift | None, Refusal | None]:
    """Whether others changed our statements, and why they are not to be changed back, if so."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    found = policy_drift(current, record.policy_digests, settings().namespace)
    refusal = drift_repair.repair_refusal(cluster.text, found) if found else None
    if found and refusal:
        drift_repair.report_unrepaired(cluster.text, run, found, refusal)
    if not found:
        drift_repair.mark_resolved(cluster.text, [history_item(DriftKind.POLICY)])
    return found, refusal


def record_digest(cluster: ClusterArn) -> None:
    """Note our statements as they are after we wrote them, and no others."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    digest = current.digest(settings().namespace)
    if digest != dynamodb.read_cluster(cluster.text).policy_digests:
        dynamodb.record_policy_digests(cluster.text, digest)


def admitted(cluster: ClusterArn) -> frozenset[str]:
    """The accounts that our statement admits now."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    return current.admitted(settings().namespace)


def not_admitted(cluster: ClusterArn, accounts: Iterable[str], found: Drift) -> dict[str, Refusal]:
    """Return which of *accounts* the policy does not let connect, which others manage, and why."""
    current, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    refusals = {}
    for account in accounts:
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


def revoke(
    cluster: ClusterArn, run: str, grants: PolicyWriter, is_to_go: Callable[[str], bool]
) -> frozenset[str]:
    """
    Revoke the grants of the accounts for which *is_to_go*; those that had one.

    The owner is told when MSK does not take the policy without them.
    """
    gone = frozenset(filter(is_to_go, admitted(cluster)))
    return gone if gone and remove(cluster, run, grants, gone) else frozenset()


def remove(
    cluster: ClusterArn, run: str, grants: PolicyWriter, accounts: frozenset[str] = frozenset()
) -> bool:
    """Return whether MSK took the policy without *accounts*; tell the owner if not."""
    try:
        rejected = grants.remove(accounts)
    except (PrincipalRejected, Refused) as error:
        refusal = rejection(cluster, accounts or admitted(cluster), error)
        notifications.cluster_refused(cluster.text, run, refusal)
        return False
    for refusal in rejected.values():
        notifications.cluster_refused(cluster.text, run, refusal)
    return True
