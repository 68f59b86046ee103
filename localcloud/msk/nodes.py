"""
ListNodes, UpdateBrokerCount, and UpdateBrokerType.

UpdateBrokerType includes the in-place upgrade from Standard to Express (MSK developer guide,
"Upgrade Standard brokers to Express brokers"). Its model asks for both types in one text to begin,
for the Express type to complete it, and for the Standard type to roll it back; how the two are
joined nobody could verify, so any sign will do.
"""

import re
from dataclasses import dataclass
from typing import Final

from localcloud.msk.authorization import find_cluster
from localcloud.msk.cluster_operations import begin_operation
from localcloud.msk.errors import NOT_ON_SERVERLESS, STALE_CLUSTER_VERSION, bad_request
from localcloud.msk.model import Cluster, Json
from localcloud.msk.pages import page
from localcloud.msk.private_names import domain
from localcloud.msk.store import Call

_TYPE: Final = re.compile(r"(?:kafka|express)\.\w+\.\w+")
_UPGRADABLE: Final = re.compile(r"3\.9(?:\.\w+)?\.kraft")
_ZONES: Final = 3


@dataclass(frozen=True)
class _Node:
    number: int
    instance_type: str


def list_nodes(call: Call) -> Json:
    cluster = find_cluster(call)
    if cluster.serverless:
        raise bad_request(NOT_ON_SERVERLESS, "clusterArn")
    shown, more = page(call, [_Node(*broker) for broker in cluster.brokers.items()])
    return {"NodeInfoList": [_described(cluster, node) for node in shown], **more}


def _described(cluster: Cluster, node: _Node) -> Json:
    subnets = cluster.settings["BrokerNodeGroupInfo"]["ClientSubnets"]
    kind = "EXPRESS" if _is_express(node.instance_type) else "STANDARD"
    return {
        "NodeARN": f"{cluster.arn.replace(':cluster/', ':node/')}/{node.number}",
        "NodeType": "BROKER",
        "InstanceType": node.instance_type,
        "BrokerNodeInfo": {
            "BrokerId": float(node.number),
            "BrokerNodeType": kind,
            "ClientSubnet": subnets[(node.number - 1) % len(subnets)],
            "CurrentBrokerSoftwareInfo": {"KafkaVersion": cluster.settings["KafkaVersion"]},
            "Endpoints": [f"b-{node.number}.{domain(cluster)}"],
        },
    }


def update_broker_type(call: Call) -> Json:
    cluster = _find_updatable(call)
    target: str = call.params["TargetInstanceType"]
    brokers = _brokers_then(cluster, target)
    # AWS's own agent skill for MSK: an Express cluster stays ACTIVE while its brokers change size.
    kind = "BROKER_UPDATE" if cluster.is_express else "UPDATE_BROKER_TYPE"
    return _update(call, cluster, kind, brokers, target)


def update_broker_count(call: Call) -> Json:
    """Add brokers with the next ids, or remove those with the highest."""
    cluster = _find_updatable(call)
    count: int = call.params["TargetNumberOfBrokerNodes"]
    if count < 1 or count % len(set(cluster.zone_ids)) or count == len(cluster.brokers):
        raise bad_request(
            "The number of broker nodes must be another one, and a multiple of the number of "
            "Availability Zones.",
            "targetNumberOfBrokerNodes",
        )
    instance_type: str = cluster.settings["BrokerNodeGroupInfo"]["InstanceType"]
    kept = dict(sorted(cluster.brokers.items())[:count])
    first = max(cluster.brokers) + 1
    added = dict.fromkeys(range(first, first + count - len(kept)), instance_type)
    kind = "INCREASE_BROKER_COUNT" if added else "DECREASE_BROKER_COUNT"
    return _update(call, cluster, kind, kept | added, instance_type)


def _find_updatable(call: Call) -> Cluster:
    """Return the cluster that the call names, in the version that it names, or raise MskError."""
    cluster = find_cluster(call)
    if cluster.serverless:
        raise bad_request(NOT_ON_SERVERLESS, "clusterArn")
    if cluster.state != "ACTIVE" or cluster.active_operation:
        raise bad_request("The cluster must be ACTIVE to be updated.", "clusterArn")
    if call.params["CurrentVersion"] != cluster.version:
        raise bad_request(STALE_CLUSTER_VERSION, "currentVersion")
    return cluster


def _update(
    call: Call, cluster: Cluster, kind: str, brokers: dict[int, str], instance_type: str
) -> Json:
    """Begin an operation after which the cluster has *brokers*."""
    operation = begin_operation(call.store, cluster, kind, "UPDATE_IN_PROGRESS")
    cluster.active_operation = operation
    if not (cluster.is_express and call.store.assumptions.express_stays_active):
        cluster.state = "UPDATING"

    def finish() -> None:
        operation.state, operation.ended = "UPDATE_COMPLETE", call.store.now()
        cluster.state, cluster.active_operation = "ACTIVE", None
        cluster.version = call.store.version()
        cluster.set_brokers(brokers, instance_type)

    call.store.after(call.store.durations.update_connectivity * call.fault.slowness, finish)
    return {"ClusterArn": cluster.arn, "ClusterOperationArn": operation.arn}


def _brokers_then(cluster: Cluster, target: str) -> dict[int, str]:
    """Return the brokers, by id, after an update to *target*, or raise why there is none."""
    types = _TYPE.findall(target)
    now = set(cluster.brokers.values())
    if not types:
        raise bad_request("The instance type is not valid.", "targetInstanceType")
    if len(types) > 1:
        return cluster.brokers | _joining(cluster, types)
    [kind] = types
    if len(now) > 1:
        staying = {number: one for number, one in cluster.brokers.items() if one == kind}
        if not staying:
            raise bad_request("No broker has this instance type.", "targetInstanceType")
        return staying
    if _is_express(kind) != any(map(_is_express, now)):
        raise bad_request("Begin the upgrade with both instance types.", "targetInstanceType")
    return dict.fromkeys(cluster.brokers, kind)


def _joining(cluster: Cluster, types: list[str]) -> dict[int, str]:
    """Return the Express brokers that an upgrade adds: as many as there are Standard ones."""
    standard = set(cluster.brokers.values())
    express = set(types) - standard
    is_fit = _UPGRADABLE.fullmatch(cluster.settings["KafkaVersion"]) is not None
    is_fit &= len(set(cluster.zone_ids)) == _ZONES and "kafka.t3.small" not in standard
    if not is_fit or len(standard) > 1 or not all(map(_is_express, express)) or len(express) != 1:
        raise bad_request(
            "An upgrade to Express brokers needs Apache Kafka 3.9 with KRaft, three Availability "
            "Zones and Standard brokers of a larger size.",
            "targetInstanceType",
        )
    first, [kind] = max(cluster.brokers) + 1, express
    return dict.fromkeys(range(first, first + len(cluster.brokers)), kind)


def _is_express(instance_type: str) -> bool:
    return instance_type.startswith("express.")
