"""Decide which access, topics and users each account is granted of what it requests."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msklink.arns import ClusterArn
from msklink.aws import dynamodb, ssm
from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.cluster.description import ClusterDescription
from msklink.policy.access_bounds import decide, digest, names_for
from msklink.policy.kafka_access import KafkaAccess
from msklink.policy.topic_access import TopicDecision, decide_topics, with_topics
from msklink.policy.user_access import UserDecision, decide_users
from msklink.refusals import Refusal
from msklink.requests.records import OnboardingRequest
from msklink.settings import settings


@dataclass(frozen=True)
class DecidedRequests:
    """The owner's decisions about the requests of one account, by VPC."""

    access_refusals: Mapping[str, Refusal] = field(default_factory=dict)
    """Why the account does not get all of the requested access."""
    topics: Mapping[str, TopicDecision] = field(default_factory=dict)
    users: Mapping[str, UserDecision] = field(default_factory=dict)
    granted: Mapping[str, KafkaAccess] = field(default_factory=dict)
    """What the account gets of the requested access, and what its topics bring."""
    digest: str = ""
    """That of the bounds; empty where nothing is requested that they decide about."""

    def user_refusal(self, name: str) -> Refusal | None:
        """Return why the account does not get the user of this name, if it requests it."""
        found = (decision.beyond.get(name) for decision in self.users.values())
        return next(filter(None, found), None)


def _read_bounds(cluster: ClusterArn, accounts: Iterable[str]) -> dict[str, str]:
    """Return the owner's parameters for *accounts* by name; without accounts, make no call."""
    return ssm.read_some(names_for(settings().namespace, cluster.name, accounts))


def granted_access(
    cluster: ClusterArn, vendors: Collection[str]
) -> frozenset[tuple[str, KafkaAccess]]:
    """
    Return the access that each account is granted now: what it requests, within the bounds.

    The topics that it requests are among it. An account among *vendors* gets the control actions
    only.
    """
    requests = dynamodb.onboarding_requests(cluster.text)
    bounded = (one for one in requests if one.is_bounded and one.asks_iam)
    asked = [one for one in bounded if one.account not in vendors]
    bounds, namespace = _read_bounds(cluster, [one.account for one in asked]), settings().namespace
    granted = set()
    for one in asked:
        decided = decide(one.access or KafkaAccess(), bounds, cluster, one.account, namespace)
        topics = decide_topics(one.topics, bounds, cluster, one.account, namespace)
        granted.add((one.account, with_topics(decided.granted, topics.access)))
    return frozenset((account, access) for account, access in granted if not access.is_nothing)


def decide_requests(
    cluster: ClusterArn, account: str, requests: Iterable[OnboardingRequest]
) -> DecidedRequests:
    """Return what the owner's bounds decide about the *requests* of the account."""
    asked = [one for one in requests if one.is_bounded]
    if not asked:
        return DecidedRequests()
    bounds, namespace = _read_bounds(cluster, [account]), settings().namespace
    terms = bounds, cluster, account, namespace
    access = {one.vpc_id: decide(one.access or KafkaAccess(), *terms) for one in asked}
    topics = {one.vpc_id: decide_topics(one.topics, *terms) for one in asked}
    return DecidedRequests(
        access_refusals={
            vpc_id: decision.refusal for vpc_id, decision in access.items() if decision.refusal
        },
        topics={one.vpc_id: topics[one.vpc_id] for one in asked if one.topics},
        users={one.vpc_id: decide_users(one.users, *terms) for one in asked if one.users},
        granted={
            vpc_id: with_topics(decision.granted, topics[vpc_id].access)
            for vpc_id, decision in access.items()
        },
        digest=digest(bounds, namespace, cluster.name, account),
    )


def changed_bounds(
    cluster: ClusterDescription, snapshot: ClusterSnapshot
) -> Iterator[tuple[str, str]]:
    """Yield each account whose bounds have changed since its last survey, with their digest."""
    namespace = settings().namespace
    requesting = {one.account for one in snapshot.onboarding_requests if one.is_bounded}
    accounts = sorted(requesting & snapshot.surveyed.keys() & cluster.client_accounts(namespace))
    bounds = _read_bounds(cluster.arn, accounts)
    for account in accounts:
        found = digest(bounds, namespace, cluster.arn.name, account)
        if found != snapshot.surveyed[account].bounds_digest:
            yield account, found
