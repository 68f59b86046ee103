"""Combine tags and requests into the VPCs that a client account wants connected."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from msklink.auth_scheme import Scheme
from msklink.connections.record import ConnectionRecord
from msklink.refusals import Refusal
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.tags import RequestedSchemes, read_schemes
from msklink.topics.outcome import NO_TOPICS, TopicReport
from msklink.users.record import NO_USERS, UserReport, UserReports
from msklink.vpc.description import Vpc


@dataclass(frozen=True)
class RequestedVpc:
    """One VPC that a tag or a request asks to connect."""

    vpc_id: str
    requested: RequestedSchemes
    requested_at: datetime
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    kafka_access_refusal: Refusal | None = None
    """Why IAM clients of the account do not get all of the requested access."""
    topics: TopicReport = NO_TOPICS
    users: UserReport = NO_USERS


def requested_vpcs(
    vpcs: Iterable[Vpc],
    onboarding_requests: Iterable[OnboardingRequest],
    offboarding_requests: Iterable[OffboardingRequest],
    key: str,
    now: datetime,
) -> tuple[RequestedVpc, ...]:
    """
    Return every requested VPC. Schemes of tag and request add up; the request names the subnets.

    An offboarding request overrides both until the next onboarding request.
    """
    asked = {vpc.id: read_schemes(vpc.tags.get(key), f"Tag {key} of VPC {vpc.id}") for vpc in vpcs}
    found = {
        vpc_id: RequestedVpc(vpc_id, tagged, now)
        for vpc_id, tagged in asked.items()
        if tagged.schemes or tagged.refusals
    }
    for request in onboarding_requests:
        by_request = read_schemes(" ".join(request.schemes), "Field schemes of the request")
        tagged = found.get(request.vpc_id)
        found[request.vpc_id] = RequestedVpc(
            request.vpc_id,
            _both(by_request, tagged.requested) if tagged else by_request,
            request.requested_at,
            request.subnet_ids,
            request.security_group_ids,
        )
    gone = {(offboarding.vpc_id, offboarding.scheme) for offboarding in offboarding_requests}
    remaining = (_without(found[vpc_id], gone) for vpc_id in sorted(found))
    return tuple(
        requested_vpc
        for requested_vpc in remaining
        if requested_vpc.requested.schemes or requested_vpc.requested.refusals
    )


def with_existing_connections(
    requested: Iterable[RequestedVpc],
    known: Iterable[ConnectionRecord],
    offboarding_requests: Iterable[OffboardingRequest],
) -> tuple[RequestedVpc, ...]:
    """
    Return *requested*, in which an invalid word in a tag disconnects nothing.

    The word may be a typing error. Until it is corrected, *known* connections of its VPC count as
    requested, except those for which there is an offboarding request.
    """
    gone = {(offboarding.vpc_id, offboarding.scheme) for offboarding in offboarding_requests}
    live = {(one.vpc_id, one.scheme) for one in known if one.scheme and one.is_live and one.wanted}
    return tuple(
        replace(
            requested_vpc,
            requested=replace(
                requested_vpc.requested, schemes=requested_vpc.requested.schemes | held
            ),
        )
        if requested_vpc.requested.refusals and (held := _of_vpc(live - gone, requested_vpc.vpc_id))
        else requested_vpc
        for requested_vpc in requested
    )


def _of_vpc(pairs: Iterable[tuple[str, Scheme | None]], vpc_id: str) -> frozenset[Scheme]:
    return frozenset(scheme for vpc, scheme in pairs if vpc == vpc_id and scheme)


def with_decisions(
    requested: Iterable[RequestedVpc],
    access_refusals: Mapping[str, Refusal],
    topics: Mapping[str, TopicReport],
    users: UserReports,
) -> tuple[RequestedVpc, ...]:
    """Return *requested* with what is decided about access, topics and users of their VPCs."""
    return tuple(
        replace(
            requested_vpc,
            kafka_access_refusal=access_refusals.get(requested_vpc.vpc_id),
            topics=topics.get(requested_vpc.vpc_id, NO_TOPICS),
            users=users.of(requested_vpc.vpc_id),
        )
        for requested_vpc in requested
    )


def _without(requested_vpc: RequestedVpc, gone: Collection[tuple[str, Scheme]]) -> RequestedVpc:
    kept = frozenset(
        one for one in requested_vpc.requested.schemes if (requested_vpc.vpc_id, one) not in gone
    )
    return replace(requested_vpc, requested=replace(requested_vpc.requested, schemes=kept))


def _both(first: RequestedSchemes, second: RequestedSchemes) -> RequestedSchemes:
    return RequestedSchemes(
        first.schemes | second.schemes,
        auto=first.auto or second.auto,
        refusals=first.refusals + second.refusals,
    )
