"""The plan of a run: what it would do, for people and programs."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from msklink.auth_scheme import Scheme
from msklink.policy.document import SIZE_LIMIT, Policy
from msklink.refusals import Refusal

VERSION = 1

LONGEST_TEXT = 80
"""Characters of a parameter of a call that a shortened plan keeps."""


class Kind(StrEnum):
    """What a step does to brokers and clients."""

    REBOOT = "reboot"
    REMOVAL = "removal"
    REST = "rest"


class Step(BaseModel, frozen=True):
    """One call to AWS that would change something."""

    call: str
    """For example `kafka:UpdateConnectivity`."""
    account: str
    parameters: dict[str, Any]
    """The parameters of the call. Ids of what does not exist yet contain `planned`."""
    kind: Kind
    reason: str


class Reboot(BaseModel, frozen=True):
    """The rolling reboot of the brokers, one after the other."""

    schemes: tuple[Scheme, ...]
    brokers: int
    minutes: tuple[int, int]
    """Between how many minutes after its start it is expected to end."""


class PolicyChange(BaseModel, frozen=True):
    """The cluster policy before and after."""

    before: str | None
    after: str | None
    diff: tuple[str, ...]
    """Lines as in a unified diff."""
    bytes: int
    of: int = SIZE_LIMIT


class PlannedSubnet(BaseModel, frozen=True):
    id: str
    zone_id: str


class PlannedClient(BaseModel, frozen=True):
    """One connection of a client, or the refusal of its account or VPC."""

    account: str
    vpc_id: str
    scheme: str
    subnets: tuple[PlannedSubnet, ...]
    security_groups: tuple[str, ...]
    refusal: Refusal | None

    @property
    def place(self) -> str:
        """Account, VPC and scheme, as far as it concerns one."""
        return "/".join(part for part in (self.account, self.vpc_id, self.scheme) if part)


class PlannedRemoval(BaseModel, frozen=True):
    """A connection that will be removed."""

    account: str
    vpc_id: str
    scheme: str
    due: datetime | None
    """When; None where it is protected from removal."""
    reason: Refusal


class HeldStep(BaseModel, frozen=True):
    """Why steps wait for the owner's terms."""

    reason: Refusal
    schemes: tuple[Scheme, ...]
    until: datetime | None


class Plan(BaseModel, frozen=True):
    """The contract, as in docs/plan.md."""

    version: int = VERSION
    cluster: str
    asked: dict[str, Any]
    steps: tuple[Step, ...] = ()
    reboot: Reboot | None = None
    policy: PolicyChange | None = None
    clients: tuple[PlannedClient, ...] = ()
    removals: tuple[PlannedRemoval, ...] = ()
    held: tuple[HeldStep, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    cost: dict[str, Any] = {}
    depends_on: tuple[str, ...] = ()
    """What the plan takes for granted and cannot know."""
    shortened: bool = False
    """Whether parameters and the policy were left out, because the whole does not fit."""


_REASONS = {
    "UpdateConnectivity": (Kind.REBOOT, "turns on private connectivity; the brokers reboot"),
    "PutClusterPolicy": (Kind.REST, "writes MSKLink's statements of the cluster policy"),
    "DeleteClusterPolicy": (
        Kind.REMOVAL,
        "deletes the cluster policy, which has no other statement",
    ),
    "RejectClientVpcConnection": (Kind.REMOVAL, "rejects a connection from the owner's side"),
    "CreateVpcConnection": (Kind.REST, "creates a connection that the client asks for"),
    "CreateTopic": (Kind.REST, "creates a topic that a client asks for"),
    "CreateSecret": (Kind.REST, "creates the secret of a user, with a generated password"),
    "RestoreSecret": (Kind.REST, "restores the secret of a user that was removed before"),
    "PutSecretValue": (Kind.REST, "generates a new password"),
    "PutResourcePolicy": (Kind.REST, "lets the client account read the secret of its user"),
    "BatchAssociateScramSecret": (Kind.REST, "lets a user log in by scram"),
    "RotateSecret": (Kind.REST, "has Secrets Manager change the password regularly"),
    "CancelRotateSecret": (Kind.REST, "ends the regular change of the password"),
    "BatchDisassociateScramSecret": (Kind.REMOVAL, "ends the logins of a user"),
    "DeleteSecret": (
        Kind.REMOVAL,
        "deletes the secret of a user, which can be restored for a week",
    ),
    "DeleteVpcConnection": (Kind.REMOVAL, "deletes a connection"),
    "CreateSecurityGroup": (Kind.REST, "creates the security group of the connections of a VPC"),
    "DeleteSecurityGroup": (Kind.REMOVAL, "deletes a security group that no connection uses"),
    "PutParameter": (Kind.REST, "writes client properties or the status"),
    "DeleteParameters": (Kind.REMOVAL, "deletes parameters that are no longer true"),
    "Invoke": (Kind.REST, "has the probe check the connections"),
}
_MINOR = {
    *("ClusterArn", "TargetClusterArn"),  # that of the plan
    *("Description", "Overwrite", "TagSpecifications", "Tags", "Tier", "Type"),
}
"""Parameters of calls that a shortened plan leaves out."""

_RULES = (Kind.REST, "lets clients of the VPC reach the brokers, and nothing else")


def read_steps(
    calls: Iterable[tuple[str, str, Mapping[str, Any]]], policy: str | None, namespace: str
) -> Iterator[Step]:
    """
    Yield the step of each of *calls*: name, account, parameters.

    *policy* is the cluster policy before. A policy that admits fewer accounts is a removal.
    """
    for call, account, parameters in calls:
        kind, reason = _REASONS.get(call.partition(":")[2], _RULES)
        if call == "kafka:PutClusterPolicy":
            admitted = Policy.parse(policy).admitted(namespace)
            policy = str(parameters["Policy"])
            if gone := admitted - Policy.parse(policy).admitted(namespace):
                kind, reason = Kind.REMOVAL, f"revokes the grants of {', '.join(sorted(gone))}"
        yield Step(
            call=call,
            account=account,
            parameters=json.loads(json.dumps(dict(parameters), default=str)),
            kind=kind,
            reason=reason,
        )


def policy_change(before: str | None, after: str | None) -> PolicyChange | None:
    """Return the change of the cluster policy; None where it stays as it is."""
    if before == after:
        return None
    diff = difflib.unified_diff(_lines(before), _lines(after), "before", "after", lineterm="", n=1)
    return PolicyChange(before=before, after=after, diff=tuple(diff), bytes=len(after or ""))


def _lines(policy: str | None) -> list[str]:
    return json.dumps(json.loads(policy or "{}"), indent=2).splitlines()


def summarize(plan: Plan) -> str:
    """Return the plan in one sentence for each subject, for the message to the owner."""
    parts = []
    if plan.reboot:
        first, last = plan.reboot.minutes
        parts.append(
            f"{plan.reboot.brokers} brokers reboot once, one after the other, for "
            f"{' and '.join(plan.reboot.schemes)} ({first} to {last} minutes)."
        )
    if created := [step for step in plan.steps if step.call == "kafka:CreateVpcConnection"]:
        accounts = sorted({step.account for step in created})
        parts.append(f"{_count(created, 'connection')} to create in {_listed(accounts)}.")
    if topics := [step for step in plan.steps if step.call == "kafka:CreateTopic"]:
        names = _listed(sorted(str(step.parameters.get("TopicName")) for step in topics))
        parts.append(f"{_count(topics, 'topic')} to create: {names}.")
    if users := [step for step in plan.steps if step.call == "kafka:BatchAssociateScramSecret"]:
        parts.append(f"{_count(users, 'user')} to create: {_listed(_users(users))}.")
    if users := [step for step in plan.steps if step.call == "kafka:BatchDisassociateScramSecret"]:
        parts.append(f"{_count(users, 'user')} to remove: {_listed(_users(users))}.")
    ended = {"kafka:DeleteVpcConnection", "kafka:RejectClientVpcConnection"}
    if deleted := [step for step in plan.steps if step.call in ended]:
        accounts = sorted({step.account for step in deleted})
        parts.append(f"{_count(deleted, 'connection')} to end in {_listed(accounts)}.")
    parts += _removals(plan.removals)
    if refused := [one for one in plan.clients if one.refusal]:
        accounts = sorted({one.account for one in refused})
        parts.append(f"{_count(refused, 'refusal')} for {_listed(accounts)}.")
    if plan.cost.get("monthly"):
        parts.append(f"It adds ${plan.cost['monthly']:.2f} a month.")
    if not parts and plan.steps:
        return "No broker reboots, and no connection is created or removed."
    return " ".join(parts) or "Nothing to do."


def _users(steps: Iterable[Step]) -> list[str]:
    """Return each user with its account, from the name of its secret (users/record.py)."""
    arns = [arn for step in steps for arn in step.parameters.get("SecretArnList", ())]
    names = [arn.rpartition(":")[2].rpartition("-")[0] for arn in arns]  # without random characters
    parts = [name.split("_", maxsplit=4) for name in names]
    return sorted(f"{user} of {account}" for _, _, account, _, user in parts)


def _removals(removals: Sequence[PlannedRemoval]) -> Iterator[str]:
    """Yield what will be removed later, from when on, and what is kept although it is asked."""
    due = [(one.due, one) for one in removals if one.due]
    kept = [one for one in removals if one.due is None]
    if due:
        accounts = sorted({one.account for _, one in due})
        first = min(time for time, _ in due)
        yield (
            f"{_count(due, 'connection')} to be removed in {_listed(accounts)}, from "
            f"{first:%Y-%m-%d %H:%M} UTC on."
        )
    if kept:
        accounts = sorted({one.account for one in kept})
        yield f"{_count(kept, 'connection')} kept in {_listed(accounts)} by deletion protection."


MOST_LISTED = 5


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _count(things: list[Any], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def to_json(plan: Plan, most: int) -> str:
    """
    Return *plan* in at most *most* characters, some thousands.

    Where the whole is longer, it is shortened: first long parameters and the policy, whose diff
    stays; then all parameters and the diff; then steps and clients.
    """
    policy = plan.policy and plan.policy.model_copy(update={"before": None, "after": None})
    brief = plan.model_copy(
        update={"shortened": True, "policy": policy, "steps": tuple(map(_brief, plan.steps))}
    )
    briefer = brief.model_copy(
        update={
            "policy": policy and policy.model_copy(update={"diff": ()}),
            "steps": tuple(step.model_copy(update={"parameters": {}}) for step in plan.steps),
        }
    )
    shortest = briefer.model_copy(
        update={"steps": (), "clients": (), "removals": (), "refusals": (), "asked": {}}
    )
    texts = (_text(one) for one in (plan, brief, briefer))
    return next((text for text in texts if len(text) <= most), _text(shortest))


def _brief(step: Step) -> Step:
    """Return *step* without minor parameters, and without the ends of long ones."""
    parameters = {
        name: f"{value[:LONGEST_TEXT]}…"
        if isinstance(value, str) and len(value) > LONGEST_TEXT
        else value
        for name, value in step.parameters.items()
        if name not in _MINOR
    }
    return step.model_copy(update={"parameters": parameters})


def _text(plan: Plan) -> str:
    return json.dumps(plan.model_dump(mode="json"), separators=(",", ":"))
