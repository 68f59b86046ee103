"""Task state InspectCluster: read the cluster and its tags, and say what the run does next."""

from typing import Any

from aws_lambda_powertools import Logger

from msklink import cluster as rules
from msklink import connectivity, eligibility, leasing, polling, succession, vendors
from msklink.aws import ec2, kafka, memories, table
from msklink.aws.errors import refusals_of_aws
from msklink.aws.model import unknown_fields
from msklink.cluster import Cluster, Move
from msklink.errors import ClusterWaitTimedOut, Refused
from msklink.recording import record_cluster_refusals
from msklink.records import Cluster as Record
from msklink.refusals import Code, refuse
from msklink.settings import settings
from msklink.survey import ClusterFacts
from msklink.tags import read_clients
from msklink.task_state import task
from msklink.tasks import Task

logger = Logger()


class Inspection(Task):
    waited_seconds: int
    expected: tuple[int, int] = polling.UNKNOWN_WINDOW
    """Seconds after the start of the wait between which its end is expected."""


@task
def handler(event: Inspection) -> dict[str, Any]:
    # Read before the cluster: whatever is asked for after this moment counts higher.
    record = table.read_cluster(event.cluster_arn)
    msk = kafka.client()
    if unknown := list(unknown_fields(msk)):
        logger.warning("boto3 of the Lambda runtime is too old", unknown_fields=unknown)
    try:
        with refusals_of_aws():
            cluster = kafka.describe_updates(msk, event.cluster_arn, record.operation)
            answer = _look(event, cluster, record)
            seen = cluster.fingerprint(settings().namespace) if cluster else rules.GONE
    except Refused as error:
        record_cluster_refusals(event, record, (error.refusal,))
        answer = {"move": Move.STOP, "reason": error.refusal.message}
        seen = rules.UNSEEN  # so that the next sweep has it looked at again
    logger.info("cluster inspected", move=answer["move"], reason=answer["reason"])
    nothing = {"facts": {}, "managed": False}
    return {**nothing, **answer, "generation": record.requested, "fingerprint": seen}


def _look(event: Inspection, cluster: Cluster | None, record: Record) -> dict[str, Any]:
    if cluster is None:
        return _look_for_successor(event, record)
    namespace = settings().namespace
    asked = cluster.asked(namespace)
    connecting, admitted = vendors.listed(cluster, namespace), cluster.clients(namespace)
    vendors.follow(event.cluster_arn, event.run, record, connecting.accounts, admitted)
    if not cluster.is_managed(namespace):
        return _see_off_all(event, Code.CLUSTER_NOT_MANAGED, "the cluster is not opted in")
    verdict = rules.next_move(cluster, wanted=frozenset())
    if verdict.move is Move.WAIT:
        if event.waited_seconds >= polling.limit_seconds(event.expected, cluster.brokers):
            minutes = event.waited_seconds // 60
            raise ClusterWaitTimedOut(f"{verdict.reason} after {minutes} minutes of waiting")
        seconds = polling.wait_seconds(event.waited_seconds, event.expected, cluster.brokers)
        return {"move": Move.WAIT, "reason": verdict.reason, "wait_seconds": seconds}
    properties = kafka.server_properties(kafka.client(), cluster)
    clients = read_clients(cluster.tags, namespace)
    refusals = eligibility.scheme_refusals(cluster, asked, namespace, properties)
    failed = connectivity.conclude_update(event.run, cluster, record)
    possible = asked.schemes - refusals.keys() - failed.keys()
    off = connectivity.turned_off(event.run, cluster, possible, record)
    warnings = eligibility.cluster_warnings(cluster)
    told = eligibility.owner_refusals(asked, refusals) + tuple(failed.values())[:1]
    told += tuple(off.values()) + clients.refusals + connecting.refusals
    told += eligibility.vendor_refusals(cluster, connecting.accounts, asked, namespace)
    for_vendors = possible - off.keys() if connecting.accounts and not asked.auto else ()
    record_cluster_refusals(event, record, told, warnings)
    memories.note_managed(event.cluster_arn)
    succession.hand_over(event.cluster, clients.accounts)
    connectivity.remember(cluster, possible, record)
    facts = ClusterFacts(
        arn=event.cluster_arn,
        name=event.cluster.name,
        zone_ids=cluster.zone_ids,
        refusals=refusals | failed | off,
        warnings=warnings,
        vpc_id=ec2.vpc_of(ec2.client(), cluster.subnet_ids),
        brokers=cluster.brokers,
        vendor_schemes=tuple(sorted(for_vendors)),
    )
    return {
        "move": Move.PROCEED,
        "reason": verdict.reason,
        "accounts": _accounts(event, clients.accounts, Code.ACCOUNT_NOT_ALLOWED),
        "managed": True,
        "facts": facts.model_dump(mode="json"),
    }


def _look_for_successor(event: Inspection, record: Record) -> dict[str, Any]:
    """What a cluster that is gone has goes: at once where another of its name is for its client."""
    code, cluster = Code.CLUSTER_NOT_FOUND, event.cluster
    vendors.forget_all(cluster.text, record)
    successor = succession.successor(cluster)
    if successor is None:
        gone = refuse(code, cluster=cluster.name, owner=cluster.account)
        record_cluster_refusals(event, record, (gone,))
        return _see_off_all(event, code, gone.message)
    new = successor.arn.text
    replaced = refuse(Code.CLUSTER_REPLACED, old=cluster.text, new=new)
    record_cluster_refusals(event, record, (replaced,))
    if record.seen != rules.GONE:  # until now the name was taken
        leasing.request_run(new)
    clients = successor.clients(settings().namespace)
    return _see_off_all(event, code, replaced.message, clients) | {"facts": {"successor": new}}


def _see_off_all(
    event: Inspection, barred: Code, reason: str, replaced: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """
    What is left in any account goes; nothing is done where nothing is left.

    For the accounts *replaced* it goes because another cluster has taken the place of this one.
    """
    accounts = [
        one | {"barred": Code.CLUSTER_REPLACED} if one["account"] in replaced else one
        for one in _accounts(event, frozenset(), barred)
    ]
    left = accounts or memories.is_managed(event.cluster_arn)  # so that the owner's set goes too
    return {"move": Move.CLOSE if left else Move.STOP, "reason": reason, "accounts": accounts}


def _accounts(event: Inspection, listed: frozenset[str], barred: Code) -> list[dict[str, str]]:
    """The accounts to survey: those *listed*, and those that were and have something still."""
    recorded = {record.account for record in table.connections(event.cluster_arn)}
    return [
        {"account": account, "barred": "" if account in listed else barred}
        for account in sorted(listed | recorded)
    ]
