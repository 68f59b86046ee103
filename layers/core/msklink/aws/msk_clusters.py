"""Amazon MSK from the owner's side: clusters, their updates, who is connected."""

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


def client(session: boto3.Session | None = None) -> "KafkaClient":
    return session.client("kafka", config=CONFIG) if session else _own_client()


@cache
def _own_client() -> "KafkaClient":
    return own_session().client("kafka", config=CONFIG)


def describe_cluster(kafka: "KafkaClient", arn: str) -> ClusterDescription | None:
    """The cluster *arn* as it is now, tags included; None when there is none."""
    try:
        info = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]
    except kafka.exceptions.NotFoundException:
        return None
    return ClusterDescription.read(info)


def is_gone(kafka: "KafkaClient", arn: str) -> bool:
    """Whether MSK answers that there is no cluster *arn*; what is no ARN to it is not gone."""
    try:
        return describe_cluster(kafka, arn) is None
    except kafka.exceptions.BadRequestException:
        return False


def describe_updates(
    kafka: "KafkaClient", arn: str, operation: str | None = None
) -> ClusterDescription | None:
    """
    Return the cluster as `describe_cluster` does, but with no operation other than a pending one.

    That is the one that the cluster names, or *operation*, one of ours, if it is going on. An
    Express cluster stays ACTIVE meanwhile, and AWS does not say whether a cluster names one when it
    is idle or while a connection is made; so each is asked for its own state.
    """
    cluster = describe_cluster(kafka, arn)
    if cluster is None or cluster.state in BUSY_STATES:
        return cluster
    named = dict.fromkeys((cluster.active_operation, operation or ""))
    going_on = (one for one in named if one and _keeps_updates_away(kafka, one))
    return replace(cluster, active_operation=next(going_on, ""))


def _keeps_updates_away(kafka: "KafkaClient", operation_arn: str) -> bool:
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
    """Every cluster of the account in the Region as MSK lists it now, tags included."""
    for page in kafka.get_paginator("list_clusters_v2").paginate():
        yield from map(ClusterDescription.read, page["ClusterInfoList"])


def find_clusters(kafka: "KafkaClient", name: str) -> list[str]:
    """
    ARNs of the clusters called *name*; the filter of MSK matches prefixes as well.

    One that is being deleted is left out where another has its name already.
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
    ARN of the operation that rolls the brokers; None when MSK says all is as wanted already.

    Raises LostRace when somebody updated the cluster since *cluster* was read. That may have been
    we, when an answer got lost and botocore asked again. MSK's text for a cluster that is being
    updated is undocumented, so its state decides. Raises UpdateRejected for any other no, such as
    that of a kind of broker ("Multi-VPC private connectivity is not supported on the broker
    instance type of the MSK cluster").
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
    """The configuration of the cluster as Java properties; None where it has MSK's default."""
    if cluster.configuration is None:
        return None
    arn, revision = cluster.configuration
    answer = kafka.describe_configuration_revision(Arn=arn, Revision=revision)
    return answer["ServerProperties"].decode("utf-8", "replace")


def past_updates(kafka: "KafkaClient", cluster_arn: str) -> Iterator[PastUpdate]:
    """
    Yield the latest hundred operations on the cluster that have ended.

    None where MSK refuses to list them: only the pace of a wait depends on them.
    """
    operations: dict[str, Any] = {}
    with suppress(Refused), aws_refusals():
        operations |= kafka.list_cluster_operations_v2(ClusterArn=cluster_arn, MaxResults=100)
    for operation in operations.get("ClusterOperationInfoList", []):
        started, ended = operation.get("StartTime"), operation.get("EndTime")
        if started and ended and operation.get("OperationState") == "UPDATE_COMPLETE":
            yield PastUpdate(operation.get("OperationType", ""), (ended - started).total_seconds())


def update_error(kafka: "KafkaClient", operation_arn: str) -> str | None:
    """What MSK says went wrong in the operation; None when it did not fail."""
    operation = kafka.describe_cluster_operation_v2(ClusterOperationArn=operation_arn)
    info = operation["ClusterOperationInfo"]
    if info.get("OperationState") != "UPDATE_FAILED":
        return None
    error = info.get("ErrorInfo") or {}
    return f"{error.get('ErrorCode', 'no code')}: {error.get('ErrorString', 'no reason given')}"


def bootstrap_brokers(kafka: "KafkaClient", cluster_arn: str) -> dict[Scheme, str]:
    """The broker strings for private connectivity; a scheme that is off has none."""
    answer = kafka.get_bootstrap_brokers(ClusterArn=cluster_arn)
    strings = {
        Scheme.IAM: answer.get("BootstrapBrokerStringVpcConnectivitySaslIam"),
        Scheme.SCRAM: answer.get("BootstrapBrokerStringVpcConnectivitySaslScram"),
        Scheme.TLS: answer.get("BootstrapBrokerStringVpcConnectivityTls"),
    }
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
    Every connection to the cluster, a hundred in a call; none to a cluster that is gone.

    Nobody knows whether MSK lists those of a cluster without private connectivity. Where it does
    not want to, there are none.
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
    Those of the connections of which it is known that an account made them, and no service of AWS.

    Their creation is among the cluster's operations, with the kind of its caller (MSK API
    reference, VpcConnectionInfo); services are Firehose, Replicator and OpenSearch Ingestion. Each
    is one call, so ask once about all, and not again.
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
    Whether the connection was cut off from the owner's side, which takes AVAILABLE.

    It is billed until the client deletes it (MSK developer guide, reject a connection).
    """
    try:
        kafka.reject_client_vpc_connection(ClusterArn=cluster_arn, VpcConnectionArn=connection_arn)
    except (kafka.exceptions.BadRequestException, kafka.exceptions.NotFoundException):
        return False
    return True
