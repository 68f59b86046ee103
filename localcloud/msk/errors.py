"""
The errors of the MSK API, and the texts of AWS that are known.

A text marked *own wording* was never seen: only its code is believed to be right.
"""

from typing import Final

STATUSES: Final = {
    "BadRequestException": 400,
    "UnauthorizedException": 401,
    "ForbiddenException": 403,
    "NotFoundException": 404,
    "ConflictException": 409,
    "TooManyRequestsException": 429,
    "InternalServerErrorException": 500,
    "NotImplementedException": 501,
    "ServiceUnavailableException": 503,
    # Of the topic operations.
    "ClusterConnectivityException": 409,
    "ControllerMovedException": 409,
    "GroupSubscribedToTopicException": 409,
    "KafkaRequestException": 400,
    "KafkaTimeoutException": 409,
    "NotControllerException": 409,
    "ReassignmentInProgressException": 409,
    "TopicExistsException": 409,
    "UnknownTopicOrPartitionException": 404,
}

# Seen in issues: terraform-provider-aws 25061, 33204, 47279, 31271, 33107; cfn roadmap 1775.
STALE_CLUSTER_VERSION: Final = (
    "The version of the cluster isn't current. Check the current version and try again."
)
IDENTICAL: Final = (
    "The specified parameter value is identical to the current value for the cluster. "
    "Specify a different value, then try again."
)
ONE_FAMILY: Final = (
    "You can't update multiple connectivity settings in the same request. "
    "In each request, update only NetworkType, VpcConnectivity, or PublicAccess."
)
PRIVATE_AT_CREATION: Final = (
    "When creating a cluster, all vpcConnectivity auth schemes must be disabled. "
    "You can enable auth schemes after the cluster is created."
)
PUBLIC_AT_CREATION: Final = (
    "When creating a cluster, the only valid value for the Type parameter in PublicAccess "
    "is DISABLED."
)
# Seen in deployments and in the sources of tools, 2026 (kcp among them).
SMALL_BROKERS: Final = (
    "Multi-VPC private connectivity is not supported on the broker instance type of the MSK "
    "cluster."
)
NOT_ON_SERVERLESS: Final = "This operation cannot be performed on serverless clusters."
SASL_OVER_PLAINTEXT: Final = (
    "You must enable unauthenticated traffic explicitly to use client-authentication using SASL "
    "over TLS_PLAINTEXT."
)
POLICY_VERSION_NEEDED: Final = "Current cluster policy version needed for Update"
STALE_POLICY_VERSION: Final = "The version of the cluster policy isn't current"
# Seen by aws-samples/msk-powered-financial-data-feed issue 5, and in a deployment of 2026-09.
PRINCIPAL_NOT_FOUND: Final = "The cluster policy is not valid. The IAM Principal was not found."
INVALID_CLUSTER_ARN: Final = "The cluster policy is not valid. Invalid cluster arn: "
DUPLICATE_SID: Final = "The Statement Ids in the policy are not unique"
# Seen by aws-cdk 34794 and aws-controllers-k8s/community 2546, and read by an AWS sample in Go.
INVALID_SECRET_ARN: Final = "The provided secret ARN is invalid."
SECRET_NOT_READABLE: Final = "Amazon MSK wasn't able to access the provided secret."
NAME_OF_SECRET: Final = (
    "The provided secret arn cannot be used with Amazon MSK. "
    "Secret names must have the prefix 'AmazonMSK_'"
)
ALREADY_ASSOCIATED: Final = (
    "The provided secret is already associated with this cluster. "
    "To update the association, first disassociate the secret."
)
# Seen in the source of Terraform's aws_msk_topic.
CONFIGS_OR_PARTITIONS: Final = "You must specify either configs or partitionCount to update."


# Own wording.
ROLE_IN_THE_MAKING: Final = (
    "The service-linked role AWSServiceRoleForKafka is being created. Try again later."
)
NOT_CONNECTED: Final = "Private connectivity was never turned on for the cluster."
DEFAULT_KEY_OF_SECRET: Final = (
    "The provided secret is encrypted with the default key. Use a customer managed key."
)


class MskError(Exception):
    """What the API answers instead of a result."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        invalid_parameter: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status if status is not None else STATUSES.get(code, 400)
        self.invalid_parameter = invalid_parameter


def bad_request(message: str, parameter: str | None = None) -> MskError:
    return MskError("BadRequestException", message, invalid_parameter=parameter)


def not_found(message: str, parameter: str | None = None) -> MskError:
    return MskError("NotFoundException", message, invalid_parameter=parameter)


def forbidden(message: str) -> MskError:
    return MskError("ForbiddenException", message)


def conflict(message: str, parameter: str | None = None) -> MskError:
    return MskError("ConflictException", message, invalid_parameter=parameter)
