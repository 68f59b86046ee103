"""
Starts runs where something may have changed that no event has told of, or where time is up.

Events of AWS are best effort (EventBridge reference); this is what makes it sure. It is also how
clusters and VPCs come in that were tagged before MSKLink was there.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock, leasing, offboarding, sweeping, watching
from msklink import cluster as rules
from msklink.aws import ec2, kafka, memories, runs, ssm
from msklink.aws.session import CLIENT_TROUBLE, in_client
from msklink.aws.snapshot import Snapshot, take
from msklink.burying import bury
from msklink.client_account import ClientAccount
from msklink.cluster import Cluster
from msklink.settings import settings
from msklink.watching import Sight

logger = Logger()

SightOf = Callable[[str], Sight | None]


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    @cache
    def sight_of(account: str) -> Sight | None:
        client = ClientAccount.beside(context.invoked_function_arn, account, settings().namespace)
        return _look(client, context.aws_request_id)

    now = clock.now()
    asked: list[str] = []
    troubles: list[Exception] = []
    clusters: dict[str, Cluster | None] = dict.fromkeys(memories.managed_clusters())
    clusters |= {
        cluster.arn.text: cluster
        for cluster in kafka.list_clusters(kafka.client())
        if cluster.arn.text in clusters or cluster.is_managed(settings().namespace)
    }
    for arn, cluster in clusters.items():
        try:
            if reason := _why(arn, cluster, sight_of, now):
                run = leasing.request_run(arn)
                logger.info("run requested", cluster=arn, reason=reason, holder=run)
                asked.append(run)
        except Exception as trouble:  # of one cluster, whatever it is: the others are looked at
            logger.exception("cluster not swept", cluster=arn)
            troubles.append(trouble)
    if troubles:
        raise ExceptionGroup("clusters not swept", troubles)  # so that the alarm tells of it
    return {"runs": asked}


def _why(arn: str, cluster: Cluster | None, sight_of: SightOf, now: datetime) -> str | None:
    """Why the cluster needs a run; None when all is as the last one left it, or one is at work."""
    if cluster and not rules.is_settled(cluster):
        return None
    snapshot = take(arn)
    record = snapshot.cluster
    if record.holder:
        if not runs.start(record.holder, arn):
            bury(runs.execution_arn(record.holder))
        return None
    if failure := record.last_failure:
        is_due = failure.next_attempt and failure.next_attempt <= now
        return f"its last run failed, for time {failure.times}" if is_due else None
    seen = cluster.fingerprint(settings().namespace) if cluster else rules.GONE
    if record.seen != seen:
        return "the cluster has changed"
    if not snapshot.connections and not (cluster and cluster.is_managed(settings().namespace)):
        memories.forget_managed(arn)  # not before its last run came to its end
        return None
    return _why_more(arn, cluster, snapshot, sight_of, now)


def _why_more(
    arn: str, cluster: Cluster | None, snapshot: Snapshot, sight_of: SightOf, now: datetime
) -> str | None:
    """What time has brought, and what others did on either side."""
    known = snapshot.connections
    if any(offboarding.is_time(one, now) for one in known):
        return "the time of a connection is up"
    is_managed = cluster is not None and cluster.is_managed(settings().namespace)
    if cluster and is_managed and (reason := watching.news_of_cluster(cluster, snapshot)):
        return reason
    listed = cluster.clients(settings().namespace) if cluster else frozenset()
    for client in sweeping.clients(listed, known, snapshot.requests, snapshot.departures):
        sight = sight_of(client.account)
        if sight and (reason := watching.news_of_client(arn, client, snapshot, sight)):
            return reason
    return None


def _look(client: ClientAccount, session_name: str) -> Sight | None:
    """What there is in the account; None where it cannot be asked, which its survey has told."""
    try:
        session = in_client(client, client.watching(), session_name)
        vpcs = ec2.client(session)
        return Sight(
            tags=ec2.vpc_tags(vpcs, client.namespace),
            vpcs=ec2.managed_vpcs(vpcs, client.id, client.namespace, settings().stack_name),
            endpoints=ec2.endpoints_of_msk(vpcs),
            parameters=ssm.read_all(session, client.namespace),
        )
    except CLIENT_TROUBLE as trouble:
        logger.info("client not reached", account=client.id, trouble=str(trouble))
        return None
