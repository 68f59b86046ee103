"""Read parameters by path, write those that differ, and delete them by name."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

import boto3

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.aws.session import CONFIG, own_session
from msklink.drift.kinds import Drift
from msklink.errors import LostRace
from msklink.parameters import published
from msklink.parameters.published import PublishedState
from msklink.parameters.status import cluster_arn_of, taken_over, with_replaced_cluster
from msklink.refusals import Code, Refusal, refuse
from msklink.settings import settings
from msklink.tags import MANAGED_BY

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

TIER: Final = "Intelligent-Tiering"

MOST_NAMES: Final = 10
"""The limit of DeleteParameters and GetParameters (SSM API reference)."""


def client(session: boto3.Session | None = None) -> "SSMClient":
    return session.client("ssm", config=CONFIG) if session else _own_client()


@cache
def _own_client() -> "SSMClient":
    return own_session().client("ssm", config=CONFIG)


def read_all(session: boto3.Session, namespace: str) -> dict[str, str]:
    """Return every parameter of our namespace in the account, by full name."""
    pages = (
        client(session)
        .get_paginator("get_parameters_by_path")
        .paginate(Path=f"/{namespace}", Recursive=True)
    )
    return {one["Name"]: one["Value"] for page in pages for one in page["Parameters"]}


def read_some(names: Iterable[str]) -> dict[str, str]:
    """Return the parameters of our own account that exist among *names*, by full name."""
    return {
        one["Name"]: one["Value"]
        for some in batched(names, MOST_NAMES, strict=False)
        for one in client().get_parameters(Names=list(some))["Parameters"]
    }


def write_plan(cluster_name: str, text: str) -> None:
    """Write the plan of what is held into the owner's account, if it differs."""
    name = published.plan_name(settings().namespace, cluster_name)
    existing = read_some([name]).get(name)
    if existing != text:
        _put(client(), name, text, exists=existing is not None)


def delete_plan(cluster_name: str) -> None:
    """Delete the plan, if there is one."""
    client().delete_parameters(Names=[published.plan_name(settings().namespace, cluster_name)])


def _put(ssm: "SSMClient", name: str, value: str, *, exists: bool) -> None:
    """
    Write a parameter; a new one with our tag, which PutParameter does not accept with Overwrite.

    Intelligent-Tiering allows more than 4 KB for a status with many VPCs. Raises LostRace where the
    parameter exists by now: written for another cluster, or by this call, if its answer was lost
    and botocore retried it.
    """
    if exists:
        ssm.put_parameter(Name=name, Value=value, Type="String", Tier=TIER, Overwrite=True)
        return
    try:
        ssm.put_parameter(
            Name=name,
            Value=value,
            Type="String",
            Tier=TIER,
            Description="Written by MSKLink",
            Tags=[{"Key": MANAGED_BY, "Value": settings().stack_name}],
        )
    except ssm.exceptions.ParameterAlreadyExists as error:
        raise LostRace(f"parameter {name} was created meanwhile") from error


class ParameterSet:
    """The parameters for one cluster in the account of a session, as they were when read."""

    def __init__(self, session: boto3.Session, cluster_name: str) -> None:
        self._ssm = client(session)
        self._namespace, self._cluster_name = settings().namespace, cluster_name
        path = published.parameters_path(self._namespace, cluster_name)
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(
            Path=path, Recursive=True
        )
        self._existing = {one["Name"]: one["Value"] for page in pages for one in page["Parameters"]}

    @property
    def status(self) -> str | None:
        """The value of the status parameter."""
        return self._existing.get(published.status_name(self._namespace, self._cluster_name))

    @property
    def cluster_arn(self) -> str:
        """ARN of the cluster that the parameters belong to; empty where they belong to none."""
        return cluster_arn_of(self.status) or ""

    def claim(self, cluster: ClusterArn, now: datetime, *, other_is_gone: bool) -> Refusal | None:
        """
        Claim the name for *cluster*; return the refusal where another cluster has the parameters.

        Where MSK no longer knows the other cluster, its brokers are withdrawn before the status
        names *cluster*: a run that fails in between claims the name again.
        """
        refusal = self.name_refusal(cluster)
        if refusal is None or not other_is_gone:
            return refusal
        replaced = refuse(Code.CLUSTER_REPLACED, old=self.cluster_arn, new=cluster.text)
        self.withdraw(Scheme)
        self.write_status(taken_over(cluster.text, replaced), now)
        return None

    def name_refusal(self, cluster: ClusterArn) -> Refusal | None:
        """Return why nothing may be written: the parameters belong to another cluster."""
        return published.name_refusal(self._existing, self._namespace, cluster)

    def drifts(
        self, brokers: Mapping[Scheme, str], account: str, before: PublishedState
    ) -> list[Drift]:
        """Return what others have changed since *before*, in the properties by *brokers*."""
        found = (
            published.parameter_drift(
                self._existing,
                published.parameters(self._namespace, self._cluster_name, {scheme: text}),
                account,
                scheme,
            )
            for scheme, text in sorted(brokers.items())
            if before.may_differ(scheme, self.digests)
        )
        return [drift for drift in found if drift]

    @property
    def digests(self) -> dict[str, str]:
        return published.digests(self._existing, self._namespace, self._cluster_name)

    def publish(
        self,
        brokers: Mapping[Scheme, str],
        secrets: Mapping[str, str],
        content: Mapping[str, Any],
        now: datetime,
    ) -> list[str]:
        """
        Write the *secrets* of users, the properties by *brokers*, then the status *content*.

        Delete the secrets of other users. Return the names that were written.
        """
        users = {f"{self._users}{name}": arn for name, arn in secrets.items()}
        self._withdraw_users(users)
        wanted = published.parameters(self._namespace, self._cluster_name, brokers)
        return self._write(users | wanted | self._status(content, now))

    def write_status(self, content: Mapping[str, Any], now: datetime) -> list[str]:
        """Write the status only; return its name if it was written."""
        return self._write(self._status(content, now))

    def withdraw(self, schemes: Iterable[Scheme]) -> None:
        """Delete the properties of *schemes*, and with scram the secrets of users."""
        schemes = set(schemes)
        names = published.withdrawal_names(self._namespace, self._cluster_name, schemes)
        self._delete(name for name in names if name in self._existing)
        if Scheme.SCRAM in schemes:
            self._withdraw_users()

    @property
    def _users(self) -> str:
        """What the names of the parameters of users begin with."""
        return f"{published.users_path(self._namespace, self._cluster_name)}/"

    def _withdraw_users(self, kept: Collection[str] = ()) -> None:
        names = [name for name in self._existing if name.startswith(self._users)]
        self._delete(name for name in names if name not in kept)

    def withdraw_all(self) -> None:
        """Delete all published parameters, the plan, and the status."""
        self.withdraw(Scheme)
        place = self._namespace, self._cluster_name
        others = (published.plan_name(*place), published.status_name(*place))
        self._delete(name for name in others if name in self._existing)

    def _status(self, content: Mapping[str, Any], now: datetime) -> dict[str, str]:
        content = with_replaced_cluster(self.status, content)
        return published.status_parameter(
            self._existing, self._namespace, self._cluster_name, content, now
        )

    def _write(self, wanted: Mapping[str, str]) -> list[str]:
        """Write those of *wanted* (by full name, in this order) that differ; return their names."""
        different = [name for name, value in wanted.items() if self._existing.get(name) != value]
        for name in different:
            _put(self._ssm, name, wanted[name], exists=name in self._existing)
            self._existing[name] = wanted[name]
        return different

    def _delete(self, names: Iterable[str]) -> None:
        for some in batched(names, MOST_NAMES, strict=False):
            self._ssm.delete_parameters(Names=some)
            for name in some:
                del self._existing[name]
