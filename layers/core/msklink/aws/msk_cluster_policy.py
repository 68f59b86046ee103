"""Read the cluster policy with its version, and write it only at that version."""

from typing import TYPE_CHECKING

from msklink.aws.errors import aws_refusal, error_message
from msklink.errors import LostRace, PrincipalRejected, Refused
from msklink.policy.document import SIZE_LIMIT, Policy
from msklink.refusals import Code, refuse

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

# MSK has no error code for these, only texts (Terraform provider issues 33107 and 35538; IAM's text
# for every resource policy; aws-samples/msk-powered-financial-data-feed issue 5).
STALE_VERSION = ("Current cluster policy version needed", "cluster policy isn't current")
BAD_PRINCIPAL = ("nvalid principal", "IAM Principal was not found")


def read_policy(kafka: "KafkaClient", cluster_arn: str) -> tuple[Policy, str | None]:
    """Return the policy and its version; an empty one and None where there is none."""
    try:
        answer = kafka.get_cluster_policy(ClusterArn=cluster_arn)
    except kafka.exceptions.NotFoundException:
        return Policy.parse(None), None
    return Policy.parse(answer.get("Policy")), answer.get("CurrentVersion") or None


def write_policy(
    kafka: "KafkaClient", cluster_arn: str, policy: Policy, version: str | None
) -> None:
    """
    Replace the policy if it is still at *version*; delete it where no statement remains.

    Raises LostRace at another version, PrincipalRejected where MSK does not accept a principal, and
    Refused where the policy is too large, or where MSK gives another reason.
    """
    if policy.is_empty:
        if version:
            _delete_policy(kafka, cluster_arn, version)
        return
    if policy.is_too_large:
        raise Refused(refuse(Code.POLICY_TOO_LARGE, size=len(policy.to_json()), limit=SIZE_LIMIT))
    expected = {"CurrentVersion": version} if version else {}
    try:
        kafka.put_cluster_policy(ClusterArn=cluster_arn, Policy=policy.to_json(), **expected)
    except kafka.exceptions.BadRequestException as error:
        message = error_message(error)
        if any(text in message for text in STALE_VERSION):
            raise LostRace(message) from error
        if any(text in message for text in BAD_PRINCIPAL):
            raise PrincipalRejected(message) from error
        raise Refused(aws_refusal(error)) from error


def _delete_policy(kafka: "KafkaClient", cluster_arn: str, version: str) -> None:
    """Compare the version just before the call, since DeleteClusterPolicy takes none."""
    if read_policy(kafka, cluster_arn)[1] != version:
        raise LostRace("the cluster policy was written just before its deletion")
    kafka.delete_cluster_policy(ClusterArn=cluster_arn)
