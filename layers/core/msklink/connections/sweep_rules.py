"""What a sweep finds in the records of a cluster, seen beside the client accounts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from msklink.auth_scheme import Scheme
from msklink.connections.offboarding import VpcTags, is_protected
from msklink.connections.record import Connection, State
from msklink.connections.removal import Terms
from msklink.requests.records import Departure, Request
from msklink.tags import read_schemes


@dataclass
class Client:
    """One client account of a cluster, as the table knows it."""

    account: str
    is_listed: bool
    known: list[Connection] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)


def clients(
    listed: Iterable[str],
    known: Iterable[Connection],
    requests: Iterable[Request],
    departures: Iterable[Departure],
) -> list[Client]:
    """The accounts that are *listed*, and those that have something still."""
    found = {account: Client(account, is_listed=True) for account in listed}
    for record in known:
        client = found.setdefault(record.account, Client(record.account, is_listed=False))
        client.known.append(record)
    for request in requests:
        if request.account in found:
            found[request.account].requests.append(request)
    for departure in departures:
        if departure.account in found:
            found[departure.account].departures.append(departure)
    return [found[account] for account in sorted(found)]


def asked_unseen(client: Client) -> bool:
    """Whether the account asked for something by event that no run has seen."""
    gone = {(one.vpc_id, one.scheme) for one in client.departures}
    left = any(one.wanted and (one.vpc_id, one.scheme) in gone for one in client.known)
    return left or any(_is_unseen(request, client.known, gone) for request in client.requests)


def _is_unseen(
    request: Request, known: Iterable[Connection], gone: Collection[tuple[str, Scheme]]
) -> bool:
    asked = read_schemes(" ".join(request.schemes), "")
    wished = {scheme for scheme in asked.schemes if (request.vpc_id, scheme) not in gone}
    seen = {record.scheme for record in known if record.vpc_id == request.vpc_id}
    if None in seen or (asked.auto and seen):  # the whole VPC is refused, or has what can be had
        return False
    return bool(wished - seen)


def can_go_on(records: Sequence[Connection], tags: VpcTags, terms: Terms) -> bool:
    """
    Whether something can be done in an account that was seen now, which could not be before.

    The account as a whole was out of reach, a connection was left there for that reason, or was
    protected from deletion and is so no longer.
    """
    return any(
        (record.concerns_account and record.wanted)
        or record.state is State.ABANDONED
        or (record.leaving and not record.leaving.due and not is_protected(record, tags, terms))
        for record in records
    )


def may_be_mended(record: Connection) -> bool:
    """Whether its client or AWS may have mended by now what a run refused or gave up."""
    is_settled = record.is_left_alone or record.is_turned_off or record.is_rejected
    return record.wanted and record.state in {State.REFUSED, State.FAILED} and not is_settled
