"""Cluster operations, newest first, in the shapes of both API versions."""

import re
from dataclasses import dataclass

from localcloud.msk.authorization import find_cluster
from localcloud.msk.errors import bad_request, forbidden, not_found
from localcloud.msk.model import Cluster, Json, Operation
from localcloud.msk.pages import page
from localcloud.msk.store import Call, Store


def begin_operation(store: Store, cluster: Cluster, kind: str, state: str = "PENDING") -> Operation:
    path = cluster.arn.split(":cluster/", 1)[1]
    prefix = f"arn:aws:kafka:{cluster.region}:{cluster.account}:cluster-operation"
    operation = Operation(f"{prefix}/{path}/{store.uuid()}", kind, store.now(), state)
    cluster.operations.append(operation)
    return operation


def describe_cluster_operation(call: Call) -> Json:
    cluster, operation = _find(call)
    return {"ClusterOperationInfo": _described_v1(cluster, operation)}


def describe_cluster_operation_v2(call: Call) -> Json:
    cluster, operation = _find(call)
    described = _summary(cluster, operation)
    if operation.error:
        described["ErrorInfo"] = operation.error
    return {"ClusterOperationInfo": described | {cluster.kind.title(): _details(operation)}}


def list_cluster_operations(call: Call) -> Json:
    cluster = find_cluster(call)
    shown, more = page(call, _newest_first(cluster))
    infos = [_described_v1(cluster, item.operation) for item in shown]
    return {"ClusterOperationInfoList": infos, **more}


def list_cluster_operations_v2(call: Call) -> Json:
    cluster = find_cluster(call)
    shown, more = page(call, _newest_first(cluster))
    infos = [_summary(cluster, item.operation) for item in shown]
    return {"ClusterOperationInfoList": infos, **more}


@dataclass(frozen=True)
class _Numbered:
    number: int
    operation: Operation


def _newest_first(cluster: Cluster) -> list[_Numbered]:
    newest = len(cluster.operations)
    return [
        _Numbered(newest - place, operation) for place, operation in enumerate(cluster.operations)
    ]


def _find(call: Call) -> tuple[Cluster, Operation]:
    arn: str = call.params["ClusterOperationArn"]
    match = re.fullmatch(r"arn:[\w-]+:kafka:([\w-]+):(\d{12}):cluster-operation/.+", arn)
    if match is None:
        raise bad_request("The operation ARN is not valid.", "clusterOperationArn")
    if match[2] != call.caller.account:
        raise forbidden(
            f"User: {call.caller.arn} is not authorized to perform: "
            f"kafka:{call.operation} on resource: {arn}"
        )
    for cluster in call.store.clusters.values():
        for operation in cluster.operations:
            if operation.arn == arn and cluster.region == call.caller.region:
                return cluster, operation
    raise not_found(f"The cluster operation {arn} does not exist.", "clusterOperationArn")


def _summary(cluster: Cluster, operation: Operation) -> Json:
    summary: Json = {
        "ClusterArn": cluster.arn,
        "ClusterType": cluster.kind,
        "StartTime": operation.started,
        "OperationArn": operation.arn,
        "OperationState": operation.state,
        "OperationType": operation.kind,
    }
    return summary | ({"EndTime": operation.ended} if operation.ended else {})


def _details(operation: Operation) -> Json:
    details = {
        "SourceClusterInfo": operation.source,
        "TargetClusterInfo": operation.target,
        "VpcConnectionInfo": operation.connection,
    }
    return {key: value for key, value in details.items() if value is not None}


def _described_v1(cluster: Cluster, operation: Operation) -> Json:
    described = _summary(cluster, operation)
    del described["ClusterType"]
    described["CreationTime"] = described.pop("StartTime")
    if operation.error:
        described["ErrorInfo"] = operation.error
    return described | _details(operation)
