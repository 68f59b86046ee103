"""Read what MSKLink publishes for this account: the status of each cluster, and its brokers."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import boto3
from botocore.config import Config

from msklink_client.errors import explained
from msklink_client.login_options import SCHEMES
from msklink_client.users import User, merged, of_entry

_config = Config(user_agent_extra="msklink-client", retries={"mode": "standard"})


@dataclass(frozen=True)
class Note:
    """Something that people should read, with what to do about it."""

    kind: str
    """Its key in the status: refusal, waiting, leaving, failure, check, warnings, replaced."""
    code: str
    message: str = ""
    remedy: str = ""

    @property
    def text(self) -> str:
        said = ": ".join(filter(None, [self.code, self.message]))
        return " ".join(filter(None, [said, self.remedy]))


@dataclass(frozen=True)
class Connection:
    """An entry of a status: the connection of a VPC by a scheme, or more where it has no room."""

    entry: Mapping[str, Any]
    vpc_id: str | None = None
    scheme: str | None = None
    account: str | None = None
    """Only in the account of the cluster's owner, whose status sums up each client account."""
    count: int = 1
    brokers: tuple[str, ...] = ()
    published_at: str | None = None
    """When the brokers were written last."""

    @property
    def state(self) -> str:
        return str(self.entry.get("state", "unknown"))

    @property
    def since(self) -> str | None:
        return _text(self.entry.get("since")) or self.published_at

    @property
    def until(self) -> str | None:
        """When it goes on by itself, is expected to be ready, or is removed; if that is known."""
        waiting, removal = _mapping(self.entry.get("waiting")), self.removal or {}
        return _text(removal.get("due") or waiting.get("until") or self.entry.get("expected"))

    @property
    def removal(self) -> Mapping[str, Any] | None:
        """Its removal, if MSKLink has announced one."""
        found = self.entry.get("leaving")
        return found if isinstance(found, dict) else None

    @property
    def is_requested(self) -> bool:
        """Whether a tag or a request still asks for it."""
        return not self.removal and self.state not in {"closing", "abandoned"}

    @property
    def check(self) -> str | None:
        found = self.entry.get("check")
        if not isinstance(found, dict):
            return None
        return f"{'ok' if found.get('good') else 'failed'}: {found.get('layer')}"

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that its request asks for, each with its state."""
        found = _mapping(self.entry.get("topics"))
        return tuple(f"{name}  {state}" for name, state in sorted(found.items()))

    @property
    def users(self) -> tuple[User, ...]:
        """The users that its request asks for, for scram."""
        return tuple(of_entry(self.entry))

    @property
    def notes(self) -> list[Note]:
        return list(_notes(self.entry))

    def as_json(self) -> dict[str, Any]:
        who = {"account": self.account} if self.account else {}
        several = {"count": self.count} if self.count != 1 else {}
        return {
            **who,
            "vpc_id": self.vpc_id,
            "scheme": self.scheme,
            **several,
            **self.entry,
            "since": self.since,
            "until": self.until,
            "brokers": list(self.brokers),
        }


@dataclass(frozen=True)
class ClusterStatus:
    """What is published for one cluster."""

    name: str
    status: Mapping[str, Any] | None = None
    """None where there is no status, or none that can be read."""
    problem: Note | None = None
    """Why there is none."""
    brokers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By scheme."""
    published_at: Mapping[str, str] = field(default_factory=dict)
    """By scheme, when its brokers were written last."""
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By scheme, the names of the parameters; those of users are with scram."""

    @property
    def arn(self) -> str | None:
        return _text((self.status or {}).get("cluster_arn"))

    @property
    def state(self) -> str:
        return str((self.status or {}).get("state", "unknown"))

    @property
    def notes(self) -> list[Note]:
        """Return what concerns all connections of the account."""
        return [*([self.problem] if self.problem else []), *_notes(self.status or {})]

    @property
    def connections(self) -> list[Connection]:
        status = self.status or {}
        of_vpcs = self._of_vpcs(_mapping(status.get("vpcs")))
        return [*of_vpcs, *_of_clients(_mapping(status.get("clients")))]

    @property
    def users(self) -> list[User]:
        """Return the users for scram, each once: VPCs of an account share them."""
        return merged(user for one in self.connections for user in one.users)

    def of_vpc(self, vpc_id: str) -> list[Connection]:
        return [one for one in self.connections if one.vpc_id == vpc_id]

    def _of_vpcs(self, vpcs: Mapping[str, Any]) -> Iterator[Connection]:
        """Yield the entries of each VPC; a status without room for them has counts by state."""
        for vpc_id, entries in sorted(vpcs.items()):
            if isinstance(entries, int):
                yield Connection({"state": vpc_id}, count=entries)
                continue
            for scheme, entry in sorted(_mapping(entries).items()):
                if isinstance(entry, dict):
                    yield self._connection(vpc_id, scheme, entry)

    def _connection(self, vpc_id: str, scheme: str, entry: Mapping[str, Any]) -> Connection:
        is_published = entry.get("state") == "published"
        return Connection(
            entry,
            vpc_id,
            scheme if scheme in SCHEMES else None,
            brokers=self.brokers.get(scheme, ()) if is_published else (),
            published_at=self.published_at.get(scheme) if is_published else None,
        )

    def as_json(self) -> dict[str, Any]:
        known = {key: value for key, value in (self.status or {}).items() if key not in _LISTS}
        problem = {"problem": self.problem.text} if self.problem else {}
        return {
            "cluster": self.name,
            **known,
            **problem,
            "connections": [one.as_json() for one in self.connections],
        }


_LISTS = frozenset({"vpcs", "clients"})


def read(session: boto3.Session, namespace: str, cluster: str | None = None) -> list[ClusterStatus]:
    """Return what is published for *cluster*, or for all clusters. Raises `MskLinkError`."""
    with explained("", ""):
        ssm: Any = session.client("ssm", config=_config)
    root = f"/{namespace}"
    path = f"{root}/{cluster}" if cluster else root
    place = f"arn:{ssm.meta.partition}:ssm:{ssm.meta.region_name}:*:parameter{path}"
    by_cluster: dict[str, dict[str, Any]] = {}
    with explained("ssm:GetParametersByPath", place):
        pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
        for page in pages:
            for one in page["Parameters"]:
                name, _, rest = one["Name"].removeprefix(f"{root}/").partition("/")
                by_cluster.setdefault(name, {})[rest] = one
    found = (_cluster(name, by_cluster[name]) for name in sorted(by_cluster))
    return [one for one in found if one.status is not None or one.problem or one.brokers]


def _cluster(name: str, parameters: Mapping[str, Any]) -> ClusterStatus:
    """Return the cluster with *parameters*, by their names below its path."""
    names: dict[str, list[str]] = {}
    for rest, one in sorted(parameters.items()):
        folder = rest.partition("/")[0]
        names.setdefault("scram" if folder == "users" else folder, []).append(one["Name"])
    servers = {
        scheme: parameters[f"{scheme}/bootstrap.servers"]
        for scheme in SCHEMES
        if f"{scheme}/bootstrap.servers" in parameters
    }
    status, problem = _parsed(parameters.get("status"))
    return ClusterStatus(
        name,
        status,
        problem if "status" in parameters or servers else None,
        {scheme: tuple(one["Value"].split(",")) for scheme, one in servers.items()},
        {scheme: _utc(one["LastModifiedDate"]) for scheme, one in servers.items()},
        {scheme: tuple(names[scheme]) for scheme in SCHEMES if scheme in names},
    )


def _parsed(parameter: Mapping[str, Any] | None) -> tuple[Mapping[str, Any] | None, Note | None]:
    """Return a status, or why there is none."""
    if parameter is None:
        return None, Note("status", "StatusMissing", "There is no status.", _PUT_BACK)
    try:
        found = json.loads(parameter["Value"])
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found, None
    message = f"{parameter['Name']} is not a status of MSKLink."
    return None, Note("status", "StatusUnreadable", message, f"Delete it. {_PUT_BACK}")


_PUT_BACK = "MSKLink looks every hour and puts it back."


def _of_clients(clients: Mapping[str, Any]) -> Iterator[Connection]:
    """Yield the client accounts of an owner's status; one without room has counts by state."""
    for account, state in sorted(clients.items()):
        if isinstance(state, int):
            yield Connection({"state": account}, count=state)
        elif isinstance(state, str):
            yield Connection({"state": state}, account=account)


def _notes(entry: Mapping[str, Any]) -> Iterator[Note]:
    """Yield the notes of an entry, or of a status; a status without room for texts has codes."""
    for kind in ("refusal", "replaced"):
        yield from _note(kind, entry.get(kind))
    for kind in ("waiting", "warnings", "refusals"):
        several = entry.get(kind)
        for one in several if isinstance(several, list) else [several]:
            yield from _note(kind, one)
    if removal := _mapping(entry.get("leaving")):
        yield from _note("leaving", removal.get("reason"))
    if failure := _text(entry.get("failure")):
        remedy = "MSKLink tries again by itself; if it stays so, ask the owner of the cluster."
        yield Note("failure", "", failure, remedy)
    check = _mapping(entry.get("check"))
    if check and not check.get("good"):
        facts = [_text(check.get(key)) for key in ("broker", "detail")]
        where = _text(check.get("layer")) or ""
        yield Note("check", where, " ".join(filter(None, facts)), _text(check.get("remedy")) or "")
    elif unchecked := _text(check.get("unchecked")):
        yield Note("check", "", unchecked, _CHECK_THE_REST)


_CHECK_THE_REST = "Run msklink-client check where the application runs, with what it logs in with."


def _note(kind: str, found: Any) -> Iterator[Note]:
    if isinstance(found, dict):
        code, message, remedy = (_text(found.get(k)) or "" for k in ("code", "message", "remedy"))
        yield Note(kind, code, message, remedy)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return str(value) if value else None


def to_the_second(time: str | None) -> str | None:
    """Return a time in ISO 8601 as people read it, without the fraction of its second."""
    return re.sub(r"\.\d+", "", time) if time else None


def _utc(time: datetime) -> str:
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
