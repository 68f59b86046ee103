"""Taking client accounts out of the cluster policy."""

from collections.abc import Callable

from msklink import telling
from msklink.arns import ClusterArn
from msklink.aws import cluster_policy, kafka, table
from msklink.errors import PrincipalRejected, Refused
from msklink.policy import Grant
from msklink.refusals import Code, refuse
from msklink.settings import settings


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
        cluster_policy.write_policy(msk, cluster.text, desired, version)
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
