"""Decide which of the requested Kafka access each account is granted, by the owner's bounds."""

from collections.abc import Collection, Iterable, Iterator

from msklink.arns import ClusterArn
from msklink.aws import dynamodb, ssm
from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.cluster.description import ClusterDescription
from msklink.policy.access_bounds import decide, digest, names_for
from msklink.policy.kafka_access import KafkaAccess
from msklink.refusals import Refusal
from msklink.requests.records import OnboardingRequest
from msklink.settings import settings


def _read_bounds(cluster: ClusterArn, accounts: Iterable[str]) -> dict[str, str]:
    """Return the owner's parameters for *accounts* by name; without accounts, make no call."""
    return ssm.read_some(names_for(settings().namespace, cluster.name, accounts))


def granted_access(
    cluster: ClusterArn, vendors: Collection[str]
) -> frozenset[tuple[str, KafkaAccess]]:
    """
    Return the access that each account is granted now: what it requests, within the bounds.

    An account among *vendors* gets the control actions only.
    """
    requested = dynamodb.requested_access(cluster.text)
    asked = [(account, access) for account, access in requested if account not in vendors]
    bounds = _read_bounds(cluster, [account for account, _ in asked])
    decided = (
        (account, decide(access, bounds, cluster, account, settings().namespace).granted)
        for account, access in asked
    )
    return frozenset((account, access) for account, access in decided if not access.is_nothing)


def refused_access(
    cluster: ClusterArn, account: str, requests: Iterable[OnboardingRequest]
) -> tuple[dict[str, Refusal], str]:
    """
    Return why *account* does not get all of the access in *requests*, by VPC, and a digest.

    The digest is that of the owner's bounds; it is empty where no access is requested.
    """
    asked = {one.vpc_id: one.access for one in requests if one.access}
    if not asked:
        return {}, ""
    bounds, namespace = _read_bounds(cluster, [account]), settings().namespace
    decided = {
        vpc_id: decide(access, bounds, cluster, account, namespace).refusal
        for vpc_id, access in asked.items()
    }
    refusals = {vpc_id: refusal for vpc_id, refusal in decided.items() if refusal}
    return refusals, digest(bounds, namespace, cluster.name, account)


def changed_bounds(
    cluster: ClusterDescription, snapshot: ClusterSnapshot
) -> Iterator[tuple[str, str]]:
    """Yield each account whose bounds have changed since its last survey, with their digest."""
    namespace = settings().namespace
    requesting = {one.account for one in snapshot.onboarding_requests if one.access}
    accounts = sorted(requesting & snapshot.surveyed.keys() & cluster.client_accounts(namespace))
    bounds = _read_bounds(cluster.arn, accounts)
    for account in accounts:
        found = digest(bounds, namespace, cluster.arn.name, account)
        if found != snapshot.surveyed[account].bounds_digest:
            yield account, found
