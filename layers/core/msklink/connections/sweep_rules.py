"""Decide from a cluster's records and a scan of its client accounts what a sweep should do."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msklink.auth_scheme import Scheme
from msklink.connections.offboarding import VpcTags, is_protected
from msklink.connections.progress import time_in_progress
from msklink.connections.record import ConnectionRecord, State
from msklink.removal import RemovalTerms
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.tags import read_schemes
from msklink.topics.outcome import TopicState
from msklink.users.record import UserState


@dataclass
class ClientRecords:
    """The records of one client account of a cluster."""

    account: str
    is_listed: bool
    known: list[ConnectionRecord] = field(default_factory=list)
    onboarding_requests: list[OnboardingRequest] = field(default_factory=list)
    offboarding_requests: list[OffboardingRequest] = field(default_factory=list)


def records_by_client(
    listed: Iterable[str],
    known: Iterable[ConnectionRecord],
    onboarding_requests: Iterable[OnboardingRequest],
    offboarding_requests: Iterable[OffboardingRequest],
) -> list[ClientRecords]:
    """Return the *listed* accounts, and others that still have records."""
    found = {account: ClientRecords(account, is_listed=True) for account in listed}
    for record in known:
        client = found.setdefault(record.account, ClientRecords(record.account, is_listed=False))
        client.known.append(record)
    for request in onboarding_requests:
        if request.account in found:
            found[request.account].onboarding_requests.append(request)
    for offboarding in offboarding_requests:
        if offboarding.account in found:
            found[offboarding.account].offboarding_requests.append(offboarding)
    return [found[account] for account in sorted(found)]


def has_unprocessed_request(client: ClientRecords) -> bool:
    """Return whether the account sent a request that no run has processed."""
    gone = {(one.vpc_id, one.scheme) for one in client.offboarding_requests}
    is_withdrawn = any(one.wanted and (one.vpc_id, one.scheme) in gone for one in client.known)
    return is_withdrawn or bool(_unprocessed_requests(client))


def _unprocessed_requests(client: ClientRecords) -> list[OnboardingRequest]:
    gone = {(one.vpc_id, one.scheme) for one in client.offboarding_requests}
    requests = client.onboarding_requests
    return [one for one in requests if _is_unprocessed(one, client.known, gone)]


def _is_unprocessed(
    request: OnboardingRequest,
    known: Iterable[ConnectionRecord],
    gone: Collection[tuple[str, Scheme]],
) -> bool:
    asked = read_schemes(" ".join(request.schemes), "")
    requested = {scheme for scheme in asked.schemes if (request.vpc_id, scheme) not in gone}
    seen = {record.scheme for record in known if record.vpc_id == request.vpc_id}
    if None in seen or (asked.auto and seen):  # the whole VPC is refused, or has its schemes
        return False
    return bool(requested - seen)


def has_unsettled_topics(client: ClientRecords) -> bool:
    """Return whether the account requests a topic of which no run knows what became of it."""
    return any(
        dict(record.topics).get(topic.name, TopicState.ASKED) is TopicState.ASKED
        for request in client.onboarding_requests
        for topic in request.topics
        for record in client.known
        if record.vpc_id == request.vpc_id and record.scheme and record.is_pursued
    )


def has_unsettled_users(client: ClientRecords) -> bool:
    """Return whether the account requests a user of which no run knows what became of it."""
    return any(
        user.name not in _settled_users(record)
        for request in client.onboarding_requests
        for user in request.users
        for record in client.known
        if record.vpc_id == request.vpc_id and record.scheme is Scheme.SCRAM and record.is_pursued
    )


def _settled_users(record: ConnectionRecord) -> set[str]:
    return {user.name for user in record.users if user.state is not UserState.ASKED}


def is_unblocked(records: Sequence[ConnectionRecord], tags: VpcTags, terms: RemovalTerms) -> bool:
    """
    Return whether an account that was scanned now has an obstacle less than before.

    The account was unreachable, a connection was abandoned for that reason, or a connection is no
    longer protected from deletion.
    """
    return any(
        (record.is_about_account and record.wanted)
        or record.state is State.ABANDONED
        or (record.removal and not record.removal.due and not is_protected(record, tags, terms))
        for record in records
    )


def is_retryable(record: ConnectionRecord) -> bool:
    """Return whether the client or AWS may have solved the problem of a refusal since."""
    is_settled = record.is_unrepaired or record.is_turned_off or record.is_rejected
    return record.wanted and record.state in {State.REFUSED, State.FAILED} and not is_settled


def oldest_request(clients: Iterable[ClientRecords], now: datetime) -> timedelta:
    """
    Return the age of the oldest request that is neither done nor refused; 0 where there is none.

    It is the time since the event of a request that no run has processed, and otherwise the time
    for which MSKLink has worked on it. Its hold has an age of its own.
    """
    ages = [timedelta()]
    for client in clients:
        ages += filter(None, (time_in_progress(record, now) for record in client.known))
        if client.is_listed:
            ages += [now - request.requested_at for request in _unprocessed_requests(client)]
    return max(ages)
