"""MSK managed VPC connections: the client creates and deletes, the owner rejects them."""

import re
from datetime import datetime

from localcloud.msk.authorization import find_cluster
from localcloud.msk.cluster_operations import begin_operation
from localcloud.msk.connection_checks import check_connection
from localcloud.msk.errors import NOT_CONNECTED, bad_request, forbidden, not_found
from localcloud.msk.model import Caller, Cluster, Connection, Json, Operation, Schemes
from localcloud.msk.network import Endpoint
from localcloud.msk.pages import page
from localcloud.msk.store import Call, Store

KIND_OF_CALLER = "AWSACCOUNT"
"""AWSSERVICE is the other (MSK API reference, UserIdentity)."""


def create_vpc_connection(call: Call) -> Json:
    store, caller, params = call.store, call.caller, call.params
    cluster = find_cluster(call, "TargetClusterArn")
    scheme = check_connection(call, cluster)
    path = f"{cluster.account}/{cluster.name}/{store.uuid()}"
    endpoint = Endpoint(
        vpc_id=params["VpcId"],
        subnet_ids=tuple(params["ClientSubnets"]),
        security_group_ids=tuple(params["SecurityGroups"]),
        tags={"AWSMSKManaged": "true", "ClusterArn": cluster.arn},
        service_name=f"com.amazonaws.vpce.{cluster.region}.vpce-svc-{cluster.host_suffix}{scheme}",
    )
    try:
        endpoint_id = store.network.create_endpoint(caller, endpoint)
    except PermissionError as error:
        raise forbidden(str(error)) from error
    connection = Connection(
        number=store.number(),
        arn=f"arn:aws:kafka:{caller.region}:{caller.account}:vpc-connection/{path}",
        account=caller.account,
        region=caller.region,
        cluster_arn=cluster.arn,
        scheme=scheme,
        vpc_id=params["VpcId"],
        subnet_ids=list(params["ClientSubnets"]),
        security_group_ids=list(params["SecurityGroups"]),
        created=store.now(),
        tags=dict(params.get("Tags", {})),
        endpoint_id=endpoint_id,
    )
    store.connections[connection.arn] = connection
    operation = _record(store, cluster, connection, caller, "CREATE")
    outcome = "FAILED" if call.fault.failure else "AVAILABLE"

    def finish() -> None:
        operation.state = "CREATE_FAILED" if call.fault.failure else "CREATE_COMPLETE"
        operation.ended = store.now()
        if connection.state == "CREATING":
            connection.state = outcome

    store.after(store.durations.create_connection * call.fault.slowness, finish)
    described = _described(connection)
    del described["TargetClusterArn"]
    return described | {"ClientSubnets": described.pop("Subnets")}


def describe_vpc_connection(call: Call) -> Json:
    return _described(_own_connection(call))


def delete_vpc_connection(call: Call) -> Json:
    store, caller = call.store, call.caller
    connection = _own_connection(call)
    if connection.state not in ("AVAILABLE", "INACTIVE", "REJECTED", "FAILED"):
        raise bad_request(f"A connection that is {connection.state} can't be deleted.", "arn")
    try:
        store.network.delete_endpoint(caller, connection.endpoint_id)
    except PermissionError as error:
        raise forbidden(str(error)) from error
    connection.state = "DELETING"
    cluster = store.clusters.get(connection.cluster_arn)
    operation = _record(store, cluster, connection, caller, "DELETE") if cluster else None

    def finish() -> None:
        del store.connections[connection.arn]
        if operation:
            operation.state = "DELETE_COMPLETE"
            operation.ended = store.now()

    store.after(store.durations.delete_connection * call.fault.slowness, finish)
    return {"VpcConnectionArn": connection.arn, "State": connection.state}


def list_vpc_connections(call: Call) -> Json:
    where = (call.caller.account, call.caller.region)
    own = [i for i in call.store.connections.values() if (i.account, i.region) == where]
    shown, more = page(call, own)
    unlisted = ("Subnets", "SecurityGroups", "Tags")
    infos = [
        {key: value for key, value in _described(item).items() if key not in unlisted}
        for item in shown
    ]
    return {"VpcConnections": infos, **more}


def list_client_vpc_connections(call: Call) -> Json:
    """List the connections for the owner, without the client's VPC."""
    cluster = find_cluster(call)
    connections = call.store.connections_of(cluster)
    is_unconnected = not connections and not cluster.connectivity.schemes
    if is_unconnected and call.store.assumptions.unconnected_cannot_list:
        raise bad_request(NOT_CONNECTED, "clusterArn")
    shown, more = page(call, connections)
    infos = [
        {
            "Authentication": item.scheme.authentication,
            "CreationTime": item.created,
            "State": item.state,
            "VpcConnectionArn": item.arn,
            "Owner": item.account,
        }
        for item in shown
    ]
    return {"ClientVpcConnections": infos, **more}


def reject_client_vpc_connection(call: Call) -> Json:
    cluster = find_cluster(call)
    connection = call.store.connections.get(call.params["VpcConnectionArn"])
    if connection is None or connection.cluster_arn != cluster.arn:
        raise not_found("The VPC connection does not exist.", "vpcConnectionArn")
    if connection.state != "AVAILABLE":
        raise bad_request(
            f"A connection that is {connection.state} can't be rejected.", "vpcConnectionArn"
        )
    connection.state = "REJECTING"
    _become(call.store, connection, "REJECTED", call.store.durations.reject_connection)
    return {}


def deactivate(store: Store, cluster: Cluster, schemes: Schemes) -> None:
    """Make the connections of *schemes* INACTIVE, after which they can only be deleted."""
    for connection in store.connections_of(cluster):
        if connection.scheme in schemes and connection.state in ("CREATING", "AVAILABLE"):
            connection.state = "DEACTIVATING"
            _become(store, connection, "INACTIVE", store.durations.deactivate_connection)


def _become(store: Store, connection: Connection, state: str, seconds: float) -> None:
    passing = connection.state

    def finish() -> None:
        if connection.state == passing:
            connection.state = state

    store.after(seconds, finish)


def _own_connection(call: Call) -> Connection:
    arn: str = call.params["Arn"]
    match = re.fullmatch(r"arn:[\w-]+:kafka:([\w-]+):(\d{12}):vpc-connection/.+", arn)
    if match is None:
        raise bad_request("The ARN of the VPC connection is not valid.", "arn")
    if match[2] != call.caller.account:
        raise forbidden(
            f"User: {call.caller.arn} is not authorized to perform: "
            f"kafka:{call.operation} on resource: {arn}"
        )
    connection = call.store.connections.get(arn)
    if connection is None or connection.region != call.caller.region:
        raise not_found(f"The VPC connection {arn} does not exist.", "arn")
    return connection


def _described(connection: Connection) -> Json:
    return {
        "VpcConnectionArn": connection.arn,
        "TargetClusterArn": connection.cluster_arn,
        "State": connection.state,
        "Authentication": connection.scheme.authentication,
        "VpcId": connection.vpc_id,
        "Subnets": connection.subnet_ids,
        "SecurityGroups": connection.security_group_ids,
        "CreationTime": connection.created,
        "Tags": connection.tags,
    }


def _record(
    store: Store, cluster: Cluster, connection: Connection, caller: Caller, verb: str
) -> Operation:
    """Record the creation or deletion of a connection in the cluster's operations."""
    operation = begin_operation(store, cluster, f"{verb}_VPC_CONNECTION", f"{verb}_IN_PROGRESS")
    created: datetime = connection.created
    operation.connection = {
        "VpcConnectionArn": connection.arn,
        "Owner": connection.account,
        "UserIdentity": {"Type": KIND_OF_CALLER, "PrincipalId": caller.account},
        "CreationTime": created,
    }
    return operation
