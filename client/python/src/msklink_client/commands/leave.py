"""`leave`: take back what `request` asked for."""

import argparse
from collections.abc import Iterable

import boto3

from msklink_client import arguments, changes
from msklink_client.account import Account, Vpc
from msklink_client.changes import Plan
from msklink_client.commands import wording
from msklink_client.errors import MskLinkError
from msklink_client.login_options import SCHEMES
from msklink_client.statuses import ClusterStatus, Connection

EVENT = "Client Offboarding Requested"


def leave(session: boto3.Session, given: argparse.Namespace) -> int:
    """Remove the tag of the VPC, and send the event where a bus is given, once it is confirmed."""
    region = str(session.region_name)
    namespace = arguments.namespace(given.namespace)
    cluster = arguments.cluster(given.cluster, region)
    vpc_id = arguments.vpc(given.vpc)
    bus = arguments.event_bus(given.event_bus, region) if given.event_bus else None
    account = Account(session)
    vpc = account.own_vpc(vpc_id)
    known = wording.known_status(session, namespace, cluster)
    found = known.of_vpc(vpc_id) if known else []
    key, guard = f"{namespace}/{cluster.name}", f"{namespace}/{arguments.RESERVED}"
    tag = vpc.tags.get(key)
    tagged = _requested_by(tag)
    bus_or_tag = bool(bus) or tagged is not None
    if guard in vpc.tags and bus_or_tag:
        raise _protected(vpc, guard)
    if not bus_or_tag and any(one.is_requested for one in found):
        raise _requested_by_event(vpc, key)
    wanted = []
    if tag is not None and tagged is not None:
        wanted.append(wording.untag(account, vpc, key, tag))
    if bus:
        detail = {"cluster": cluster.given, "vpc_id": vpc_id}
        wanted.append(wording.event(account, bus, EVENT, detail))
    plan = Plan(
        wording.about(account, cluster.name, vpc_id),
        wanted,
        _consequences(found, tagged, vpc, key, known, at_once=bool(bus)),
        wording.watch(given, cluster.name),
        {"removed": [_as_json(one, known, at_once=bool(bus)) for one in found]} if wanted else {},
    )
    return changes.carry_out(plan, given)


def _requested_by(tag: str | None) -> frozenset[str] | None:
    """Return the words of the *tag* of a VPC; None where it requests nothing, also by mistake."""
    words = frozenset((tag or "").lower().split())
    return None if tag is None or words == {"off"} else words


def _consequences(  # noqa: PLR0913 each is one fact
    found: list[Connection],
    tagged: frozenset[str] | None,
    vpc: Vpc,
    key: str,
    known: ClusterStatus | None,
    *,
    at_once: bool,
) -> list[str]:
    if tagged is None and not at_once:
        due = [_announced(one) for one in found if one.removal]
        return due or [f"{vpc.name} has no tag {key}, and no connection of it is published."]
    lines = [
        line for one in _going(found, tagged, at_once=at_once) for line in _of(one, known, at_once)
    ]
    if not lines:
        lines = ["MSKLink has published no connection of it yet, so nothing else is removed."]
    if not at_once:
        lines += [
            f"Setting the tag {key} again before that keeps the connections.",
            "What an event requested stays. To remove it as well, and all at once, "
            "add --event-bus with the ARN of the owner's bus.",
        ]
    return lines


def _going(
    found: Iterable[Connection], tagged: frozenset[str] | None, *, at_once: bool
) -> list[Connection]:
    """Return the connections that are removed; without an event those that the tag requests."""
    schemes = {*SCHEMES} if at_once or not tagged or tagged - {*SCHEMES} else tagged
    return [one for one in found if one.scheme in schemes]


def _of(one: Connection, known: ClusterStatus | None, at_once: bool) -> list[str]:
    names = _parameters(one, known)
    grace = "after the owner's grace period, GraceHours, 24 hours by default"
    when = "at once" if at_once else f"{grace}, if no event requests it"
    if one.removal and one.until and not at_once:
        when = f"at {one.until}, as announced"
    arn = one.entry.get("connection_arn")
    what = f"connection {arn}" if arn else "its request"
    line = f"{one.scheme} ({one.state}) is removed {when}: {what}"
    lines = [f"{line}, and the parameters" if names else f"{line}.", *(f"  {n}" for n in names)]
    if names and known and one.scheme == "scram":  # the last of the account by scram
        made = [user.name for user in known.users if user.secret_arn]
        lines += [f"  and user {name}, with its secret" for name in made]
    return lines


def _parameters(one: Connection, known: ClusterStatus | None) -> tuple[str, ...]:
    """Return the parameters that go with *one*: none that another VPC of the account needs."""
    if known is None or one.scheme is None:
        return ()
    others = (
        other.scheme == one.scheme and other.vpc_id != one.vpc_id and other.is_requested
        for other in known.connections
    )
    return () if any(others) else known.parameters.get(one.scheme, ())


def _as_json(one: Connection, known: ClusterStatus | None, *, at_once: bool) -> dict[str, object]:
    return {
        "scheme": one.scheme,
        "state": one.state,
        "connection_arn": one.entry.get("connection_arn"),
        "due": None if at_once else one.until if one.removal else None,
        "at_once": at_once,
        "parameters": list(_parameters(one, known)),
    }


def _announced(one: Connection) -> str:
    due = f"at {one.until}" if one.until else "never, as it is protected"
    return f"{one.scheme} is removed {due}, as announced."


def _protected(vpc: Vpc, guard: str) -> MskLinkError:
    return MskLinkError(
        "DeletionProtected",
        f"{vpc.name} has the tag {guard}, which keeps its connections.",
        "Remove it first, if they may go: "
        f"aws ec2 delete-tags --resources {vpc.id} --tags Key={guard}",
    )


def _requested_by_event(vpc: Vpc, key: str) -> MskLinkError:
    return MskLinkError(
        "RequestedByEvent",
        f"{vpc.name} has no tag {key}: an event requested its connections, and only an event "
        "takes that back.",
        "Add --event-bus with the ARN of the owner's bus, parameter OwnerBusArn of the client "
        "stack. If the tag was removed just now, the status shows it in a minute.",
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vpc", required=True, help="id of the VPC to disconnect")
    parser.add_argument(
        "--event-bus",
        metavar="ARN",
        help="the owner's event bus: disconnects at once, also what an event requested",
    )
