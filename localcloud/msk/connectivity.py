"""UpdateConnectivity: one family of settings per call, a rolling reboot, a new version."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from localcloud.msk.authorization import find_cluster
from localcloud.msk.cluster_operations import begin_operation
from localcloud.msk.configurations import server_property
from localcloud.msk.connections import deactivate
from localcloud.msk.errors import (
    IDENTICAL,
    NOT_ON_SERVERLESS,
    ONE_FAMILY,
    SMALL_BROKERS,
    STALE_CLUSTER_VERSION,
    bad_request,
)
from localcloud.msk.model import Cluster, Connectivity, Json, Scheme, Schemes, schemes_in
from localcloud.msk.store import Call, Store

OLDEST_KAFKA: Final = (2, 7, 1)
ACL_DEFAULT: Final = "allow.everyone.if.no.acl.found"


def update_connectivity(call: Call) -> Json:
    cluster = find_cluster(call)
    if cluster.serverless:
        raise bad_request(NOT_ON_SERVERLESS, "clusterArn")
    if cluster.state != "ACTIVE" or cluster.active_operation:
        state = cluster.state if cluster.state != "ACTIVE" else "UPDATING"
        raise bad_request(f"The cluster is {state}. It must be ACTIVE to be updated.", "clusterArn")
    if call.fault.stale:
        cluster.version = call.store.version()
    if call.params["CurrentVersion"] != cluster.version:
        raise bad_request(STALE_CLUSTER_VERSION, "currentVersion")
    wanted = _wanted(call, cluster.connectivity)
    if wanted == replace(cluster.connectivity, mentions_schemes=wanted.mentions_schemes):
        raise bad_request(IDENTICAL, "connectivityInfo")
    _check_public_access(cluster, wanted)
    if wanted.schemes:
        for refusal, parameter in _refusals(call, cluster, wanted):
            raise bad_request(refusal, parameter)
    operation_arn = _begin(call, cluster, wanted)
    return {"ClusterArn": cluster.arn, "ClusterOperationArn": operation_arn}


def _wanted(call: Call, current: Connectivity) -> Connectivity:
    """Return the requested connectivity."""
    info: Json = call.params.get("ConnectivityInfo", {})
    families: list[Callable[[], Connectivity]] = []
    if "VpcConnectivity" in info:
        schemes = _wanted_schemes(call, current.schemes)
        families.append(lambda: replace(current, schemes=schemes, mentions_schemes=True))
    if "PublicAccess" in info:
        kind = info["PublicAccess"].get("Type", current.public_access)
        families.append(lambda: replace(current, public_access=kind))
    if "NetworkType" in info:
        families.append(lambda: replace(current, network_type=info["NetworkType"]))
    if "ZookeeperAccess" in call.params:
        enabled = call.params["ZookeeperAccess"].get("Enabled", current.zookeeper_access)
        families.append(lambda: replace(current, zookeeper_access=enabled))
    match families:
        case [family]:
            return family()
        case []:
            raise bad_request("Specify a connectivity setting to update.", "connectivityInfo")
        case _:
            raise bad_request(ONE_FAMILY)


def _wanted_schemes(call: Call, current: Schemes) -> Schemes:
    block = call.params["ConnectivityInfo"]["VpcConnectivity"].get("ClientAuthentication", {})
    on = schemes_in(block)
    if call.store.assumptions.omitted_scheme_is_off:
        return on
    sasl = block.get("Sasl", {})
    flags = {
        Scheme.IAM: sasl.get("Iam", {}),
        Scheme.SCRAM: sasl.get("Scram", {}),
        Scheme.TLS: block.get("Tls", {}),
    }
    omitted = {scheme for scheme, flag in flags.items() if "Enabled" not in flag}
    return on | (current & omitted)


def _check_public_access(cluster: Cluster, wanted: Connectivity) -> None:
    if wanted.public_access not in ("DISABLED", "SERVICE_PROVIDED_EIPS"):
        raise bad_request("The type of public access is not valid.", "publicAccess.type")
    if cluster.connectivity.network_type == "DUAL" and wanted.network_type == "IPV4":
        raise bad_request("The network type can't be changed back to IPV4.", "networkType")


def _refusals(call: Call, cluster: Cluster, wanted: Connectivity) -> Iterator[tuple[str, str]]:
    """Yield the reasons against private connectivity, with the invalid parameter."""
    settings = cluster.settings
    parameter = "vpcConnectivity.clientAuthentication"
    if settings["BrokerNodeGroupInfo"]["InstanceType"] == "kafka.t3.small":
        yield SMALL_BROKERS, "instanceType"
    if not is_recent(settings["KafkaVersion"]):
        yield "Private connectivity needs Apache Kafka 2.7.1 or later.", "kafkaVersion"
    if wanted.network_type == "DUAL":
        yield "Private connectivity does not support the network type DUAL.", "networkType"
    anonymous = settings["ClientAuthentication"]["Unauthenticated"]["Enabled"]
    if anonymous and (call.store.assumptions.mixed_is_refused or not cluster.base_schemes):
        yield "Private connectivity does not support unauthenticated access.", parameter
    if off := sorted(wanted.schemes - cluster.base_schemes):
        yield (
            f"These authentication schemes are not on for the cluster: {', '.join(off)}.",
            parameter,
        )
    if wanted.schemes & {Scheme.SCRAM, Scheme.TLS} and allows_everyone(call.store, cluster):
        yield f"Set {ACL_DEFAULT} to false before you turn on SASL/SCRAM or mutual TLS.", parameter


def is_recent(kafka_version: str, oldest: tuple[int, ...] = OLDEST_KAFKA) -> bool:
    """
    Compare the leading numbers with those of *oldest*.

    An `x` matches any number. An unknown form counts as recent.
    """
    match = re.match(r"\d+(\.\d+)*", kafka_version)
    if match is None:
        return True
    numbers = tuple(int(part) for part in match[0].split("."))
    return numbers >= oldest[: len(numbers)]


def allows_everyone(store: Store, cluster: Cluster) -> bool:
    """Return whether a resource without an ACL is open to every principal, which is the default."""
    chosen = cluster.settings.get("ConfigurationInfo")
    if chosen is None:
        return True
    value = server_property(store.configurations[chosen["Arn"]], ACL_DEFAULT)
    return value is None or value.lower() != "false"


def _begin(call: Call, cluster: Cluster, wanted: Connectivity) -> str:
    """Start the rolling reboot; the settings change when it has succeeded."""
    store = call.store
    before = cluster.connectivity
    operation = begin_operation(store, cluster, "UPDATE_CONNECTIVITY")
    operation.source = _mutable(before)
    operation.target = _mutable(wanted)
    if not (store.assumptions.express_stays_active and cluster.is_express):
        cluster.state = "UPDATING"
    cluster.active_operation = operation

    def accept() -> None:
        operation.state = "UPDATE_IN_PROGRESS"

    def finish() -> None:
        operation.ended = store.now()
        cluster.state = "ACTIVE"
        cluster.active_operation = None
        if call.fault.failure:
            code, text = call.fault.failure
            operation.state = "UPDATE_FAILED"
            operation.error = {"ErrorCode": code, "ErrorString": text}
            return
        operation.state = "UPDATE_COMPLETE"
        cluster.connectivity = wanted
        cluster.version = store.version()
        deactivate(store, cluster, before.schemes - wanted.schemes)

    brokers = cluster.settings["NumberOfBrokerNodes"]
    seconds = store.durations.update_connectivity * max(1, brokers / 3) * call.fault.slowness
    store.after(min(store.durations.accept_update, seconds), accept)
    store.after(seconds, finish)
    return operation.arn


def _mutable(connectivity: Connectivity) -> Json:
    return {
        "ConnectivityInfo": connectivity.described(),
        "ZookeeperAccess": {"Enabled": connectivity.zookeeper_access},
    }
