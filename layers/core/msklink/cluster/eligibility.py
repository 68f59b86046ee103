"""Decide which schemes a cluster can offer over private connectivity, and why not the others.

Each rule names its source. MSK page: "Amazon MSK multi-VPC private connectivity in a single
Region", requirements and limitations. No rule changes the cluster. A rule `refuse_…` returns a
refusal, or None for a cluster that keeps it.
"""

from collections.abc import Callable, Collection, Mapping

from msklink.auth_scheme import Scheme
from msklink.cluster.description import ClusterDescription
from msklink.cluster.kafka_version import MINIMUM_VERSION, is_supported
from msklink.cluster.server_properties import ALLOW_EVERYONE, everyone_is_allowed
from msklink.refusals import Code, Refusal, refuse
from msklink.tags import RequestedSchemes

ClusterRule = Callable[[ClusterDescription], Refusal | None]


def refuse_serverless(cluster: ClusterDescription) -> Refusal | None:
    """Refuse a serverless cluster, whose VPCs are set at creation (MSK developer guide, limits)."""
    return refuse(Code.CLUSTER_SERVERLESS) if cluster.serverless else None


def refuse_unusable(cluster: ClusterDescription) -> Refusal | None:
    """Refuse a cluster that never returns to ACTIVE (MSK developer guide, cluster states)."""
    if cluster.state not in {"FAILED", "DELETING"}:
        return None
    reason = cluster.reason or "MSK gives no reason"
    return refuse(Code.CLUSTER_UNUSABLE, state=cluster.state, reason=reason)


def refuse_old_kafka(cluster: ClusterDescription) -> Refusal | None:
    """Refuse Apache Kafka before 2.7.1 (MSK page); MSK decides on a version we cannot read."""
    if cluster.serverless or is_supported(cluster.kafka_version) is not False:
        return None
    minimum = ".".join(map(str, MINIMUM_VERSION))
    return refuse(Code.KAFKA_TOO_OLD, version=cluster.kafka_version, minimum=minimum)


def refuse_small_brokers(cluster: ClusterDescription) -> Refusal | None:
    """Refuse the instance type t3.small (MSK page)."""
    if cluster.instance_type != "kafka.t3.small":
        return None
    return refuse(Code.BROKERS_TOO_SMALL, instance_type=cluster.instance_type)


def refuse_unauthenticated(cluster: ClusterDescription) -> Refusal | None:
    """Refuse a cluster without any authentication (MSK page)."""
    never = cluster.unauthenticated and not cluster.authentication_schemes
    return refuse(Code.CLUSTER_UNAUTHENTICATED) if never else None


def refuse_dual_stack(cluster: ClusterDescription) -> Refusal | None:
    """Refuse dual-stack, which MSK cannot change back (MSK developer guide, network type)."""
    if cluster.network_type in {"", "IPV4"}:
        return None
    return refuse(Code.CLUSTER_DUAL_STACK, network_type=cluster.network_type)


CLUSTER_RULES: tuple[ClusterRule, ...] = (
    refuse_serverless,
    refuse_unusable,
    refuse_old_kafka,
    refuse_small_brokers,
    refuse_unauthenticated,
    refuse_dual_stack,
)


def cluster_refusal(cluster: ClusterDescription) -> Refusal | None:
    """Return the refusal by the first rule that the cluster as a whole breaks."""
    return next((refusal for rule in CLUSTER_RULES if (refusal := rule(cluster))), None)


def scheme_refusals(
    cluster: ClusterDescription,
    asked: RequestedSchemes,
    namespace: str,
    server_properties: str | None = None,
) -> dict[Scheme, Refusal]:
    """
    Return why schemes cannot be offered on *cluster*; a scheme that is not in the result can be.

    *server_properties* is the text of the cluster's configuration revision, None without one.
    """
    whole = cluster_refusal(cluster)
    return {
        scheme: refusal
        for scheme in Scheme
        if (
            refusal := whole
            or _refuse_unrequested(scheme, asked, namespace)
            or _refuse_off(cluster, scheme)
            or _refuse_unencrypted(cluster, scheme)
            or _refuse_without_authority(cluster, scheme)
            or _refuse_without_acls(scheme, server_properties)
        )
    }


def _refuse_unrequested(scheme: Scheme, asked: RequestedSchemes, namespace: str) -> Refusal | None:
    if scheme in asked.schemes:
        return None
    offered = " ".join(sorted(asked.schemes)) or "nothing"
    return refuse(Code.SCHEME_NOT_OFFERED, scheme=scheme, offered=offered, key=namespace)


def _refuse_off(cluster: ClusterDescription, scheme: Scheme) -> Refusal | None:
    """Refuse a scheme that is off (MSK developer guide, cross-account permissions)."""
    return (
        None
        if scheme in cluster.authentication_schemes
        else refuse(Code.SCHEME_OFF_ON_CLUSTER, scheme=scheme)
    )


def _refuse_unencrypted(cluster: ClusterDescription, scheme: Scheme) -> Refusal | None:
    """
    Refuse every scheme without TLS (MSK developer guide, updating security).

    MSK allows SASL with TLS_PLAINTEXT only where unauthenticated access is on as well.
    """
    encryption = cluster.client_broker_encryption
    if encryption != "PLAINTEXT":
        return None
    return refuse(
        Code.ENCRYPTION_UNFIT, scheme=scheme, encryption=encryption, fit="TLS or TLS_PLAINTEXT"
    )


def _refuse_without_authority(cluster: ClusterDescription, scheme: Scheme) -> Refusal | None:
    """Refuse tls without a certificate authority (MSK developer guide, mutual TLS)."""
    if scheme is not Scheme.TLS or cluster.certificate_authorities:
        return None
    return refuse(Code.NO_CERTIFICATE_AUTHORITY)


def _refuse_without_acls(scheme: Scheme, server_properties: str | None) -> Refusal | None:
    """
    Refuse scram and tls unless the property is false, as they need ACLs (MSK page).

    MSKLink checks the property and never sets it: without ACLs, false locks out every client.
    """
    if scheme is Scheme.IAM or not everyone_is_allowed(server_properties):
        return None
    return refuse(Code.ACLS_NOT_ENFORCED, scheme=scheme, property=ALLOW_EVERYONE)


def cluster_warnings(cluster: ClusterDescription) -> tuple[Refusal, ...]:
    """Return what may prevent connections but is tried all the same."""
    warnings = []
    if not cluster.serverless and is_supported(cluster.kafka_version) is None:
        warnings.append(refuse(Code.KAFKA_VERSION_UNKNOWN, version=cluster.kafka_version))
    if "express." in cluster.instance_type and "kafka." in cluster.instance_type:
        # Both types are in one text (UpdateBrokerType in the model of MSK's API,
        # targetInstanceType).
        warnings.append(refuse(Code.BROKERS_MIXED, instance_type=cluster.instance_type))
    elif cluster.instance_type.startswith("express."):
        # No AWS page excludes Express; users report that MSK refuses it (ClickHouse's guide).
        warnings.append(refuse(Code.BROKERS_EXPRESS, instance_type=cluster.instance_type))
    if cluster.unauthenticated and cluster.authentication_schemes:
        # AWS, 2024-09-20: for clusters with any authentication mechanism, and anonymous clients
        # keep access. The MSK page says that unauthenticated clusters cannot use it.
        warnings.append(refuse(Code.UNAUTHENTICATED_ACCESS_ON))
    return tuple(warnings)


def owner_refusals(
    asked: RequestedSchemes, refusals: Mapping[Scheme, Refusal]
) -> tuple[Refusal, ...]:
    """Return what the owner should correct: invalid words, and schemes that cannot be offered."""
    if asked.auto and len(refusals) < len(asked.schemes):
        return asked.refusals
    refused = {refusals[scheme] for scheme in sorted(asked.schemes) if scheme in refusals}
    return asked.refusals + tuple(sorted(refused, key=lambda refusal: refusal.message))


def vendor_refusals(
    cluster: ClusterDescription, vendors: Collection[str], asked: RequestedSchemes, namespace: str
) -> tuple[Refusal, ...]:
    """
    Return why *vendors*, which send no requests, cannot connect by any scheme.

    For clients `auto` means the schemes that they request. A guess for vendors would reboot
    brokers.
    """
    if not vendors or not asked.auto or cluster.private_schemes:
        return ()
    return (refuse(Code.VENDOR_SCHEME_UNNAMED, vendors=f"{namespace}/vendors", key=namespace),)
