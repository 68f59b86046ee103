"""Our part of the cluster policy: what others did to it, and taking accounts out of it."""

from collections.abc import Callable

from msklink import repairing, telling
from msklink.arns import ClusterArn
from msklink.aws import cluster_policy, kafka, table
from msklink.drift import Drift, Kind, memory_of
from msklink.errors import PrincipalRejected, Refused
from msklink.policy import Grant, Policy, drifted
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


def revoke(cluster: ClusterArn, run: str, is_to_go: Callable[[str], bool]) -> frozenset[str]:
    """
    Revoke the grants of the accounts for which *is_to_go*; those that had one.

    The owner is told when MSK does not take the policy without them.
    """
    msk, namespace = kafka.client(), settings().namespace
    current, version = cluster_policy.read_policy(msk, cluster.text)
    admitted = current.admitted(namespace)
    gone = frozenset(filter(is_to_go, admitted))
    if not gone:
        return gone
    desired = current.with_grant(
        cluster, Grant(admitted - gone, table.access(cluster.text)), namespace
    )
    try:
        write(cluster, current, desired, version)
    except Refused as error:
        telling.cluster_refused(cluster.text, run, error.refusal)
        return frozenset()
    except PrincipalRejected as error:
        refusal = refuse(
            Code.PRINCIPAL_REJECTED,
            account=", ".join(sorted(gone)),
            problem=error,
            orphans=", ".join(current.orphans()) or "none that can be told by its form",
        )
        telling.cluster_refused(cluster.text, run, refusal)
        return frozenset()
    return gone
