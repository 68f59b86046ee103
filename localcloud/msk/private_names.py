"""Map host names to brokers, and check who may use them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from localcloud.msk.authorization import policy_effects
from localcloud.msk.model import Caller, Cluster, Scheme
from localcloud.msk.store import Store

PRIVATE_PORTS: Final = 14000
PORTS_INSIDE: Final = {Scheme.IAM: 9098, Scheme.SCRAM: 9096, Scheme.TLS: 9094}
"""The ports in the VPC of the cluster (MSK developer guide, port information)."""

LONGEST_NAME_IN_HOST: Final = 17


Address = tuple[str, int]
"""Host and port."""


@dataclass(frozen=True)
class BrokerName:
    """
    A broker under one of its names, and by which schemes clients may use it there.

    *addresses* are those of all brokers of the cluster by scheme and broker id. *inside* tells
    whether the name is one for clients in the VPC of the cluster.
    """

    cluster_arn: str
    region: str
    addresses: Mapping[Scheme, Mapping[int, Address]]
    inside: bool = False


def domain(cluster: Cluster) -> str:
    name = re.sub(r"[^0-9a-z]", "", cluster.name.lower())[:LONGEST_NAME_IN_HOST]
    return f"{name}.{cluster.host_suffix}.c3.kafka.{cluster.region}.amazonaws.com"


def address(cluster: Cluster, scheme: Scheme, number: int) -> Address:
    return f"b-{number}.{scheme}.{domain(cluster)}", PRIVATE_PORTS + number


def find_broker(store: Store, host: str) -> BrokerName | None:
    """Return the broker called *host*, if there is one and its scheme is on."""
    for cluster in store.clusters.values():
        inside = _addresses_inside(cluster)
        if host in _hosts(inside):
            return BrokerName(cluster.arn, cluster.region, inside, inside=True)
        for scheme in cluster.connectivity.schemes:
            addresses = {n: address(cluster, scheme, n) for n in sorted(cluster.brokers)}
            if host in _hosts({scheme: addresses}):
                return BrokerName(cluster.arn, cluster.region, {scheme: addresses})
    return None


def broker_names(store: Store) -> list[str]:
    """Return the host names of all brokers, of all clusters and schemes."""
    return [
        address(cluster, scheme, number)[0]
        for cluster in store.clusters.values()
        for scheme in sorted(cluster.connectivity.schemes)
        for number in sorted(cluster.brokers)
    ]


def _addresses_inside(cluster: Cluster) -> Mapping[Scheme, Mapping[int, Address]]:
    """Return the addresses in the VPC of the cluster, where one name serves all schemes."""
    return {
        scheme: {n: (f"b-{n}.{domain(cluster)}", port) for n in sorted(cluster.brokers)}
        for scheme, port in PORTS_INSIDE.items()
        if scheme in cluster.base_schemes and scheme is not Scheme.TLS
    }


def _hosts(addresses: Mapping[Scheme, Mapping[int, Address]]) -> set[str]:
    return {host for brokers in addresses.values() for host, _ in brokers.values()}


def unreachable_reason(store: Store, broker: BrokerName, account: str | None) -> str | None:
    """Return why a client cannot reach *broker* on AWS; its *account* may be unknown."""
    cluster = store.clusters.get(broker.cluster_arn)
    if cluster is None:
        return f"{broker.cluster_arn} is deleted"
    if broker.inside:
        if account in (None, cluster.account):
            return None
        return f"this name resolves only in the VPC of cluster {cluster.name}"
    (scheme,) = broker.addresses
    states = [
        item.state
        for item in store.connections_of(cluster)
        if account in (None, item.account) and item.scheme == scheme
    ]
    if "AVAILABLE" in states:
        return None
    found = f"one that is {states[0]}" if states else "none"
    return (
        f"account {account or 'of the client'} needs an AVAILABLE VPC connection by {scheme} to "
        f"cluster {cluster.name} and has {found}: on AWS this name would not resolve "
        "in its VPCs"
    )


def data_denial(
    store: Store, caller: Caller, cluster_arn: str, action: str, resource: str
) -> str | None:
    """
    Return why the cluster policy denies *action* on *resource*, or None.

    Callers of another account need an allow in it (IAM user guide, policy evaluation logic).
    """
    cluster = store.clusters.get(cluster_arn)
    if cluster is None:
        return f"{cluster_arn} is deleted"
    effects = policy_effects(cluster, caller, action, resource)
    if "Deny" in effects:
        return f"the policy of cluster {cluster.name} denies {action} to {caller.arn}"
    if caller.account != cluster.account and not effects:
        return f"the policy of cluster {cluster.name} does not allow {action} to {caller.arn}"
    return None
