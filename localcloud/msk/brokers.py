"""
GetBootstrapBrokers: host names that cannot be constructed, of changing brokers.

Of more than three brokers each answer names any three (issues 19659, 21393 and 35696 of the
Terraform provider), in any order. Here each names the three that follow on those of the last, so
that nobody sees the same twice in a row.
"""

import random
from typing import Final

from localcloud.msk.authorization import find_cluster
from localcloud.msk.errors import conflict
from localcloud.msk.model import Cluster, Json, Scheme
from localcloud.msk.private_names import PORTS_INSIDE, address, domain
from localcloud.msk.store import Call

MOST_BROKERS: Final = 3
_FIELDS: Final = {Scheme.IAM: "SaslIam", Scheme.SCRAM: "SaslScram", Scheme.TLS: "Tls"}
_PUBLIC: Final = 100


def get_bootstrap_brokers(call: Call) -> Json:
    cluster = find_cluster(call)
    if cluster.state in ("CREATING", "DELETING", "FAILED"):
        raise conflict(f"The cluster is {cluster.state}.", "clusterArn")
    cluster.answers += 1
    order = random.Random(f"{cluster.arn} {cluster.answers}")
    if cluster.serverless:
        domain = f"c3.kafka-serverless.{cluster.region}.amazonaws.com"
        return {"BootstrapBrokerStringSaslIam": f"boot-{cluster.host_suffix}.{domain}:9098"}
    brokers = _Brokers(cluster, order)
    return brokers.inside() | brokers.public() | brokers.private()


class _Brokers:
    """The bootstrap strings of one response, in the given *order*."""

    def __init__(self, cluster: Cluster, order: random.Random) -> None:
        self._cluster = cluster
        self._order = order
        self._domain = domain(cluster)

    def inside(self) -> Json:
        """Return the strings for clients in the cluster's VPC."""
        settings = self._cluster.settings
        strings = {
            f"BootstrapBrokerString{_FIELDS[scheme]}": self._same_port("", PORTS_INSIDE[scheme])
            for scheme in sorted(self._cluster.base_schemes)
        }
        encryption = settings["EncryptionInfo"]["EncryptionInTransit"]["ClientBroker"]
        if settings["ClientAuthentication"]["Unauthenticated"]["Enabled"]:
            if encryption != "TLS":
                strings["BootstrapBrokerString"] = self._same_port("", 9092)
            if encryption != "PLAINTEXT":
                strings["BootstrapBrokerStringTls"] = self._same_port("", 9094)
        return strings

    def public(self) -> Json:
        if self._cluster.connectivity.public_access == "DISABLED":
            return {}
        return {
            f"BootstrapBrokerStringPublic{_FIELDS[scheme]}": self._same_port(
                "-public", PORTS_INSIDE[scheme] + _PUBLIC
            )
            for scheme in sorted(self._cluster.base_schemes)
        }

    def private(self) -> Json:
        """Return the strings for clients in other VPCs; a scheme that is off has no field."""
        return {
            f"BootstrapBrokerStringVpcConnectivity{_FIELDS[scheme]}": self._joined(
                ["{}:{}".format(*address(self._cluster, scheme, n)) for n in self._numbers()]
            )
            for scheme in sorted(self._cluster.connectivity.schemes)
        }

    def _same_port(self, suffix: str, port: int) -> str:
        hosts = [f"b-{broker}{suffix}.{self._domain}:{port}" for broker in self._numbers()]
        return self._joined(hosts)

    def _numbers(self) -> list[int]:
        ids = sorted(self._cluster.brokers)
        first = (self._cluster.answers - 1) * MOST_BROKERS
        if len(ids) <= MOST_BROKERS:
            return ids
        return [ids[(first + nth) % len(ids)] for nth in range(MOST_BROKERS)]

    def _joined(self, hosts: list[str]) -> str:
        self._order.shuffle(hosts)
        return ",".join(hosts)
