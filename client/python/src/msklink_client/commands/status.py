"""`status`: print what is published for this account."""

import argparse
import sys
from collections.abc import Iterator

import boto3

from msklink_client import arguments, output, statuses
from msklink_client.diagnosis import unknown
from msklink_client.parameters import Parameters
from msklink_client.statuses import ClusterStatus, Connection

_HEAD = ("CLUSTER", "VPC", "SCHEME", "STATE", "SINCE", "UNTIL", "CHECK", "BROKERS")
_BAD = frozenset({"refused", "failed", "abandoned", "unknown"})
_BUSY = frozenset({"waiting", "planned", "connecting", "connected", "closing"})


def status(session: boto3.Session, given: argparse.Namespace) -> int:
    """Print the status of one cluster, or of all."""
    namespace = arguments.namespace(given.namespace)
    region = str(session.region_name)
    name = None
    if given.cluster is not None:
        name = arguments.cluster(given.cluster, region).name
    found = statuses.read(session, namespace, name)
    if name and not found:
        raise unknown(Parameters(name, namespace, session))
    if given.output == "table":
        sys.stdout.writelines(f"{line}\n" for line in _for_people(found, region, name))
    elif given.output == "text":
        sys.stdout.write(output.text(_fields(found)))
    else:
        content = {"region": region, "clusters": [one.as_json() for one in found]}
        sys.stdout.write(output.document(content, given.output))
    return 0


def _for_people(found: list[ClusterStatus], region: str, name: str | None) -> Iterator[str]:
    if not found:
        yield f"MSKLink has published nothing for this account in {region}."
        return
    rows = [(cluster, one) for cluster in found for one in _connections(cluster)]
    head, *lines = output.table(_HEAD, [_cells(*row, str(_count(row[1]))) for row in rows])
    yield output.paint(head, "head")
    for (_, one), line in zip(rows, lines, strict=True):
        yield output.paint(line, _colour(one))
    for cluster in found:
        yield from _notes(cluster, is_alone=name is not None)


def _connections(cluster: ClusterStatus) -> list[Connection]:
    """Return the connections of *cluster*; where there are none, one that has its state."""
    return cluster.connections or [Connection({"state": cluster.state})]


def _cells(cluster: ClusterStatus, one: Connection, brokers: str) -> tuple[str | None, ...]:
    state = f"{one.state}, leaving" if one.removal and one.state != "closing" else one.state
    state = f"{one.count} {state}" if one.count != 1 else state
    who = one.vpc_id or (f"account {one.account}" if one.account else None)
    since, until = map(statuses.to_the_second, (one.since, one.until))
    return (cluster.name, who, one.scheme, state, since, until, one.check, brokers)


def _count(one: Connection) -> int | str:
    return len(one.brokers) or output.NO_VALUE


def _colour(one: Connection) -> str:
    if one.state in _BAD or (one.check or "").startswith("failed"):
        return "bad"
    return "busy" if one.state in _BUSY or one.removal else "good"


def _notes(cluster: ClusterStatus, *, is_alone: bool) -> Iterator[str]:
    """Yield what people should read of *cluster*; with brokers, topics, users if it is alone."""
    noted: dict[tuple[str, str], list[str]] = {}
    for subject, notes in _about(cluster):
        for note in notes:
            noted.setdefault((note.kind, note.text), []).append(subject)
    for (kind, said), subjects in noted.items():
        yield ""
        yield output.paint(output.plain(f"{', '.join(subjects)}: {kind}"), "head")
        yield f"  {output.plain(said)}"
    for connection in cluster.connections if is_alone else ():
        for kind, listed in (("topics", connection.topics), ("brokers", connection.brokers)):
            if listed:
                yield ""
                title = f"{cluster.name} {connection.vpc_id} {connection.scheme}: {kind}"
                yield output.paint(output.plain(title), "head")
                yield from (f"  {output.plain(one)}" for one in listed)
    yield from _users(cluster) if is_alone else ()
    if updated := (cluster.status or {}).get("updated") if is_alone else None:
        yield ""
        yield output.plain(f"Written {updated}, for {cluster.arn}.")


def _users(cluster: ClusterStatus) -> Iterator[str]:
    """Yield the users for scram, and for each the commands for its ACLs, which the owner runs."""
    if cluster.users:
        yield ""
        yield output.paint(output.plain(f"{cluster.name} scram: users"), "head")
    for user in cluster.users:
        due = f"removed at {statuses.to_the_second(user.due)}" if user.due else None
        facts = filter(None, [user.name, user.state, user.secret_arn, due])
        yield output.plain(f"  {'  '.join(facts)}")
    for user in cluster.users:
        if user.acls:
            yield ""
            title = f"{cluster.name} scram: ACLs of {user.name}, which the owner adds once"
            yield output.paint(output.plain(title), "head")
            yield from (f"  {output.plain(command)}" for command in user.acls)


def _about(cluster: ClusterStatus) -> Iterator[tuple[str, list[statuses.Note]]]:
    yield cluster.name, cluster.notes
    for one in cluster.connections:
        subject = " ".join(filter(None, [cluster.name, one.vpc_id, one.scheme]))
        yield subject, one.notes


def _fields(found: list[ClusterStatus]) -> Iterator[tuple[str | None, ...]]:
    """Yield the columns of the table with all brokers, and the first note in three more."""
    for cluster in found:
        for one in _connections(cluster):
            [first, *_] = [*one.notes, *cluster.notes, statuses.Note("", "")]
            cells = _cells(cluster, one, ",".join(one.brokers))
            yield (*cells, first.code, first.message, first.remedy)
