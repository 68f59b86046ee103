"""The parameters of a cluster in one account: their names, and what others changed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.drift.kinds import Drift, DriftKind
from msklink.parameters import status
from msklink.parameters.client_properties import BOOTSTRAP_SERVERS, client_properties
from msklink.refusals import Code, Refusal, refuse


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


def parameter_drift(
    existing: Mapping[str, str], wanted: Mapping[str, str], account: str, scheme: Scheme
) -> Drift | None:
    """How the parameters of a *scheme* that were published are not as they should be, if so."""
    wrong = [name for name, value in wanted.items() if existing.get(name) != value]
    if not wrong:
        return None
    return replace(
        drift_of_scheme(account, scheme),
        before="; ".join(f"{name}: {existing.get(name, 'missing')}" for name in wrong),
        after="; ".join(f"{name}: {wanted[name]}" for name in wrong),
    )


def drift_of_scheme(account: str, scheme: Scheme) -> Drift:
    """A drift of the parameters of a *scheme*, of which no more is known."""
    return Drift(DriftKind.PARAMETERS, before="", after="", account=account, scheme=scheme)


def withdrawal_names(namespace: str, cluster_name: str, schemes: Iterable[Scheme]) -> list[str]:
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
    content: Mapping[str, Any],
    now: datetime,
) -> dict[str, str]:
    """The status parameter by full name, if it has to say something else than in *existing*."""
    name = status_name(namespace, cluster_name)
    return (
        {}
        if status.says_the_same(existing.get(name), content)
        else {name: status.render(content, now)}
    )


def name_refusal(
    existing: Mapping[str, str], namespace: str, cluster: ClusterArn
) -> Refusal | None:
    """Why nothing may be written: the *existing* parameters are those of another cluster."""
    other = status.owner_of(existing.get(status_name(namespace, cluster.name)))
    if other in {None, cluster.text}:
        return None
    path = parameters_path(namespace, cluster.name)
    return refuse(Code.CLUSTER_NAME_TAKEN, path=path, other=other, cluster=cluster.text)


class PublishedState(BaseModel, frozen=True):
    """How a run left the parameters of a cluster in one account."""

    digests: dict[str, str] = {}
    """By scheme, what the configuration said; and that the status was there."""
    unrepaired_schemes: tuple[Scheme, ...] = ()
    """Schemes that others have changed, and that were left so."""

    def may_differ(self, scheme: Scheme, found: Mapping[str, str]) -> bool:
        """Whether the configuration with the digests *found* may be somebody else's."""
        noted = self.digests.get(scheme)
        return scheme in self.unrepaired_schemes or (
            noted is not None and noted != found.get(scheme)
        )
