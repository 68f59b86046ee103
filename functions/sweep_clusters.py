"""
Starts runs where something may have changed that no event has told of.

Events of AWS are best effort (EventBridge reference); this is what makes it sure. It is also how
clusters and VPCs come in that were tagged before MSKLink was there.
"""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import leasing
from msklink.aws import ec2, kafka, runs, table
from msklink.aws.session import CLIENT_TROUBLE, in_client
from msklink.burying import bury
from msklink.client_account import ClientAccount
from msklink.cluster import Cluster, is_settled
from msklink.settings import settings
from msklink.tags import client_key, read_clients

logger = Logger()

VpcTags = dict[str, dict[str, str]]


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    @cache
    def tags_in(account: str) -> VpcTags | None:
        client = ClientAccount.beside(context.invoked_function_arn, account, settings().namespace)
        return _vpc_tags(client, context.aws_request_id)

    asked = []
    for cluster in kafka.list_clusters(kafka.client()):
        if reason := _why(cluster, tags_in):
            run = leasing.request_run(cluster.arn.text)
            logger.info("run requested", cluster=cluster.arn.text, reason=reason, holder=run)
            asked.append(run)
    return {"runs": asked}


def _why(cluster: Cluster, tags_in: Any) -> str | None:
    """Why the cluster needs a run; None when all is as the last one left it, or one is at work."""
    namespace, arn = settings().namespace, cluster.arn.text
    asked = cluster.asked(namespace)
    if not (asked.schemes or asked.refusals) or not is_settled(cluster):
        return None
    record = table.read_cluster(arn)
    if record.holder:
        if not runs.start(record.holder, arn):
            bury(runs.execution_arn(record.holder))
        return None
    if record.seen != cluster.fingerprint(namespace):
        return "the cluster has changed"
    if record.last_run_failed:
        return "its last run failed"
    for account in sorted(read_clients(cluster.tags, namespace).accounts):
        if reason := _why_client(cluster, account, tags_in(account)):
            return reason
    return None


def _why_client(cluster: Cluster, account: str, found: VpcTags | None) -> str | None:
    if found is None:
        return None
    arn, key = cluster.arn.text, client_key(settings().namespace, cluster.arn.name)
    tags = {vpc_id: tags[key] for vpc_id, tags in found.items() if key in tags}
    if tags != table.surveyed_tags(arn, account):
        return f"the tags of VPCs in {account} have changed"
    records = table.connections(arn, account)
    if any(record.concerns_account and record.wanted for record in records):
        return f"there was trouble with {account}, which can be reached"
    return None


def _vpc_tags(client: ClientAccount, session_name: str) -> VpcTags | None:
    """The tags of the account's VPCs; None where it cannot be asked, which its survey has told."""
    try:
        session = in_client(client, client.listing(), session_name)
        return ec2.vpc_tags(ec2.client(session), client.namespace)
    except CLIENT_TROUBLE as trouble:
        logger.info("client not reached", account=client.id, trouble=str(trouble))
        return None
