"""Decide which access and topics each account is granted of what it requests."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msklink.arns import ClusterArn
from msklink.aws import dynamodb, ssm
from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.cluster.description import ClusterDescription
from msklink.policy.access_bounds import decide, digest, names_for
from msklink.policy.kafka_access import KafkaAccess
from msklink.policy.topic_access import TopicDecision, decide_topics, with_topics
from msklink.refusals import Refusal
from msklink.requests.records import OnboardingRequest
from msklink.settings import settings


@dataclass(frozen=True)
class DecidedRequests:
    """The owner's decisions about the requests of one account, by VPC."""

    access_refusals: Mapping[str, Refusal] = field(default_factory=dict)
    """Why the account does not get all of the requested access."""
    topics: Mapping[str, TopicDecision] = field(default_factory=dict)
    digest: str = ""
    """That of the bounds; empty where nothing is requested that they decide about."""


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
    asked = [one for one in requests if one.is_bounded and one.account not in vendors]
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
    refusals = {
        one.vpc_id: decide(one.access, bounds, cluster, account, namespace).refusal
        for one in asked
        if one.access
    }
    return DecidedRequests(
        {vpc_id: refusal for vpc_id, refusal in refusals.items() if refusal},
        {
            one.vpc_id: decide_topics(one.topics, bounds, cluster, account, namespace)
            for one in asked
            if one.topics
        },
        digest(bounds, namespace, cluster.name, account),
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
