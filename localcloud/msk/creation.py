"""CreateCluster and CreateClusterV2: checks, defaults, and 20 minutes until ACTIVE."""

import copy
import re
from typing import Final

from localcloud.msk.configurations import find_configuration
from localcloud.msk.errors import (
    PRIVATE_AT_CREATION,
    PUBLIC_AT_CREATION,
    SASL_OVER_PLAINTEXT,
    MskError,
    bad_request,
    conflict,
)
from localcloud.msk.model import Cluster, Connectivity, Json, Scheme, schemes_in
from localcloud.msk.network import Subnet
from localcloud.msk.store import Call
from localcloud.msk.tags import check_tags

ZONES_OF_EXPRESS: Final = 3
"""AWS's own guides for Express brokers ask for three subnets in three zones."""

_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")


def create_cluster(call: Call) -> Json:
    outside = ("ClusterName", "Tags")
    provisioned = {key: value for key, value in call.params.items() if key not in outside}
    return _answer(_create(call, provisioned, serverless=False))


def create_cluster_v2(call: Call) -> Json:
    blocks = [name for name in ("Provisioned", "Serverless") if name in call.params]
    if len(blocks) != 1:
        raise bad_request("Specify exactly one of provisioned and serverless.", "provisioned")
    cluster = _create(call, call.params[blocks[0]], serverless=blocks == ["Serverless"])
    return _answer(cluster) | {"ClusterType": cluster.kind}


def _answer(cluster: Cluster) -> Json:
    return {"ClusterArn": cluster.arn, "ClusterName": cluster.name, "State": cluster.state}


def _create(call: Call, block: Json, *, serverless: bool) -> Cluster:
    store, caller = call.store, call.caller
    name: str = call.params["ClusterName"]
    tags = call.params.get("Tags", {})
    if not _NAME.fullmatch(name):
        raise bad_request("The cluster name has characters that are not allowed.", "clusterName")
    if _is_taken(call, name):
        raise conflict(f"A cluster with the name {name} already exists.", "clusterName")
    check_tags(tags)
    subnets = _subnets(call, block, serverless=serverless)
    settings = copy.deepcopy(block) if serverless else _provisioned(call, block, subnets)
    number = store.number()
    cluster = Cluster(
        number=number,
        arn=f"arn:aws:kafka:{caller.region}:{caller.account}:cluster/{name}/"
        f"{store.uuid()}-{number}",
        name=name,
        account=caller.account,
        region=caller.region,
        created=store.now(),
        version=store.version(),
        settings=settings,
        serverless=serverless,
        vpc_ids=frozenset(subnet.vpc_id for subnet in subnets),
        tags=dict(tags),
        host_suffix=store.letters(6),
        connectivity=Connectivity(mentions_schemes=store.assumptions.fresh_shows_flags),
    )
    if not serverless:
        instance_type = settings["BrokerNodeGroupInfo"]["InstanceType"]
        count = settings["NumberOfBrokerNodes"]
        cluster.set_brokers(dict.fromkeys(range(1, count + 1), instance_type), instance_type)
    store.clusters[cluster.arn] = cluster
    outcome = "FAILED" if call.fault.failure else "ACTIVE"

    def finish() -> None:
        if cluster.state == "CREATING":
            cluster.state = outcome

    store.after(store.durations.create_cluster * call.fault.slowness, finish)
    if tags and store.assumptions.tags_at_creation_emit:
        store.tags_changed(caller, cluster.arn, "cluster", tuple(sorted(tags)), tags)
    return cluster


def _is_taken(call: Call, name: str) -> bool:
    here = (call.caller.account, call.caller.region, name)
    free = {"DELETING"} if call.store.assumptions.name_is_free_while_deleting else set()
    return any(
        (item.account, item.region, item.name) == here and item.state not in free
        for item in call.store.clusters.values()
    )


def _subnets(call: Call, block: Json, *, serverless: bool) -> list[Subnet]:
    if serverless:
        subnet_ids = [name for vpc in block["VpcConfigs"] for name in vpc["SubnetIds"]]
    else:
        subnet_ids = block["BrokerNodeGroupInfo"]["ClientSubnets"]
    caller = call.caller
    subnets = call.store.network.subnets(caller.account, caller.region, subnet_ids)
    missing = sorted(set(subnet_ids) - {subnet.subnet_id for subnet in subnets})
    if missing or not subnets:
        raise bad_request(f"These subnets do not exist: {missing}.", "clientSubnets")
    return subnets


def _provisioned(call: Call, block: Json, subnets: list[Subnet]) -> Json:
    """Return the block as Describe shows it, or raise an error about it."""
    settings = copy.deepcopy(block)
    nodes = settings["BrokerNodeGroupInfo"]
    _refuse_early_connectivity(nodes.pop("ConnectivityInfo", {}))
    zone_ids = [subnet.zone_id for subnet in subnets]
    if len(set(zone_ids)) != len(zone_ids) or len({subnet.vpc_id for subnet in subnets}) != 1:
        raise bad_request("Each client subnet must be in its own zone of one VPC.", "clientSubnets")
    if nodes["InstanceType"].startswith("express.") and len(subnets) != ZONES_OF_EXPRESS:
        raise bad_request("Express brokers need subnets in three zones.", "clientSubnets")
    if settings["NumberOfBrokerNodes"] % len(subnets):
        raise bad_request(
            "The number of broker nodes must be a multiple of the number of zones.",
            "numberOfBrokerNodes",
        )
    nodes.setdefault("BrokerAZDistribution", "DEFAULT")
    nodes["ZoneIds"] = zone_ids
    settings["ClientAuthentication"] = _authentication(settings.get("ClientAuthentication", {}))
    settings["EncryptionInfo"] = _encryption(call, settings.get("EncryptionInfo", {}))
    _check_encryption(settings)
    settings.setdefault("EnhancedMonitoring", "DEFAULT")
    settings.setdefault("StorageMode", "LOCAL")
    if wanted := settings.get("ConfigurationInfo"):
        _check_configuration(call, wanted)
    return settings


def _refuse_early_connectivity(info: Json) -> None:
    private = info.get("VpcConnectivity", {}).get("ClientAuthentication")
    if schemes_in(private):
        raise bad_request(PRIVATE_AT_CREATION, "vpcConnectivity.clientAuthentication")
    if info.get("PublicAccess", {}).get("Type", "DISABLED") != "DISABLED":
        raise bad_request(PUBLIC_AT_CREATION, "publicAccess.type")
    if info.get("NetworkType", "IPV4") != "IPV4":
        raise bad_request("When creating a cluster, the network type must be IPV4.", "networkType")


def _authentication(given: Json) -> Json:
    """Return all flags; a cluster without schemes allows unauthenticated access."""
    schemes = schemes_in(given)
    tls = given.get("Tls", {})
    authorities = tls.get("CertificateAuthorityArnList", [])
    if Scheme.TLS in schemes and not authorities:
        raise bad_request(
            "Mutual TLS needs a certificate authority.", "certificateAuthorityArnList"
        )
    anonymous = given.get("Unauthenticated", {}).get("Enabled", not schemes)
    return {
        "Sasl": {
            "Scram": {"Enabled": Scheme.SCRAM in schemes},
            "Iam": {"Enabled": Scheme.IAM in schemes},
        },
        "Tls": {"CertificateAuthorityArnList": authorities, "Enabled": Scheme.TLS in schemes},
        "Unauthenticated": {"Enabled": anonymous},
    }


def _encryption(call: Call, given: Json) -> Json:
    caller = call.caller
    key = f"arn:aws:kms:{caller.region}:{caller.account}:key/{call.store.uuid()}"
    return {
        "EncryptionAtRest": given.get("EncryptionAtRest", {"DataVolumeKMSKeyId": key}),
        "EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": True}
        | given.get("EncryptionInTransit", {}),
    }


def _check_encryption(settings: Json) -> None:
    authentication = settings["ClientAuthentication"]
    schemes = schemes_in(authentication)
    encryption = settings["EncryptionInfo"]["EncryptionInTransit"]["ClientBroker"]
    if encryption == "PLAINTEXT" and schemes:
        raise bad_request("Authentication needs encryption in transit.", "clientBroker")
    anonymous = authentication["Unauthenticated"]["Enabled"]
    if encryption == "TLS_PLAINTEXT" and schemes - {Scheme.TLS} and not anonymous:
        raise bad_request(SASL_OVER_PLAINTEXT, "unauthenticated")


def _check_configuration(call: Call, wanted: Json) -> None:
    try:
        find_configuration(call, wanted["Arn"])
    except MskError as error:
        raise bad_request(error.message, "configurationInfo") from error
    if wanted["Revision"] != 1:
        raise bad_request("The configuration revision does not exist.", "configurationInfo")
