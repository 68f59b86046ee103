"""
`request`: ask MSKLink to connect a VPC to a cluster.

A tag of the VPC asks for it. With an event bus an event does, which can also request access,
topics and users.
"""

import argparse
from typing import Any

import boto3

from msklink_client import arguments, changes
from msklink_client.account import MOST_TAGS, Account, Vpc
from msklink_client.changes import Change, Plan
from msklink_client.commands import wording
from msklink_client.errors import MskLinkError, bad_argument
from msklink_client.login_options import SCHEMES
from msklink_client.statuses import ClusterStatus

ACCESS = ("produce", "consume", "create", "groups", "transactional_ids")
"""The fields of `access` in a request by event."""

EVENT = "Client Onboarding Requested"


def request(session: boto3.Session, given: argparse.Namespace) -> int:
    """Set the tag of the VPC, or send the event, once it is confirmed."""
    region = str(session.region_name)
    namespace = arguments.namespace(given.namespace)
    cluster = arguments.cluster(given.cluster, region)
    vpc_id = arguments.vpc(given.vpc)
    schemes = arguments.schemes(given.schemes)
    detail = {"cluster": cluster.given, "vpc_id": vpc_id, "schemes": list(schemes)}
    detail |= _more(given, schemes)
    bus = arguments.event_bus(given.event_bus, region) if given.event_bus else None
    account = Account(session)
    vpc = account.own_vpc(vpc_id)
    known = wording.known_status(session, namespace, cluster)
    key = f"{namespace}/{cluster.name}"
    if bus:
        wanted, consequences = _by_event(account, vpc, bus, detail, known)
    else:
        wanted, consequences = _by_tag(account, vpc, key, schemes, known, again=given.again)
    about = wording.about(account, cluster.name, vpc_id)
    watch = wording.watch(given, cluster.name)
    return changes.carry_out(Plan(about, wanted, consequences, watch), given)


def _more(given: argparse.Namespace, schemes: tuple[str, ...]) -> dict[str, Any]:
    """Return the optional fields of an event; they need one."""
    names = {
        field: arguments.kafka_names(getattr(given, field), _option(field))
        for field in ACCESS
        if getattr(given, field)
    }
    subnets = arguments.subnets(given.subnet_ids)
    groups = arguments.security_groups(given.security_group_ids)
    more: dict[str, Any] = {
        "subnet_ids": subnets,
        "security_group_ids": groups,
        "access": names,
        "topics": arguments.topics(given.topics),
        "users": arguments.users(given.users, schemes),
    }
    more = {field: value for field, value in more.items() if value}
    if more and not given.event_bus:
        options = [*map(_option, names), *map(_option, more.keys() - {"access"})]
        raise bad_argument(
            f"A tag cannot carry {' and '.join(sorted(options))}.",
            "Add --event-bus with the ARN of the owner's bus, to request by an event.",
        )
    if given.event_bus and given.again:
        raise bad_argument("--again sets a tag, and --event-bus sends an event.", "Give one.")
    if names and "users" not in more and not {"iam", "auto"} & {*schemes}:
        raise bad_argument(
            f"Access to topics is for clients by iam, not by {' and '.join(schemes)}.",
            "Add iam to --schemes, or for scram --users, whose ACLs the status then has.",
        )
    return more


def _option(field: str) -> str:
    return f"--{field.replace('_', '-')}"


def _by_event(
    account: Account, vpc: Vpc, bus: str, detail: dict[str, Any], known: ClusterStatus | None
) -> tuple[list[Change], list[str]]:
    access, topics = detail.get("access"), detail.get("topics", ())
    change = wording.event(account, bus, EVENT, detail)
    replaced = "It replaces the last request by event for this VPC completely"
    consequences = [
        f"{replaced}{'.' if access or topics else ', and revokes the access that this requested.'}",
        *wording.onboarding(),
        "The tag of the VPC, if it has one, adds to it. Only an event takes it back: "
        f"msklink-client leave {detail['cluster']} --vpc {vpc.id} --event-bus {bus}",
    ]
    if access and {"iam", "auto"} & {*detail["schemes"]}:
        consequences.insert(
            1, "MSKLink grants the access that the owner allows the account, and refuses the rest."
        )
    if topics:
        names = ", ".join(topic["name"] for topic in topics)
        consequences.insert(
            1, f"MSKLink creates {names} where the owner allows it, and never deletes a topic."
        )
    consequences[1:1] = _of_users([user["name"] for user in detail.get("users", ())], vpc, known)
    return [change], consequences


def _of_users(names: list[str], vpc: Vpc, known: ClusterStatus | None) -> list[str]:
    """Say which users for SCRAM MSKLink creates, and which of before the request leaves out."""
    lines = []
    if names:
        lines.append(
            f"MSKLink creates {_several('user', names)} for scram where the owner allows it, each "
            "with a secret in the owner's account that this account may read. The status has the "
            "commands by which the owner adds their ACLs."
        )
    shown = [user for one in known.of_vpc(vpc.id) for user in one.users] if known else []
    before = {user.name for user in shown if user.secret_arn and not user.due}
    if dropped := sorted(before - {*names}):
        lines.append(
            f"It no longer requests {_several('user', dropped)}: MSKLink removes such a user and "
            "its secret after the owner's grace period, GraceHours, 24 hours by default, unless "
            "another VPC of this account requests it."
        )
    return lines


def _several(what: str, names: list[str]) -> str:
    return f"{what}{'s' if len(names) > 1 else ''} {' and '.join(names)}"


def _by_tag(  # noqa: PLR0913 each is one fact
    account: Account,
    vpc: Vpc,
    key: str,
    schemes: tuple[str, ...],
    known: ClusterStatus | None,
    *,
    again: bool,
) -> tuple[list[Change], list[str]]:
    before, value = vpc.tags.get(key), " ".join(schemes)
    is_there = before is not None and {*before.lower().split()} == {*schemes}
    if is_there and not again:
        return [], _as_it_is(vpc, key, str(before), known)
    if not vpc.has_room_for(key):
        raise MskLinkError(
            "TagLimit",
            f"{vpc.name} has {MOST_TAGS} tags, and EC2 allows no more.",
            "Remove a tag that nobody needs, or request by an event: add --event-bus.",
        )
    was = "" if before is None else f", which is {before!r} now"
    change = Change(
        f"Set tag {key} = {value!r} on {vpc.name}{was}.",
        {"call": "ec2:CreateTags", "vpc_id": vpc.id, "key": key, "value": value, "before": before},
        lambda: account.set_tag(vpc.id, key, value),
    )
    removal = [wording.untag(account, vpc, key, str(before))] if is_there else []
    return [*removal, change], [*_dropped(before, schemes, vpc, known), *wording.onboarding()]


def _as_it_is(vpc: Vpc, key: str, value: str, known: ClusterStatus | None) -> list[str]:
    found = known.of_vpc(vpc.id) if known else []
    states = ", ".join(f"{one.scheme or 'tag'} is {one.state}" for one in found)
    return [
        f"{vpc.name} has the tag {key} = {value!r} already{f'; {states}' if states else ''}.",
        "MSKLink tries again every hour what it refused. To start a run at once, add --again: "
        "it removes the tag and sets it again.",
    ]


def _dropped(
    before: str | None, schemes: tuple[str, ...], vpc: Vpc, known: ClusterStatus | None
) -> list[str]:
    """Say which schemes the tag no longer requests."""
    words = {*(before or "").lower().split()}
    had = {*SCHEMES} & words
    if words == {"auto"} and known:
        had = {one.scheme for one in known.of_vpc(vpc.id) if one.scheme and one.is_requested}
    gone = sorted(had - {*schemes}) if schemes != ("auto",) else []
    return [
        f"The tag no longer requests {scheme}. {wording.after_grace(scheme)}" for scheme in gone
    ]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vpc", required=True, help="id of the VPC to connect")
    parser.add_argument(
        "--schemes",
        required=True,
        nargs="+",
        help="auto, or any of iam, scram and tls: all that the VPC shall have",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="where the tag is set already, remove it and set it again, which starts a run at once",
    )
    event = parser.add_argument_group("request by an event")
    event.add_argument("--event-bus", metavar="ARN", help="the owner's event bus; sets no tag")
    for field, what in (
        ("produce", "topics to write to"),
        ("consume", "topics to read from"),
        ("create", "topics to create"),
        ("groups", "consumer groups"),
        ("transactional_ids", "transactional ids"),
    ):
        event.add_argument(
            _option(field),
            nargs="+",
            default=[],
            metavar="NAME",
            help=f"{what}, for iam or --users",
        )
    event.add_argument(
        "--topics",
        nargs="+",
        default=[],
        metavar="NAME=PARTITIONS",
        help="topics for MSKLink to create, with access to them for iam",
    )
    event.add_argument(
        "--users",
        nargs="+",
        default=[],
        metavar="NAME",
        help="users for MSKLink to create, each with a secret, for scram",
    )
    for option, what in (
        ("--subnet-ids", "subnets, one in each zone of the cluster"),
        ("--security-group-ids", "security groups, instead of a managed one"),
    ):
        event.add_argument(option, nargs="+", default=[], metavar="ID", help=what)
