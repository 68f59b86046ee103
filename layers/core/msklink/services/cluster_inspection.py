"""Inspect the cluster: what it offers, which accounts may connect, and the run's next move."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.aws import cluster_item, dynamodb, ec2, msk_clusters, run_state
from msklink.aws.errors import aws_refusals
from msklink.aws.msk_model import unknown_fields
from msklink.cluster import description, eligibility, next_move, update_window
from msklink.cluster.description import ClusterDescription
from msklink.cluster.next_move import Move
from msklink.connections.wanted_connections import ClusterFacts
from msklink.errors import ClusterWaitTimedOut, Refused
from msklink.refusals import Code, Refusal, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.lease import most_clients
from msklink.runs.task_input import ClusterInspection
from msklink.services import connectivity, lease, succession, vendors
from msklink.services.connection_changes import record_cluster_refusals
from msklink.settings import settings
from msklink.tags import read_client_accounts

logger = Logger(child=True)


def inspect(task: ClusterInspection) -> dict[str, Any]:
    """
    Read the cluster and its tags, record the result, and return what the run does next.

    Raises ClusterWaitTimedOut where an update by MSK takes too long.
    """
    # Read before the cluster: a later request has a higher number than this record.
    record = cluster_item.read_cluster(task.cluster_arn)
    msk = msk_clusters.client()
    if unknown := list(unknown_fields(msk)):
        logger.warning("boto3 of the Lambda runtime is too old", unknown_fields=unknown)
    try:
        with aws_refusals():
            cluster = msk_clusters.describe_updates(msk, task.cluster_arn, record.operation)
            answer = _decide(task, cluster, record)
            fingerprint = connectivity.fingerprint(cluster)
            answer |= {"freeze": connectivity.change_terms(cluster).freeze}
    except Refused as error:
        record_cluster_refusals(task, record, (error.refusal,))
        answer = {"move": Move.STOP, "reason": error.refusal.message}
        fingerprint = description.UNSEEN  # so that the next sweep starts a run
    nothing = {"facts": {}, "managed": False, "freeze": ""}
    return {**nothing, **answer, "generation": record.requested, "fingerprint": fingerprint}


def _decide(
    task: ClusterInspection, cluster: ClusterDescription | None, record: ClusterRecord
) -> dict[str, Any]:
    if cluster is None:
        return _handle_gone_cluster(task, record)
    namespace = settings().namespace
    connecting = vendors.listed_vendors(cluster, namespace)
    admitted = cluster.client_accounts(namespace)
    vendors.update_vendors(task.cluster_arn, task.run, record, connecting.accounts, admitted)
    if not cluster.is_managed(namespace):
        return _move_to_close(task, Code.CLUSTER_NOT_MANAGED, "the cluster is not opted in")
    verdict = next_move.decide_next_move(cluster, wanted=frozenset())
    if verdict.move is Move.WAIT:
        if task.waited_seconds >= update_window.limit_seconds(task.expected, cluster.brokers):
            minutes = task.waited_seconds // 60
            raise ClusterWaitTimedOut(f"{verdict.reason} after {minutes} minutes of waiting")
        seconds = update_window.wait_seconds(task.waited_seconds, task.expected, cluster.brokers)
        return {"move": Move.WAIT, "reason": verdict.reason, "wait_seconds": seconds}
    return _offer(task, cluster, record, verdict.reason)


def _offer(
    task: ClusterInspection, cluster: ClusterDescription, record: ClusterRecord, reason: str
) -> dict[str, Any]:
    """Decide which schemes clients can have, notify the owner, and name the accounts to survey."""
    namespace = settings().namespace
    asked = cluster.requested_schemes(namespace)
    connecting = vendors.listed_vendors(cluster, namespace)
    properties = msk_clusters.server_properties(msk_clusters.client(), cluster)
    clients = read_client_accounts(cluster.tags, namespace)
    refusals = eligibility.scheme_refusals(cluster, asked, namespace, properties)
    failed = connectivity.conclude_update(task.run, cluster, record)
    possible = asked.schemes - refusals.keys() - failed.keys()
    seconds = connectivity.update_seconds(cluster) if possible - cluster.private_schemes else 0
    holds = connectivity.holds(cluster, possible, seconds)
    off = connectivity.handle_turned_off(task.run, cluster, possible, record, holds)
    warnings = eligibility.cluster_warnings(cluster)
    reported = eligibility.owner_refusals(asked, refusals) + tuple(failed.values())[:1]
    reported += tuple(off.values()) + clients.refusals + connecting.refusals
    reported += connectivity.terms_refusals(cluster)
    reported += eligibility.vendor_refusals(cluster, connecting.accounts, asked, namespace)
    for_vendors = possible - off.keys() if connecting.accounts and not asked.auto else ()
    accounts = _accounts(task, clients.accounts, Code.ACCOUNT_NOT_ALLOWED)
    reported += _too_many_accounts(clients.accounts, accounts)
    record_cluster_refusals(task, record, reported, warnings)
    run_state.track_cluster(task.cluster_arn)
    succession.take_over_requests(task.cluster, clients.accounts)
    connectivity.record_enabled_schemes(cluster, possible, record)
    restoring = connectivity.schemes_to_restore(cluster, possible, record)
    waiting = (restoring.union(for_vendors) & holds.keys()) - cluster.private_schemes
    facts = ClusterFacts(
        arn=task.cluster_arn,
        name=task.cluster.name,
        zone_ids=cluster.zone_ids,
        refusals=refusals | failed | off,
        warnings=warnings,
        vpc_id=ec2.vpc_of(ec2.client(), cluster.subnet_ids),
        brokers=cluster.brokers,
        vendor_schemes=tuple(sorted(for_vendors)),
        enabled_schemes=tuple(sorted(cluster.private_schemes)),
        holds=holds,
        waiting=tuple(sorted(waiting)),
        window=connectivity.change_terms(cluster).window,
        update_seconds=seconds,
        enabled_by=clock.now().replace(microsecond=0) + timedelta(seconds=seconds),
    )
    return {
        "move": Move.PROCEED,
        "reason": reason,
        "accounts": accounts,
        "managed": True,
        "facts": facts.model_dump(mode="json"),
    }


def _handle_gone_cluster(task: ClusterInspection, record: ClusterRecord) -> dict[str, Any]:
    """
    Notify the owner of a deleted cluster, start a run of its successor, and return the next move.

    The run closes what the cluster has; at once for clients that its successor admits.
    """
    code, cluster = Code.CLUSTER_NOT_FOUND, task.cluster
    vendors.forget_vendors(cluster.text, record)
    successor = succession.successor(cluster)
    if successor is None:
        gone = refuse(code, cluster=cluster.name, owner=cluster.account)
        record_cluster_refusals(task, record, (gone,))
        return _move_to_close(task, code, gone.message)
    new = successor.arn.text
    replaced = refuse(Code.CLUSTER_REPLACED, old=cluster.text, new=new)
    record_cluster_refusals(task, record, (replaced,))
    if record.cluster_fingerprint != description.GONE:  # until now its successor had to wait
        lease.request_run(new)
    clients = successor.client_accounts(settings().namespace)
    return _move_to_close(task, code, replaced.message, clients) | {"facts": {"successor": new}}


def _move_to_close(
    task: ClusterInspection, barred: Code, reason: str, replaced: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """
    Return the move CLOSE with all accounts that have records; STOP where nothing remains.

    They may not connect for the reason *barred*; for those *replaced* it is CLUSTER_REPLACED.
    """
    accounts = [
        one | {"barred": Code.CLUSTER_REPLACED} if one["account"] in replaced else one
        for one in _accounts(task, frozenset(), barred)
    ]
    remains = accounts or run_state.is_tracked(task.cluster_arn)  # the owner's parameters do
    return {"move": Move.CLOSE if remains else Move.STOP, "reason": reason, "accounts": accounts}


def _accounts(
    task: ClusterInspection, listed: frozenset[str], barred: Code
) -> list[dict[str, str]]:
    """
    Return the accounts to survey: those *listed*, and those that still have records.

    Beyond the limit of a run, those with records come first, then those with requests.
    """
    recorded = {record.account for record in dynamodb.connections(task.cluster_arn)}
    accounts = sorted(listed | recorded)
    if len(accounts) > (limit := most_clients()):
        requesting = {request.account for request in dynamodb.client_requests(task.cluster_arn)}
        accounts.sort(key=lambda one: (one not in recorded, one not in requesting, one))
        accounts = sorted(accounts[:limit])
    return [
        {"account": account, "barred": "" if account in listed else barred} for account in accounts
    ]


def _too_many_accounts(
    listed: frozenset[str], served: Iterable[Mapping[str, str]]
) -> tuple[Refusal, ...]:
    """Return the refusal for the *listed* accounts that are not *served*, if there are any."""
    left = sorted(listed - {one["account"] for one in served})
    if not left:
        return ()
    return (
        refuse(
            Code.TOO_MANY_ACCOUNTS,
            count=len(listed),
            limit=most_clients(),
            left=len(left),
            first=left[0],
            key=f"{settings().namespace}/clients",
        ),
    )
