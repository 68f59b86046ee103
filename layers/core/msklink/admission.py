"""Who may ask for a connection to a cluster at all."""

from msklink.cluster import Cluster
from msklink.refusals import Code, Refusal, refuse
from msklink.tags import read_clients


def admission_refusal(cluster: Cluster, account: str, namespace: str) -> Refusal | None:
    """Why *account* may not ask for *cluster*; None when the owner opted in and lists it."""
    asked = cluster.asked(namespace)
    if not asked.schemes and not asked.refusals:
        return refuse(Code.CLUSTER_NOT_MANAGED, cluster=cluster.arn.name, key=namespace)
    if account not in read_clients(cluster.tags, namespace).accounts:
        return refuse(Code.ACCOUNT_NOT_ALLOWED, account=account, key=f"{namespace}/clients")
    return None
