"""Our part of the cluster policy: what others did to it, and taking accounts out of it."""

from collections.abc import Callable, Collection, Iterable

from msklink import repairing, telling
from msklink.access_grants import granted_access
from msklink.arns import ClusterArn
from msklink.aws import cluster_policy, kafka, table
from msklink.client_account import ClientAccount
from msklink.drift import Drift, Kind, memory_of
from msklink.errors import PrincipalRejected, Refused
from msklink.evaluation import RoleCall, judge, spell
from msklink.policy import ACTIONS, CONNECT, Grant, Policy, drifted
from msklink.records import Cluster
from msklink.refusals import Code, Refusal, refuse
from msklink.settings import settings


def look(cluster: ClusterArn, run: str, record: Cluster) -> tuple[Drift | None, Refusal | None]:
    """Whether others changed our statements, and why they are not to be changed back, if so."""
    current, _ = cluster_policy.read_policy(kafka.client(), cluster.text)
    found = drifted(current, record.granted, settings().namespace)
    refusal = repairing.why_not(cluster.text, found) if found else None
    if found and refusal:
        repairing.leave_alone(cluster.text, run, found, refusal)
    if not found:
        repairing.settle(cluster.text, [memory_of(Kind.POLICY)])
    return found, refusal


def write(cluster: ClusterArn, current: Policy, desired: Policy, version: str | None) -> None:
    """Replace the *current* policy, having noted both, of which one is there whatever happens."""
    namespace = settings().namespace
    table.note_granted(cluster.text, f"{current.digest(namespace)} {desired.digest(namespace)}")
    cluster_policy.write_policy(kafka.client(), cluster.text, desired, version)


def remember(cluster: ClusterArn) -> None:
    """Note our statements as they are after we wrote them, and no others."""
    current, _ = cluster_policy.read_policy(kafka.client(), cluster.text)
    digest = current.digest(settings().namespace)
    if digest != table.read_cluster(cluster.text).granted:
        table.note_granted(cluster.text, digest)


def admitted(cluster: ClusterArn) -> frozenset[str]:
    """The accounts that our statement admits now."""
    current, _ = cluster_policy.read_policy(kafka.client(), cluster.text)
    return current.admitted(settings().namespace)


def not_admitted(cluster: ClusterArn, accounts: Iterable[str], found: Drift) -> dict[str, Refusal]:
    """Return which of *accounts* the policy does not let connect, which others manage, and why."""
    current, _ = cluster_policy.read_policy(kafka.client(), cluster.text)
    refusals = {}
    for account in accounts:
        role = ClientAccount.beside(cluster.text, account, settings().namespace).role
        judged = judge(current.statements, RoleCall(role, CONNECT, cluster.text))
        if not judged.admitted:
            refusals[account] = refuse(
                Code.ACCOUNT_NOT_ADMITTED,
                account=account,
                role=role,
                unjudged=spell(judged.unjudged),
                actions=", ".join(ACTIONS),
                item=found.item,
            )
    return refusals


def revoke(
    cluster: ClusterArn, run: str, is_to_go: Callable[[str], bool], vendors: Collection[str]
) -> frozenset[str]:
    """
    Revoke the grants of the accounts for which *is_to_go*; those that had one.

    The owner is told when MSK does not take the policy without them.
    """
    namespace = settings().namespace
    found = current, _ = cluster_policy.read_policy(kafka.client(), cluster.text)
    admitted = current.admitted(namespace)
    gone = frozenset(filter(is_to_go, admitted))
    if not gone:
        return gone
    grant = Grant(admitted - gone, granted_access(cluster, vendors))
    desired = current.with_grant(cluster, grant, namespace)
    return gone if _replace(cluster, run, found, desired) else frozenset()


def narrow(cluster: ClusterArn, run: str, vendors: Collection[str]) -> None:
    """Take from the admitted accounts what is beyond the owner's bounds, and admit nobody."""
    namespace = settings().namespace
    found = current, _ = cluster_policy.read_policy(kafka.client(), cluster.text)
    grant = Grant(current.admitted(namespace), granted_access(cluster, vendors))
    desired = current.with_grant(cluster, grant, namespace)
    if desired != current:
        _replace(cluster, run, found, desired)


def _replace(
    cluster: ClusterArn, run: str, found: tuple[Policy, str | None], desired: Policy
) -> bool:
    """Return whether MSK took the *desired* policy for that *found*; tell the owner if not."""
    (current, version), namespace = found, settings().namespace
    try:
        write(cluster, current, desired, version)
    except Refused as error:
        telling.cluster_refused(cluster.text, run, error.refusal)
        return False
    except PrincipalRejected as error:
        admitted = current.admitted(namespace)
        refusal = refuse(
            Code.PRINCIPAL_REJECTED,
            account=", ".join(sorted(admitted - desired.admitted(namespace) or admitted)),
            problem=error,
            orphans=", ".join(current.orphans()) or "none that can be told by its form",
        )
        telling.cluster_refused(cluster.text, run, refusal)
        return False
    return True
