"""The parameters of a cluster in one account: their names, and their drift."""

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
    """Return every parameter for clients by full name, scheme by scheme, in the order to write."""
    path = parameters_path(namespace, cluster_name)
    return {
        f"{path}/{scheme}/{name}": value
        for scheme in sorted(brokers)
        for name, value in client_properties(scheme, brokers[scheme]).items()
    }


def users_path(namespace: str, cluster_name: str) -> str:
    """Return the path of the secrets of users, outside of the folders with properties."""
    return f"{parameters_path(namespace, cluster_name)}/users"


def digests(existing: Mapping[str, str], namespace: str, cluster_name: str) -> dict[str, str]:
    """
    Return a digest of the properties of each scheme among *existing*, and one of the users.

    Every run may write the status, so only its existence is recorded.
    """
    path = parameters_path(namespace, cluster_name)
    by_scheme = {scheme: _below(f"{path}/{scheme}/", existing) for scheme in Scheme}
    found = {scheme.value: _digest(ours) for scheme, ours in by_scheme.items() if ours}
    if users := _below(f"{users_path(namespace, cluster_name)}/", existing):
        found["users"] = _digest(users)
    has_status = status_name(namespace, cluster_name) in existing
    return found | ({"status": "there"} if has_status else {})


def _below(path: str, existing: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in existing.items() if name.startswith(path)}


def _digest(ours: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(ours, sort_keys=True).encode()).hexdigest()[:16]


def parameter_drift(
    existing: Mapping[str, str], wanted: Mapping[str, str], account: str, scheme: Scheme
) -> Drift | None:
    """Return the drift of the published parameters of a *scheme*, if any differs."""
    wrong = [name for name, value in wanted.items() if existing.get(name) != value]
    if not wrong:
        return None
    return replace(
        drift_of_scheme(account, scheme),
        before="; ".join(f"{name}: {existing.get(name, 'missing')}" for name in wrong),
        after="; ".join(f"{name}: {wanted[name]}" for name in wrong),
    )


def drift_of_scheme(account: str, scheme: Scheme) -> Drift:
    """Return a drift of the parameters of a *scheme* without details."""
    return Drift(DriftKind.PARAMETERS, before="", after="", account=account, scheme=scheme)


def withdrawal_names(namespace: str, cluster_name: str, schemes: Iterable[Scheme]) -> list[str]:
    """
    Return the names of the parameters of *schemes*, in the order to delete them.

    `bootstrap.servers` is first, so that no application reads it with only some of the properties.
    """
    names = parameters(namespace, cluster_name, dict.fromkeys(schemes, "-"))
    return sorted(names, key=lambda name: not name.endswith(f"/{BOOTSTRAP_SERVERS}"))


def status_name(namespace: str, cluster_name: str) -> str:
    return f"{parameters_path(namespace, cluster_name)}/status"


def plan_name(namespace: str, cluster_name: str) -> str:
    """Return the name of the parameter with the plan of what is held, in the owner's account."""
    return f"{parameters_path(namespace, cluster_name)}/plan"


def status_parameter(
    existing: Mapping[str, str],
    namespace: str,
    cluster_name: str,
    content: Mapping[str, Any],
    now: datetime,
) -> dict[str, str]:
    """Return the status parameter by full name, if its content differs from *existing*."""
    name = status_name(namespace, cluster_name)
    return (
        {}
        if status.says_the_same(existing.get(name), content)
        else {name: status.render(content, now)}
    )


def name_refusal(
    existing: Mapping[str, str], namespace: str, cluster: ClusterArn
) -> Refusal | None:
    """Return why nothing may be written: another cluster has the *existing* parameters."""
    other = status.cluster_arn_of(existing.get(status_name(namespace, cluster.name)))
    if other in {None, cluster.text}:
        return None
    path = parameters_path(namespace, cluster.name)
    return refuse(Code.CLUSTER_NAME_TAKEN, path=path, other=other, cluster=cluster.text)


class PublishedState(BaseModel, frozen=True):
    """The parameters of a cluster in one account as a run left them."""

    digests: dict[str, str] = {}
    """By scheme, a digest of the properties; `status` where the status existed."""
    unrepaired_schemes: tuple[Scheme, ...] = ()
    """Schemes whose parameters others changed, and that MSKLink did not repair."""

    def may_differ(self, scheme: Scheme, found: Mapping[str, str]) -> bool:
        """Return whether others may have changed the properties with the digests *found*."""
        digest = self.digests.get(scheme)
        return scheme in self.unrepaired_schemes or (
            digest is not None and digest != found.get(scheme)
        )
