"""Detect what has changed on a cluster and in its client accounts since the last run."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from msklink.arns import ClusterArn
from msklink.aws import dynamodb, msk_cluster_policy, msk_clusters, msk_scram_secrets
from msklink.aws.cluster_snapshot import ClusterSnapshot
from msklink.cluster import private_connectivity
from msklink.cluster.description import ClusterDescription
from msklink.connections import lifecycle, sweep_rules, vpc_connection
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.sweep_rules import ClientRecords
from msklink.drift.kinds import Drift, DriftKind, history_item
from msklink.parameters.published import PublishedState, digests, drift_of_scheme
from msklink.policy import document
from msklink.refusals import Code, refuse
from msklink.runs.backoff import reason_with_digest
from msklink.runs.cluster_record import ClusterRecord
from msklink.services import connectivity, kafka_access, notifications, repair_decisions
from msklink.services.account_scan import AccountSnapshot
from msklink.settings import settings
from msklink.tags import client_key
from msklink.vpc import group_drift
from msklink.vpc.description import Vpc


def detect_cluster_changes(cluster: ClusterDescription, snapshot: ClusterSnapshot) -> Iterator[str]:
    """Yield each change on the owner's side that a run would repair or report."""
    arn, namespace = cluster.arn.text, settings().namespace
    record, known = snapshot.cluster, snapshot.connections
    yield from _detect_scheme_changes(cluster, record)
    msk = msk_clusters.client()
    listed = msk_clusters.client_connections(msk, arn)
    states = {connection.arn: connection.state for connection in listed}
    for one in known:
        if one.connection_arn and one.wanted and _needs_run(one, states.get(one.connection_arn)):
            yield f"connection {one.connection_arn} is {states.get(one.connection_arn, 'gone')}"
    accounts = (
        cluster.client_accounts(namespace) | {one.account for one in known} | record.vendors.keys()
    )
    unknown = vpc_connection.unknown_connections(listed, accounts)
    if {connection.arn for connection in unknown} != set(record.unknown_connections):
        yield "connections of unknown accounts have appeared or gone"
    elif settings().reject_unknown and vpc_connection.rejectable(
        unknown, record.exempt_connections
    ):
        yield "connections of unknown accounts can be rejected"
    for account, bounds in kafka_access.changed_bounds(cluster, snapshot):
        yield reason_with_digest(f"the bounds for the access of {account} have changed", bounds)
    secrets = {one.secret_arn for one in snapshot.users if one.secret_arn}
    if secrets and (gone := secrets - msk_scram_secrets.associated(msk, cluster.arn)):
        yield reason_with_digest("secrets of users are not associated any more", sorted(gone))
    current, _ = msk_cluster_policy.read_policy(msk, arn)
    notifications.policy_read(current)
    found = document.policy_drift(current, record.policy_digests, namespace)
    if not found:
        _mark_resolved(arn, snapshot, history_item(DriftKind.POLICY))
    elif repair_decisions.decide_repair(arn, found).needs_run:
        yield reason_with_digest("the cluster policy has changed", found.before)


def _mark_resolved(cluster_arn: str, snapshot: ClusterSnapshot, item: str) -> None:
    """Mark *item* as resolved; only an open history costs a call."""
    if item in snapshot.open_histories:
        repair_decisions.mark_resolved(cluster_arn, [item])


def _detect_scheme_changes(cluster: ClusterDescription, record: ClusterRecord) -> Iterator[str]:
    asked = cluster.requested_schemes(settings().namespace).schemes
    held = {scheme for hold in record.holds for scheme in hold.schemes}
    if held & cluster.private_schemes and not connectivity.change_terms(cluster).freeze:
        yield "schemes that wait for the owner's terms are on"
    missing = private_connectivity.turned_off_schemes(
        cluster, asked - held, frozenset(record.enabled_schemes)
    )
    reported = {one.message for one in record.refusals if one.code is Code.SCHEME_TURNED_OFF}
    if {connectivity.turned_off_refusal(scheme).message for scheme in missing} != reported:
        yield "schemes were turned off or on"
    elif connectivity.schemes_to_restore(cluster, asked - held, record):
        yield "schemes can be turned on again"


def _needs_run(record: ConnectionRecord, state: str | None) -> bool:
    if state == vpc_connection.REJECTED:
        return not record.is_rejected
    found = lifecycle.drift_of_state(record, state)
    if found is None:
        return False
    return (
        not record.is_unrepaired
        or repair_decisions.decide_repair(record.cluster_arn, found).refusal is None
    )


def detect_client_changes(
    cluster_arn: str, client: ClientRecords, snapshot: ClusterSnapshot, scanned: AccountSnapshot
) -> Iterator[str]:
    """Yield each change, request or solved problem in an account that a run would act on."""
    account, key = client.account, _key(cluster_arn)
    tags = {vpc_id: of_vpc[key] for vpc_id, of_vpc in scanned.tags.items() if key in of_vpc}
    surveyed = snapshot.surveyed.get(account)
    if client.is_listed and (surveyed is None or tags != surveyed.tags):
        yield reason_with_digest(f"the tags of VPCs in {account} have changed", tags)
    if client.is_listed and sweep_rules.has_unprocessed_request(client):
        asked = [
            one.model_dump(mode="json")
            for one in (*client.onboarding_requests, *client.offboarding_requests)
        ]
        yield reason_with_digest(f"a request of {account} is not processed", asked)
    if client.is_listed and sweep_rules.has_unsettled_topics(client):
        yield f"topics that {account} requests are not settled"
    if client.is_listed and sweep_rules.has_unsettled_users(client):
        yield f"users that {account} requests are not settled"
    if sweep_rules.is_unblocked(client.known, scanned.tags, settings().terms):
        yield f"a VPC in {account} no longer blocks its connection"
    checked = [one for one in client.known if one.can_drift and one.wanted]
    if checked and scanned.parameters is not None:
        state = snapshot.published.get(account, PublishedState())
        yield from _detect_parameter_changes(cluster_arn, account, state, scanned.parameters)
    if checked and scanned.vpcs is not None:
        vpcs = scanned.vpcs.get(key, ())
        yield from _detect_group_changes(cluster_arn, checked, snapshot, vpcs)


def _key(cluster_arn: str) -> str:
    return client_key(settings().namespace, ClusterArn.parse(cluster_arn).name)


def _detect_parameter_changes(
    cluster_arn: str, account: str, state: PublishedState, parameters: Mapping[str, str]
) -> Iterator[str]:
    name = ClusterArn.parse(cluster_arn).name
    found = digests(parameters, settings().namespace, name)
    if state.digests and state.digests != found:
        yield reason_with_digest(f"parameters in {account} have changed", found)
    drifts = (drift_of_scheme(account, scheme) for scheme in state.unrepaired_schemes)
    if any(repair_decisions.decide_repair(cluster_arn, drift).refusal is None for drift in drifts):
        yield f"parameters in {account} can be repaired"


def _detect_group_changes(
    cluster_arn: str,
    checked: Iterable[ConnectionRecord],
    snapshot: ClusterSnapshot,
    vpcs: Iterable[Vpc],
) -> Iterator[str]:
    used = {record.vpc_id for record in checked}
    for vpc in vpcs:
        if vpc.id not in used:
            continue
        if group_drift.lacks_new_blocks(vpc):
            yield reason_with_digest(f"{vpc.id} has more CIDR blocks", vpc.cidrs)
        found = group_drift.security_group_drift(vpc)
        if not found:
            _mark_resolved(cluster_arn, snapshot, group_drift.security_group_history_item(vpc))
        elif repair_decisions.decide_repair(cluster_arn, found).needs_run:
            yield reason_with_digest(
                f"the managed security group of {vpc.id} has changed", found.before
            )


def _published(known: Iterable[ConnectionRecord]) -> set[tuple[str, str, str]]:
    """Return account, VPC id and ARN of each published connection."""
    return {
        (one.account, one.vpc_id, str(one.connection_arn))
        for one in known
        if one.state is State.PUBLISHED
    }


def _are_too_few(
    seen: Mapping[tuple[str, str], int], cluster_arn: str, published: Iterable[tuple[str, str, str]]
) -> bool:
    wanted = Counter(vpc_id for _, vpc_id, _ in published)
    return any(seen[cluster_arn, vpc_id] < count for vpc_id, count in wanted.items())


def report_untagged_endpoints(
    cluster_arn: str,
    client: ClientRecords,
    snapshot: ClusterSnapshot,
    scanned: AccountSnapshot,
    rescan: Callable[[], AccountSnapshot | None],
) -> None:
    """
    Report VPCs whose VPC endpoints lack the tags by which MSK manages them; no run can help.

    Runs continue during a sweep, so *scanned* may be older than a new connection: where it has too
    few endpoints, *rescan* is called. A run may also have closed connections since *snapshot*:
    only connections that are published in both readings count.
    """
    published = _published(client.known)
    seen: Mapping[tuple[str, str], int] | None = scanned.endpoints
    if seen is not None and _are_too_few(seen, cluster_arn, published):
        fresh = rescan()
        seen = fresh.endpoints if fresh else None
        published &= _published(dynamodb.connections(cluster_arn, client.account))
    expected = Counter((account, vpc_id) for account, vpc_id, _ in published)
    if seen is None:
        return
    for (account, vpc_id), count in expected.items():
        endpoints_seen = seen[cluster_arn, vpc_id]
        if endpoints_seen >= count:
            _mark_resolved(
                cluster_arn, snapshot, history_item(DriftKind.ENDPOINT_TAGS, account, vpc_id)
            )
            continue
        found = Drift(
            DriftKind.ENDPOINT_TAGS,
            before=f"{endpoints_seen} endpoints with tags",
            after=f"{count} endpoints with tags",
            account=account,
            vpc_id=vpc_id,
        )
        refusal = refuse(
            Code.ENDPOINT_TAGS_MISSING,
            vpc_id=vpc_id,
            connections=count,
            endpoints=endpoints_seen,
        )
        repair_decisions.decide_repair(cluster_arn, found).report_unrepaired("sweep", refusal)
