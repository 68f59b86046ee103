"""
Associate secrets of users with a cluster.

Source: MSK API reference, BatchAssociateScramSecret; developer guide, limitations when using SCRAM
secrets. The caller needs kms:CreateGrant on the key of the secret (service authorization
reference).
"""

from typing import TYPE_CHECKING

from msklink.arns import ClusterArn
from msklink.aws.secrets import refused

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient


def associated(kafka: "KafkaClient", cluster: ClusterArn) -> frozenset[str]:
    """Return the ARNs of the secrets that are associated with the cluster."""
    pages = kafka.get_paginator("list_scram_secrets").paginate(ClusterArn=cluster.text)
    return frozenset(arn for page in pages for arn in page["SecretArnList"])


def associate(kafka: "KafkaClient", cluster: ClusterArn, user: str, arn: str) -> None:
    """
    Associate the secret of *user* with the cluster.

    Raises ClientError, and Refused where MSK does not take the secret.
    """
    answer = kafka.batch_associate_scram_secret(ClusterArn=cluster.text, SecretArnList=[arn])
    for one in answer["UnprocessedScramSecrets"]:
        raise refused(cluster, user, one.get("ErrorCode", "no code"), one.get("ErrorMessage", ""))


def disassociate(kafka: "KafkaClient", cluster: ClusterArn, arn: str) -> None:
    """Disassociate a secret, if the cluster exists and knows it. Raises ClientError."""
    try:
        if arn in associated(kafka, cluster):
            kafka.batch_disassociate_scram_secret(ClusterArn=cluster.text, SecretArnList=[arn])
    except kafka.exceptions.NotFoundException:
        return
