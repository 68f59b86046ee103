"""What is published for applications: a Kafka client's configuration, property by property.

Property names and values are those of the README of aws/aws-msk-iam-auth and of the MSK developer
guide ("Client authentication"). Secrets are never published, so SCRAM has no `sasl.jaas.config`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msklink import status
from msklink.arns import ClusterArn
from msklink.refusals import Code, Refusal, refuse
from msklink.scheme import Scheme

BOOTSTRAP_SERVERS = "bootstrap.servers"

# A Network Load Balancer drops a connection that is idle for 350 s, silently; a client that closes
# it before is never surprised (Elastic Load Balancing user guide, connection idle timeout).
IDLE_MS = "300000"

PROPERTIES: dict[Scheme, dict[str, str]] = {
    Scheme.IAM: {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "AWS_MSK_IAM",
        "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "sasl.client.callback.handler.class": (
            "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
        ),
    },
    Scheme.SCRAM: {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"},
    Scheme.TLS: {"security.protocol": "SSL"},
}


def client_properties(scheme: Scheme, brokers: str) -> dict[str, str]:
    """
    The configuration of a client that connects by *scheme*, in the order to write it.

    *brokers* is a string of GetBootstrapBrokers; MSK returns its hosts in any order, so they are
    sorted. `bootstrap.servers` is last: where it is, the rest is.
    """
    return {
        **PROPERTIES[scheme],
        "connections.max.idle.ms": IDLE_MS,
        BOOTSTRAP_SERVERS: ",".join(sorted(brokers.split(","))),
    }


def parameters_path(namespace: str, cluster_name: str) -> str:
    return f"/{namespace}/{cluster_name}"


def parameters(namespace: str, cluster_name: str, brokers: Mapping[Scheme, str]) -> dict[str, str]:
    """Every parameter for clients by full name, scheme by scheme, in the order to write them."""
    path = parameters_path(namespace, cluster_name)
    return {
        f"{path}/{scheme}/{name}": value
        for scheme in sorted(brokers)
        for name, value in client_properties(scheme, brokers[scheme]).items()
    }


def withdrawn(namespace: str, cluster_name: str, schemes: Iterable[Scheme]) -> list[str]:
    """
    Names of the parameters of *schemes*, in the order to take them away.

    `bootstrap.servers` is first, so that no application finds it beside half a configuration.
    """
    names = parameters(namespace, cluster_name, dict.fromkeys(schemes, "-"))
    return sorted(names, key=lambda name: not name.endswith(f"/{BOOTSTRAP_SERVERS}"))


def status_name(namespace: str, cluster_name: str) -> str:
    return f"{parameters_path(namespace, cluster_name)}/status"


def status_parameter(
    existing: Mapping[str, str],
    namespace: str,
    cluster_name: str,
    told: Mapping[str, Any],
    now: datetime,
) -> dict[str, str]:
    """The status parameter by full name, if it has to say something else than in *existing*."""
    name = status_name(namespace, cluster_name)
    return {} if status.same(existing.get(name), told) else {name: status.render(told, now)}


def name_taken(existing: Mapping[str, str], namespace: str, cluster: ClusterArn) -> Refusal | None:
    """Why nothing may be written: the *existing* parameters are those of another cluster."""
    other = status.owner_of(existing.get(status_name(namespace, cluster.name)))
    if other in {None, cluster.text}:
        return None
    path = parameters_path(namespace, cluster.name)
    return refuse(Code.CLUSTER_NAME_TAKEN, path=path, other=other)
