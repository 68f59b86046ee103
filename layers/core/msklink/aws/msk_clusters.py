"""Amazon MSK from the owner's side: clusters, their updates, and their client connections."""

from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from msklink.auth_scheme import Scheme
from msklink.aws.errors import aws_refusals, error_message
from msklink.aws.session import CONFIG, own_session
from msklink.cluster.description import BUSY_STATES, ClusterDescription, is_settled
from msklink.cluster.update_window import PastUpdate
from msklink.connections.vpc_connection import ClientConnection
from msklink.errors import LostRace, Refused, UpdateRejected

if TYPE_CHECKING:
    from mypy_boto3_kafka import KafkaClient

# MSK has no error code for these, only texts (Terraform provider issues 25061 and 33204).
STALE_CLUSTER_VERSION = "The version of the cluster isn't current"
NOTHING_TO_UPDATE = "identical to the current value"

BROKER_STRINGS = {
    Scheme.IAM: "BootstrapBrokerStringVpcConnectivitySaslIam",
    Scheme.SCRAM: "BootstrapBrokerStringVpcConnectivitySaslScram",
    Scheme.TLS: "BootstrapBrokerStringVpcConnectivityTls",
}
"""The fields of GetBootstrapBrokers for private connectivity."""


def client(session: boto3.Session | None = None) -> "KafkaClient":
    return session.client("kafka", config=CONFIG) if session else _own_client()


@cache
def _own_client() -> "KafkaClient":
    return own_session().client("kafka", config=CONFIG)


def describe_cluster(kafka: "KafkaClient", arn: str) -> ClusterDescription | None:
    """Return the cluster *arn* as it is now, with its tags; None where there is none."""
    try:
        info = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]
    except kafka.exceptions.NotFoundException:
        return None
    return ClusterDescription.read(info)


def is_gone(kafka: "KafkaClient", arn: str) -> bool:
    """Return whether MSK has no cluster *arn*; False for a text that is no ARN to MSK."""
    try:
        return describe_cluster(kafka, arn) is None
    except kafka.exceptions.BadRequestException:
        return False


def describe_updates(
    kafka: "KafkaClient", arn: str, operation: str | None = None
) -> ClusterDescription | None:
    """
    Return the cluster as `describe_cluster` does, with only a pending operation.

    That is the operation that the cluster names, or our own *operation*, while it is in progress.
    An Express cluster stays ACTIVE meanwhile. AWS does not document whether a cluster names an
    operation while it is idle or a connection is created, so each operation's state is read.
    """
    cluster = describe_cluster(kafka, arn)
    if cluster is None or cluster.state in BUSY_STATES:
        return cluster
    named = dict.fromkeys((cluster.active_operation, operation or ""))
    pending = (one for one in named if one and _blocks_updates(kafka, one))
    return replace(cluster, active_operation=next(pending, ""))


def _blocks_updates(kafka: "KafkaClient", operation_arn: str) -> bool:
    try:
        info = kafka.describe_cluster_operation_v2(ClusterOperationArn=operation_arn)[
            "ClusterOperationInfo"
        ]
    except kafka.exceptions.NotFoundException:
        return False
    # MSK lists no values; UPDATE_COMPLETE, UPDATE_FAILED and CREATE_COMPLETE have been seen.
    is_over = "EndTime" in info or info.get("OperationState", "").endswith(("COMPLETE", "FAILED"))
    return not is_over and not info.get("OperationType", "").endswith("_VPC_CONNECTION")


def list_clusters(kafka: "KafkaClient") -> Iterator[ClusterDescription]:
    """Yield every cluster of the account in the Region as MSK lists it, with its tags."""
    for page in kafka.get_paginator("list_clusters_v2").paginate():
        yield from map(ClusterDescription.read, page["ClusterInfoList"])


def find_clusters(kafka: "KafkaClient", name: str) -> list[str]:
    """
    Return the ARNs of the clusters called *name*; MSK's filter also matches prefixes.

    A cluster that is being deleted is left out where another already has its name.
    """
    pages = kafka.get_paginator("list_clusters_v2").paginate(ClusterNameFilter=name)
    found = [
        info
        for page in pages
        for info in page["ClusterInfoList"]
        if info.get("ClusterName") == name
    ]
    staying = [info for info in found if info.get("State") != "DELETING"]
    return [info["ClusterArn"] for info in staying or found]


def enable_connectivity(
    kafka: "KafkaClient", cluster: ClusterDescription, flags: dict[str, Any]
) -> str | None:
    """
    Return the ARN of the operation; None where MSK answers that all is on already.

    The operation reboots the brokers. Raises LostRace where the cluster was updated since *cluster*
    was read, perhaps by this call, if its answer was lost and botocore retried it. MSK does not
    document its error text for a cluster that is being updated, so the cluster's state decides.
    Raises UpdateRejected for any other error, such as that of a broker type ("Multi-VPC private
    connectivity is not supported on the broker instance type of the MSK cluster").
    """
    try:
        answer = kafka.update_connectivity(
            ClusterArn=cluster.arn.text,
            CurrentVersion=cluster.version,
            ConnectivityInfo={"VpcConnectivity": flags},  # type: ignore[typeddict-item]  # built from a dict of flags
        )
    except kafka.exceptions.BadRequestException as error:
        if NOTHING_TO_UPDATE in error_message(error):
            return None
        now = describe_cluster(kafka, cluster.arn.text)
        if STALE_CLUSTER_VERSION in error_message(error) or (now and not is_settled(now)):
            raise LostRace(error_message(error)) from error
        raise UpdateRejected(error_message(error)) from error
    return answer["ClusterOperationArn"]


def server_properties(kafka: "KafkaClient", cluster: ClusterDescription) -> str | None:
    """Return the cluster's configuration as Java properties; None where it has MSK's default."""
    if cluster.configuration is None:
        return None
    arn, revision = cluster.configuration
    answer = kafka.describe_configuration_revision(Arn=arn, Revision=revision)
    return answer["ServerProperties"].decode("utf-8", "replace")


def past_updates(kafka: "KafkaClient", cluster_arn: str) -> Iterator[PastUpdate]:
    """
    Yield the successful updates among the last hundred operations on the cluster.

    Yields nothing where MSK refuses to list them: they only set the pace of a wait.
    """
    operations: dict[str, Any] = {}
    with suppress(Refused), aws_refusals():
        operations |= kafka.list_cluster_operations_v2(ClusterArn=cluster_arn, MaxResults=100)
    for operation in operations.get("ClusterOperationInfoList", []):
        started, ended = operation.get("StartTime"), operation.get("EndTime")
        if started and ended and operation.get("OperationState") == "UPDATE_COMPLETE":
            yield PastUpdate(operation.get("OperationType", ""), (ended - started).total_seconds())


def update_error(kafka: "KafkaClient", operation_arn: str) -> str | None:
    """Return MSK's error of the operation; None where it did not fail."""
    operation = kafka.describe_cluster_operation_v2(ClusterOperationArn=operation_arn)
    info = operation["ClusterOperationInfo"]
    if info.get("OperationState") != "UPDATE_FAILED":
        return None
    error = info.get("ErrorInfo") or {}
    return f"{error.get('ErrorCode', 'no code')}: {error.get('ErrorString', 'no reason given')}"


def bootstrap_brokers(kafka: "KafkaClient", cluster_arn: str) -> dict[Scheme, str]:
    """Return the broker strings for private connectivity; a scheme that is off has none."""
    answer: dict[str, Any] = {**kafka.get_bootstrap_brokers(ClusterArn=cluster_arn)}
    strings = {scheme: answer.get(name) for scheme, name in BROKER_STRINGS.items()}
    return {scheme: brokers for scheme, brokers in strings.items() if brokers}


def broker_ids(kafka: "KafkaClient", cluster_arn: str) -> frozenset[int] | None:
    """Return the ids of the brokers that the cluster has now; None where MSK lists none."""
    pages = kafka.get_paginator("list_nodes").paginate(ClusterArn=cluster_arn)
    with suppress(Refused), aws_refusals():
        nodes = [node for page in pages for node in page["NodeInfoList"]]
        brokers = (node["BrokerNodeInfo"] for node in nodes if "BrokerNodeInfo" in node)
        return frozenset(int(broker["BrokerId"]) for broker in brokers) or None
    return None


def client_connections(kafka: "KafkaClient", cluster_arn: str) -> list[ClientConnection]:
    """
    Return every connection to the cluster, a hundred per call; none where the cluster is gone.

    AWS does not document whether MSK lists those of a cluster without private connectivity. An
    error there means that there are none.
    """
    pages = kafka.get_paginator("list_client_vpc_connections").paginate(ClusterArn=cluster_arn)
    try:
        return [
            ClientConnection(
                arn=connection["VpcConnectionArn"],
                account=connection.get("Owner", ""),
                state=connection.get("State", ""),
            )
            for page in pages
            for connection in page["ClientVpcConnections"]
        ]
    except kafka.exceptions.NotFoundException:
        return []
    except kafka.exceptions.BadRequestException:
        cluster = describe_cluster(kafka, cluster_arn)
        if cluster and cluster.private_schemes:
            raise
        return []


def made_by_accounts(
    kafka: "KafkaClient", cluster_arn: str, connection_arns: Set[str]
) -> frozenset[str]:
    """
    Return those of the connections that are known to be made by an account, not an AWS service.

    Their creation is among the cluster's operations, with the type of its caller (MSK API
    reference, VpcConnectionInfo); services are Firehose, Replicator and OpenSearch Ingestion. Each
    operation takes one call, so pass all connections at once, and only once.
    """
    unknown, found = set(connection_arns), set[str]()
    pages = kafka.get_paginator("list_cluster_operations_v2").paginate(ClusterArn=cluster_arn)
    for page in pages:
        for operation in page["ClusterOperationInfoList"]:
            if operation.get("OperationType") != "CREATE_VPC_CONNECTION":
                continue
            described = kafka.describe_cluster_operation_v2(
                ClusterOperationArn=operation["OperationArn"]
            )["ClusterOperationInfo"]
            info = described.get("Provisioned", {}).get("VpcConnectionInfo", {})
            made, caller = info.get("VpcConnectionArn", ""), info.get("UserIdentity", {})
            if made in unknown and caller.get("Type") == "AWSACCOUNT":
                found.add(made)
            unknown.discard(made)
            if not unknown:
                return frozenset(found)
    return frozenset(found)


def reject_connection(kafka: "KafkaClient", cluster_arn: str, connection_arn: str) -> bool:
    """
    Reject an AVAILABLE connection from the owner's side; return whether MSK did.

    It is billed until the client deletes it (MSK developer guide, reject a connection).
    """
    try:
        kafka.reject_client_vpc_connection(ClusterArn=cluster_arn, VpcConnectionArn=connection_arn)
    except (kafka.exceptions.BadRequestException, kafka.exceptions.NotFoundException):
        return False
    return True
