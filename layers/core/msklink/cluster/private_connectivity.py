"""Multi-VPC private connectivity of a cluster: what is on, and what was turned off."""

from typing import Any

from msklink.auth_scheme import Scheme
from msklink.cluster.description import ClusterDescription
from msklink.drift.kinds import Drift, DriftKind


def connectivity_flags(cluster: ClusterDescription, wanted: frozenset[Scheme]) -> dict[str, Any]:
    """
    The `VpcConnectivity` to send: all three flags, on where it is on now or wanted.

    Whether MSK reads an absent flag as off is undocumented, and turning a scheme off kills its
    connections for good (MSK developer guide, "Update the authorization schemes"), so no flag is
    ever left out and none is ever turned off.
    """
    on = cluster.private_schemes | wanted

    def flag(scheme: Scheme) -> dict[str, bool]:
        return {"Enabled": scheme in on}

    return {
        "ClientAuthentication": {
            "Sasl": {"Scram": flag(Scheme.SCRAM), "Iam": flag(Scheme.IAM)},
            "Tls": flag(Scheme.TLS),
        }
    }


def turned_off_schemes(
    cluster: ClusterDescription, asked: frozenset[Scheme], seen: frozenset[Scheme]
) -> frozenset[Scheme]:
    """Schemes *asked* for that were *seen* to be on, and are not."""
    return (seen & asked) - cluster.private_schemes


def connectivity_drift(scheme: Scheme) -> Drift:
    """That somebody turned private connectivity off for *scheme*, after it was on."""
    return Drift(DriftKind.CONNECTIVITY, before="off", after="on", scheme=scheme)
