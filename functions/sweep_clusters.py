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

from msklink import clock, leasing, sweeping
from msklink import cluster as rules
from msklink.arns import ClusterArn
from msklink.aws import ec2, kafka, runs, table
from msklink.aws.session import CLIENT_TROUBLE, in_client
from msklink.burying import bury
from msklink.client_account import ClientAccount
from msklink.cluster import Cluster
from msklink.offboarding import VpcTags
from msklink.records import State
from msklink.settings import settings
from msklink.tags import client_key

logger = Logger()

TagsIn = Callable[[str], VpcTags | None]


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    @cache
    def tags_in(account: str) -> VpcTags | None:
        client = ClientAccount.beside(context.invoked_function_arn, account, settings().namespace)
        return _vpc_tags(client, context.aws_request_id)

    now, asked = clock.now(), []
    clusters: dict[str, Cluster | None] = dict.fromkeys(table.managed_clusters())
    clusters |= {
        cluster.arn.text: cluster
        for cluster in kafka.list_clusters(kafka.client())
        if cluster.arn.text in clusters or cluster.is_managed(settings().namespace)
    }
    for arn, cluster in clusters.items():
        if reason := _why(arn, cluster, tags_in, now):
            run = leasing.request_run(arn)
            logger.info("run requested", cluster=arn, reason=reason, holder=run)
            asked.append(run)
    return {"runs": asked}


def _why(arn: str, cluster: Cluster | None, tags_in: TagsIn, now: datetime) -> str | None:
    """Why the cluster needs a run; None when all is as the last one left it, or one is at work."""
    if cluster and not rules.is_settled(cluster):
        return None
    record = table.read_cluster(arn)
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
    return _why_clients(arn, cluster, tags_in, now)


def _why_clients(arn: str, cluster: Cluster | None, tags_in: TagsIn, now: datetime) -> str | None:
    known = table.connections(arn)
    if any(record.is_due(now) and record.state is not State.ABANDONED for record in known):
        return "the time of a connection is up"
    of_account = sweeping.by_account(known)
    listed = cluster.clients(settings().namespace) if cluster else frozenset()
    for account in sorted(listed.union(of_account)):
        found = tags_in(account)
        if found is None:
            continue
        if account in listed and _were_changed(arn, account, found):
            return f"the tags of VPCs in {account} have changed"
        if sweeping.can_go_on(of_account.get(account, ()), found, settings().terms):
            return f"what stood in the way in {account} does so no longer"
    return None


def _were_changed(arn: str, account: str, found: VpcTags) -> bool:
    key = client_key(settings().namespace, ClusterArn.parse(arn).name)
    tags = {vpc_id: tags[key] for vpc_id, tags in found.items() if key in tags}
    return tags != table.surveyed_tags(arn, account)


def _vpc_tags(client: ClientAccount, session_name: str) -> VpcTags | None:
    """The tags of the account's VPCs; None where it cannot be asked, which its survey has told."""
    try:
        session = in_client(client, client.listing(), session_name)
        return ec2.vpc_tags(ec2.client(session), client.namespace)
    except CLIENT_TROUBLE as trouble:
        logger.info("client not reached", account=client.id, trouble=str(trouble))
        return None
