"""Describe, list and delete clusters, in the shapes of both API versions."""

from localcloud.msk.authorization import find_cluster
from localcloud.msk.errors import NOT_ON_SERVERLESS, STALE_CLUSTER_VERSION, bad_request
from localcloud.msk.model import Cluster, Json, Operation
from localcloud.msk.pages import page
from localcloud.msk.store import Call


def describe_cluster(call: Call) -> Json:
    cluster = find_cluster(call)
    if cluster.serverless:
        raise bad_request(NOT_ON_SERVERLESS, "clusterArn")
    return {"ClusterInfo": _described_v1(call, cluster)}


def describe_cluster_v2(call: Call) -> Json:
    return {"ClusterInfo": _described_v2(call, find_cluster(call))}


def list_clusters(call: Call) -> Json:
    shown, more = page(call, [item for item in _own(call) if not item.serverless])
    return {"ClusterInfoList": [_described_v1(call, item) for item in shown], **more}


def list_clusters_v2(call: Call) -> Json:
    kind = call.params.get("ClusterTypeFilter", "ALL").upper()
    if kind not in ("ALL", "PROVISIONED", "SERVERLESS"):
        raise bad_request("The cluster type is not valid.", "clusterTypeFilter")
    shown, more = page(call, [item for item in _own(call) if kind in ("ALL", item.kind)])
    infos = [_described_v2(call, item) for item in shown]
    for info in infos:
        info.get("Provisioned", {}).pop(call.store.assumptions.list_leaves_out, None)
    return {"ClusterInfoList": infos, **more}


def delete_cluster(call: Call) -> Json:
    store = call.store
    cluster = find_cluster(call)
    if cluster.state not in ("ACTIVE", "FAILED"):
        raise bad_request(f"A cluster that is {cluster.state} can't be deleted.", "clusterArn")
    if call.params.get("CurrentVersion", cluster.version) != cluster.version:
        raise bad_request(STALE_CLUSTER_VERSION, "currentVersion")
    cluster.state = "DELETING"

    def finish() -> None:
        del store.clusters[cluster.arn]
        store.topics.forget(cluster.arn)
        for connection in store.connections_of(cluster):
            connection.state = "INACTIVE"

    store.after(store.durations.delete_cluster * call.fault.slowness, finish)
    return {"ClusterArn": cluster.arn, "State": cluster.state}


def _own(call: Call) -> list[Cluster]:
    """Return the caller's clusters; the name filter is a prefix, not an exact match."""
    where = (call.caller.account, call.caller.region)
    prefix = call.params.get("ClusterNameFilter", "")
    return [
        item
        for item in call.store.clusters.values()
        if (item.account, item.region) == where and item.name.startswith(prefix)
    ]


def _described(call: Call, cluster: Cluster) -> Json:
    described: Json = {
        "ClusterArn": cluster.arn,
        "ClusterName": cluster.name,
        "CreationTime": cluster.created,
        "CurrentVersion": cluster.version,
        "State": cluster.state,
        "Tags": cluster.tags,
    }
    if operation := _named_operation(call, cluster):
        described["ActiveOperationArn"] = operation.arn
    if cluster.state == "FAILED":
        described["StateInfo"] = {"Code": "CLUSTER_FAILED", "Message": "The cluster failed."}
    return described


def _named_operation(call: Call, cluster: Cluster) -> Operation | None:
    match call.store.assumptions.active_operation:
        case "updates":
            return cluster.active_operation
        case "latest":
            return cluster.operations[-1] if cluster.operations else None
        case "never":
            return None


def _described_v1(call: Call, cluster: Cluster) -> Json:
    return _described(call, cluster) | _settings(cluster)


def _described_v2(call: Call, cluster: Cluster) -> Json:
    block = (
        {"Serverless": cluster.settings}
        if cluster.serverless
        else {"Provisioned": _settings(cluster)}
    )
    return _described(call, cluster) | {"ClusterType": cluster.kind} | block


def _settings(cluster: Cluster) -> Json:
    asked = ("KafkaVersion", "ConfigurationInfo", "BrokerNodeGroupInfo")
    shown = {key: value for key, value in cluster.settings.items() if key not in asked}
    software = {"KafkaVersion": cluster.settings["KafkaVersion"]}
    if configuration := cluster.settings.get("ConfigurationInfo"):
        software["ConfigurationArn"] = configuration["Arn"]
        software["ConfigurationRevision"] = configuration["Revision"]
    nodes = cluster.settings["BrokerNodeGroupInfo"]
    return shown | {
        "BrokerNodeGroupInfo": nodes | {"ConnectivityInfo": cluster.connectivity.described()},
        "CurrentBrokerSoftwareInfo": software,
    }
