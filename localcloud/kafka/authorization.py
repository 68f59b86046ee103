"""
The operations on resources of a cluster, and who may do them.

The operations are those of Kafka's ACLs. IAM access control has an action for each, on the ARN of
the resource (MSK developer guide, "Semantics of IAM authorization policy actions and resources").
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from kio.schema.errors import ErrorCode

from localcloud.kafka.tokens import Denial, Refused


class Operation(IntEnum):
    """An operation, by its code in the protocol (Kafka's AclOperation)."""

    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12


class Resource(IntEnum):
    """A type of resources, by its code in the protocol (Kafka's ResourceType)."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4
    TRANSACTIONAL_ID = 5


CLUSTER_NAME: Final = "kafka-cluster"
"""The name of the only resource of type CLUSTER."""

NOT_AUTHORIZED: Final = {
    Resource.TOPIC: ErrorCode.topic_authorization_failed,
    Resource.GROUP: ErrorCode.group_authorization_failed,
    Resource.CLUSTER: ErrorCode.cluster_authorization_failed,
    Resource.TRANSACTIONAL_ID: ErrorCode.transactional_id_authorization_failed,
}
"""The error that a client gets without the permission."""

ACTIONS: Final = {
    (Operation.DESCRIBE, Resource.CLUSTER): "DescribeCluster",
    (Operation.ALTER, Resource.CLUSTER): "AlterCluster",
    (Operation.DESCRIBE_CONFIGS, Resource.CLUSTER): "DescribeClusterDynamicConfiguration",
    (Operation.ALTER_CONFIGS, Resource.CLUSTER): "AlterClusterDynamicConfiguration",
    (Operation.IDEMPOTENT_WRITE, Resource.CLUSTER): "WriteDataIdempotently",
    (Operation.CREATE, Resource.TOPIC): "CreateTopic",
    (Operation.DESCRIBE, Resource.TOPIC): "DescribeTopic",
    (Operation.ALTER, Resource.TOPIC): "AlterTopic",
    (Operation.DELETE, Resource.TOPIC): "DeleteTopic",
    (Operation.DESCRIBE_CONFIGS, Resource.TOPIC): "DescribeTopicDynamicConfiguration",
    (Operation.ALTER_CONFIGS, Resource.TOPIC): "AlterTopicDynamicConfiguration",
    (Operation.READ, Resource.TOPIC): "ReadData",
    (Operation.WRITE, Resource.TOPIC): "WriteData",
    (Operation.DESCRIBE, Resource.GROUP): "DescribeGroup",
    (Operation.READ, Resource.GROUP): "AlterGroup",
    (Operation.DELETE, Resource.GROUP): "DeleteGroup",
    (Operation.DESCRIBE, Resource.TRANSACTIONAL_ID): "DescribeTransactionalId",
    (Operation.WRITE, Resource.TRANSACTIONAL_ID): "AlterTransactionalId",
}
"""The actions of `kafka-cluster:`, by operation and type of resource."""

_TYPES_IN_ARNS: Final = {
    Resource.TOPIC: "topic",
    Resource.GROUP: "group",
    Resource.TRANSACTIONAL_ID: "transactional-id",
}


class Principal(Protocol):
    """An authenticated client."""

    def may(self, operation: Operation, resource: Resource, name: str) -> bool: ...


@dataclass(frozen=True)
class IamPrincipal:
    """A client with IAM credentials. Kafka's ACLs do not apply to it."""

    cluster_arn: str
    denial: Denial

    def check_connect(self) -> None:
        """Raise Refused unless the client may connect to the cluster."""
        if reason := self.denial("kafka-cluster:Connect", self.cluster_arn):
            raise Refused(f"Access denied: {reason}")

    def may(self, operation: Operation, resource: Resource, name: str) -> bool:
        action = ACTIONS.get((operation, resource))
        if action is None:
            return False
        return self.denial(f"kafka-cluster:{action}", self._arn(resource, name)) is None

    def _arn(self, resource: Resource, name: str) -> str:
        if resource is Resource.CLUSTER:
            return self.cluster_arn
        kind = _TYPES_IN_ARNS[resource]
        return f"{self.cluster_arn.replace(':cluster/', f':{kind}/', 1)}/{name}"
