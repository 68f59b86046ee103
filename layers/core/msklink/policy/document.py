"""The cluster policy, which others write as well.

PutClusterPolicy replaces the whole document, so statements of others are kept unchanged. One of our
statements admits all client accounts, with the actions of the MSK page on multi-VPC connectivity,
step 2; others grant topics and groups, one for each distinct access. Their Sids mark them as ours.
Policies are compared by meaning: MSK may return an account id as a root ARN, a list of one as a
string, and lists in any order.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from msklink.arns import ClusterArn
from msklink.drift.kinds import Drift, DriftKind
from msklink.policy.kafka_access import KafkaAccess

ACTIONS = (
    "kafka:CreateVpcConnection",
    "kafka:DescribeCluster",
    "kafka:DescribeClusterV2",
    "kafka:GetBootstrapBrokers",
)

CONNECT = ACTIONS[0]

SIZE_LIMIT = 20480
"""Characters (MSK API reference, /v1/clusters/{clusterArn}/policy)."""

MAX_REPORTED_CHARACTERS = 2000
"""The limit for changed statements in an event; the policy itself has them in full."""

VERSION = "2012-10-17"

# IAM replaces the ARN of a deleted role or user with its id (IAM user guide, principals).
_ORPHAN = re.compile(r"A[A-Z]{2}A[A-Z0-9]{12,}")

Statement = dict[str, Any]


@dataclass(frozen=True)
class ClusterGrant:
    """The accounts of all clients of one cluster, and their access."""

    accounts: frozenset[str]
    access: frozenset[tuple[str, KafkaAccess]] = frozenset()
    """Each account with its access to topics and groups."""


@dataclass(frozen=True)
class Policy:
    """A policy document. Two are equal if they mean the same."""

    document: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Return the policy in *text*; an empty text means a cluster without a policy."""
        return cls(json.loads(text) if text else {"Version": VERSION, "Statement": []})

    @property
    def statements(self) -> list[Statement]:
        return as_list(self.document.get("Statement"))

    @property
    def is_empty(self) -> bool:
        return not self.statements

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and self._meaning() == other._meaning()

    def __hash__(self) -> int:
        return hash(self._meaning())

    def _meaning(self) -> str:
        """Return a text that is equal for equal meanings; the order of statements has none."""
        statements = sorted(json.dumps(meaning(one), sort_keys=True) for one in self.statements)
        rest = {key: value for key, value in self.document.items() if key != "Statement"}
        return json.dumps([rest, statements], sort_keys=True)

    def to_json(self) -> str:
        """Return compact JSON, because every character counts towards the limit."""
        return json.dumps(self.document, separators=(",", ":"), ensure_ascii=False)

    @property
    def is_too_large(self) -> bool:
        return len(self.to_json()) > SIZE_LIMIT

    @property
    def used_percent(self) -> float:
        """The part of the size limit that it uses."""
        return 0 if self.is_empty else 100 * len(self.to_json()) / SIZE_LIMIT

    def ours(self, namespace: str) -> list[Statement]:
        return [one for one in self.statements if is_ours(one, namespace)]

    def digest(self, namespace: str) -> str:
        """Return a digest of the meaning of our statements."""
        text = type(self)({"Statement": self.ours(namespace)})._meaning()
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def admitted(self, namespace: str) -> frozenset[str]:
        """Return the accounts that our statement admits."""
        return frozenset(
            account
            for one in self.ours(namespace)
            if one.get("Sid") == sid(namespace)
            for account in accounts_of(one)
        )

    def orphans(self) -> list[str]:
        """Return the ids of deleted roles and users; MSK may reject a policy with them."""
        return [
            name for one in self.statements for name in aws_principals(one) if _ORPHAN.match(name)
        ]

    def with_grant(self, cluster: ClusterArn, grant: ClusterGrant, namespace: str) -> Self:
        """
        Return this policy with *grant* as our only statements; itself where nothing changes.

        Statements of others keep their content and place.
        """
        kept = [one for one in self.statements if not is_ours(one, namespace)]
        added = _statements(cluster, grant, namespace)
        desired = type(self)({**self.document, "Statement": [*kept, *added]})
        return self if desired == self else desired


def policy_drift(policy: Policy, written: str, namespace: str) -> Drift | None:
    """Return the drift of our statements, unless their digest is among *written*."""
    if not written or policy.digest(namespace) in written.split():
        return None
    now = json.dumps(policy.ours(namespace), separators=(",", ":"))[:MAX_REPORTED_CHARACTERS]
    return Drift(
        DriftKind.POLICY,
        before=now,
        after=f"the statements {sid(namespace)} as MSKLink writes them for the listed accounts",
    )


def sid(namespace: str) -> str:
    """Return the Sid that marks our statements; it has letters and digits only (IAM user guide)."""
    return "".join(word.capitalize() for word in namespace.split("-")) + "Clients"


def is_ours(statement: Statement, namespace: str) -> bool:
    return re.fullmatch(sid(namespace) + r"(Data\d+)?", str(statement.get("Sid", ""))) is not None


def _statements(cluster: ClusterArn, grant: ClusterGrant, namespace: str) -> list[Statement]:
    if not grant.accounts:
        return []
    control = {
        "Sid": sid(namespace),
        "Effect": "Allow",
        "Principal": _principal(cluster, grant.accounts),
        "Action": list(ACTIONS),
        "Resource": cluster.text,
    }
    return [control, *_data_statements(cluster, grant, namespace)]


def _data_statements(cluster: ClusterArn, grant: ClusterGrant, namespace: str) -> list[Statement]:
    """Return one statement per distinct access, since the size of the policy is limited."""
    by_access: dict[KafkaAccess, set[str]] = {}
    for account, access in grant.access:
        if account in grant.accounts:
            by_access.setdefault(access, set()).add(account)
    wanted = [
        (statement, by_access[access])
        for access in sorted(by_access)
        for statement in access.permissions(cluster)
    ]
    return [
        {
            "Sid": f"{sid(namespace)}Data{number}",
            "Effect": "Allow",
            "Principal": _principal(cluster, accounts),
            **permission,
        }
        for number, (permission, accounts) in enumerate(wanted, start=1)
    ]


def _principal(cluster: ClusterArn, accounts: Iterable[str]) -> dict[str, list[str]]:
    """Return roots: each account decides by itself which of its principals may connect."""
    return {"AWS": [f"arn:{cluster.partition}:iam::{one}:root" for one in sorted(accounts)]}


def meaning(statement: Statement) -> Statement:
    """Return *statement* in a normal form, of the many ways to write it."""
    return {
        key: _principal_meaning(value) if key == "Principal" else _list_meaning(key, value)
        for key, value in statement.items()
    }


def _list_meaning(key: str, value: Any) -> Any:
    if key in {"Action", "NotAction", "Resource", "NotResource"}:
        return sorted({json.dumps(one, sort_keys=True) for one in as_list(value)})
    return value


def _principal_meaning(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        kind: sorted({_account(name) or name for name in as_list(names)})
        for kind, names in value.items()
    }


def accounts_of(statement: Statement) -> set[str]:
    """Return the accounts that *statement* admits as a whole."""
    return {account for name in aws_principals(statement) if (account := _account(name))}


def aws_principals(statement: Statement) -> list[str]:
    principal = statement.get("Principal")
    return as_list(principal.get("AWS")) if isinstance(principal, Mapping) else []


def _account(name: str) -> str | None:
    match = re.fullmatch(r"(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?", name)
    return match[1] if match else None


def as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
