"""Map the host names of private connectivity to brokers, and check who may connect."""

import re
from dataclasses import dataclass
from typing import Final

from localcloud.msk.authorization import is_admitted
from localcloud.msk.model import Caller, Cluster, Scheme
from localcloud.msk.store import Store

PRIVATE_PORTS: Final = 14000
LONGEST_NAME_IN_HOST: Final = 17


@dataclass(frozen=True)
class PrivateBroker:
    """
    A broker under its name in private connectivity.

    *addresses* are those of all brokers of the cluster; *number* is the position of this one.
    """

    cluster_arn: str
    region: str
    scheme: Scheme
    number: int
    addresses: tuple[tuple[str, int], ...]


def domain(cluster: Cluster) -> str:
    name = re.sub(r"[^0-9a-z]", "", cluster.name.lower())[:LONGEST_NAME_IN_HOST]
    return f"{name}.{cluster.host_suffix}.c3.kafka.{cluster.region}.amazonaws.com"


def address(cluster: Cluster, scheme: Scheme, number: int) -> tuple[str, int]:
    return f"b-{number}.{scheme}.{domain(cluster)}", PRIVATE_PORTS + number


def find_broker(store: Store, host: str) -> PrivateBroker | None:
    """Return the broker called *host*, if there is one and its scheme is on."""
    for cluster in store.clusters.values():
        for scheme in cluster.connectivity.schemes:
            addresses = tuple(address(cluster, scheme, n) for n in sorted(cluster.brokers))
            for number, (name, _) in enumerate(addresses, 1):
                if name == host:
                    return PrivateBroker(cluster.arn, cluster.region, scheme, number, addresses)
    return None


def denial_reason(store: Store, caller: Caller, broker: PrivateBroker) -> str | None:
    """Return why an IAM client may not use *broker*: the network first, then the policy."""
    cluster = store.clusters.get(broker.cluster_arn)
    if cluster is None or broker.scheme not in cluster.connectivity.schemes:
        return f"{broker.cluster_arn} has no private connectivity by {broker.scheme}"
    states = [
        item.state
        for item in store.connections_of(cluster)
        if item.account == caller.account and item.scheme == broker.scheme
    ]
    if "AVAILABLE" not in states:
        found = f"one that is {states[0]}" if states else "none"
        return (
            f"account {caller.account} needs an AVAILABLE VPC connection by {broker.scheme} to "
            f"cluster {cluster.name} and has {found}: on AWS this name would not resolve "
            "in its VPCs"
        )
    if caller.account != cluster.account and not is_admitted(
        cluster, caller, "kafka-cluster:Connect"
    ):
        return (
            f"Access denied: the policy of cluster {cluster.name} does not allow "
            f"kafka-cluster:Connect to {caller.arn}"
        )
    return None
