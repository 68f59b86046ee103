"""Decide which accounts may request a connection to a cluster."""

from msklink.arns import ClusterArn
from msklink.cluster.description import ClusterDescription
from msklink.refusals import Code, Refusal, refuse
from msklink.tags import read_client_accounts


def admission_refusal(cluster: ClusterDescription, account: str, namespace: str) -> Refusal | None:
    """Return why *account* may not connect; None where the owner opted in and lists it."""
    if not cluster.is_managed(namespace):
        return refuse_admission(Code.CLUSTER_NOT_MANAGED, cluster.arn, account, namespace)
    if account not in read_client_accounts(cluster.tags, namespace).accounts:
        return refuse_admission(Code.ACCOUNT_NOT_ALLOWED, cluster.arn, account, namespace)
    return None


def refuse_admission(
    code: Code, cluster: ClusterArn, account: str, namespace: str, successor: str = ""
) -> Refusal:
    """
    Return the refusal *code* for an account that may not connect to *cluster*, or no longer.

    *successor* is the ARN of the cluster that has replaced it, if there is one.
    """
    key = f"{namespace}/clients" if code is Code.ACCOUNT_NOT_ALLOWED else namespace
    facts = {"old": cluster.text, "new": successor}
    return refuse(
        code, cluster=cluster.name, owner=cluster.account, account=account, key=key, **facts
    )
