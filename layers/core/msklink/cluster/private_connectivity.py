"""Multi-VPC private connectivity of a cluster: the schemes that are on, or were turned off."""

from typing import Any

from msklink.auth_scheme import Scheme
from msklink.cluster.description import ClusterDescription
from msklink.drift.kinds import Drift, DriftKind


def connectivity_flags(cluster: ClusterDescription, wanted: frozenset[Scheme]) -> dict[str, Any]:
    """
    Return the `VpcConnectivity` to send: all three flags, on for schemes that are on or wanted.

    AWS does not document whether MSK reads an absent flag as off. Turning a scheme off ends its
    connections for good (MSK developer guide, "Update the authorization schemes"). So every flag is
    sent, and none turns a scheme off.
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
    """Return the schemes among *asked* that were *seen* on, and are off now."""
    return (seen & asked) - cluster.private_schemes


def connectivity_drift(scheme: Scheme) -> Drift:
    """Return the drift of a *scheme* that others turned off."""
    return Drift(DriftKind.CONNECTIVITY, before="off", after="on", scheme=scheme)
