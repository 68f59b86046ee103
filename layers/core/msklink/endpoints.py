"""What is published for applications: a Kafka client's configuration, property by property.

Property names and values are those of the README of aws/aws-msk-iam-auth and of the MSK developer
guide ("Client authentication"). Secrets are never published, so SCRAM has no `sasl.jaas.config`.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from msklink import status
from msklink.arns import ClusterArn
from msklink.drift import Drift, Kind
from msklink.records import Brokers
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


def lasting(
    published: Brokers, found: Mapping[Scheme, str], count: int, ids: Collection[int] | None
) -> Brokers:
    """
    The brokers to publish of a cluster that has *count*: the *published*, or those *found* now.

    Of more than three each answer of MSK names any three (issues 21393 and 35696 of the Terraform
    provider), so what was published stays, unless brokers were added or removed since. *ids* are
    those of the brokers that there are, if MSK tells: after an upgrade from Standard to Express
    brokers there may be as many as before, and others.
    """
    kept = published.strings if published.of == count else {}
    if ids is not None:
        kept = {scheme: text for scheme, text in kept.items() if _ids(text) <= set(ids)}
    chosen = {scheme: _rather(kept.get(scheme), brokers) for scheme, brokers in found.items()}
    return Brokers(strings=chosen, of=count)


def _rather(kept: str | None, found: str) -> str:
    """*kept*, unless MSK names more brokers or others: a scheme turned on anew may have others."""
    is_good = kept and _domains(kept) == _domains(found) and kept.count(",") >= found.count(",")
    return kept if kept and is_good else ",".join(sorted(found.split(",")))


def _ids(brokers: str) -> set[int]:
    """The ids in the names of *brokers*, as far as they are of the form that has been seen."""
    return {int(number) for number in re.findall(r"(?:^|,)b-(\d+)\.", brokers)}


def _domains(brokers: str) -> set[str]:
    """What follows on the brokers' own names."""
    return {host.partition(".")[2].partition(":")[0] for host in brokers.split(",")}


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


def digests(existing: Mapping[str, str], namespace: str, cluster_name: str) -> dict[str, str]:
    """
    By scheme, another one when the configuration among *existing* says something else.

    Of the status, which every run may write, only whether it is there.
    """
    path = parameters_path(namespace, cluster_name)
    by_scheme = {scheme: _below(f"{path}/{scheme}/", existing) for scheme in Scheme}
    found = {scheme.value: _digest(ours) for scheme, ours in by_scheme.items() if ours}
    has_status = status_name(namespace, cluster_name) in existing
    return found | ({"status": "there"} if has_status else {})


def _below(path: str, existing: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in existing.items() if name.startswith(path)}


def _digest(ours: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(ours, sort_keys=True).encode()).hexdigest()[:16]


def drifted(
    existing: Mapping[str, str], wanted: Mapping[str, str], account: str, scheme: Scheme
) -> Drift | None:
    """How the parameters of a *scheme* that were published are not as they should be, if so."""
    wrong = [name for name, value in wanted.items() if existing.get(name) != value]
    if not wrong:
        return None
    return replace(
        drift_of(account, scheme),
        before="; ".join(f"{name}: {existing.get(name, 'missing')}" for name in wrong),
        after="; ".join(f"{name}: {wanted[name]}" for name in wrong),
    )


def drift_of(account: str, scheme: Scheme) -> Drift:
    """A drift of the parameters of a *scheme*, of which no more is known."""
    return Drift(Kind.PARAMETERS, before="", after="", account=account, scheme=scheme)


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
    return refuse(Code.CLUSTER_NAME_TAKEN, path=path, other=other, cluster=cluster.text)
