"""Task state RevokeAccess: take accounts out of the cluster policy that have nothing left there."""

from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.aws import dynamodb, msk_clusters
from msklink.aws.errors import aws_refusals, transient_faults_named
from msklink.connections import offboarding
from msklink.connections.record import ConnectionRecord, State
from msklink.connections.vpc_connection import ClientConnection
from msklink.errors import Refused
from msklink.refusals import Code, refuse
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import Survey, Task
from msklink.services import drift_repair, lease, notifications, policy_grants, vendors
from msklink.services.policy_writer import PolicyWriter

logger = Logger()


class Revocation(Task):
    surveys: tuple[Survey, ...]
    closing: tuple[str, ...]
    """Accounts from which something has not gone yet."""
    waited_seconds: int


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: Revocation, context: LambdaContext) -> dict[str, int]:
    record = lease.require_lease(event.cluster_arn, event.run)
    try:
        with aws_refusals():
            _revoke(event, record)
    except Refused as error:
        notifications.cluster_refused(event.cluster_arn, event.run, error.refusal)
        return {"wait_seconds": 0}  # what is pending is left to the next run
    wait = offboarding.wait_seconds(event.waited_seconds, len(event.closing))
    return {"wait_seconds": wait}


def _revoke(event: Revocation, record: ClusterRecord) -> None:
    known, now = dynamodb.connections(event.cluster_arn), clock.now()
    abandoned = [one for one in known if one.state is State.ABANDONED and one.is_due(now)]
    holding = {one.account for one in known if _holds_grant(one)}
    holding |= vendors.vendors_with_grants(record, now)

    @cache
    def listed() -> dict[str, ClientConnection]:
        listed = msk_clusters.client_connections(msk_clusters.client(), event.cluster_arn)
        return {connection.arn: connection for connection in listed}

    @cache
    def connected() -> set[str]:
        """Accounts that made a connection by themselves, which is not ours to cut off."""
        given_up = {record.connection_arn for record in abandoned}
        return {one.account for one in listed().values() if one.arn not in given_up}

    drift, left_alone = policy_grants.detect_drift(event.cluster, event.run, record)
    ours = {survey.account for survey in event.surveys} | record.vendors.keys()
    allowed = {survey.account for survey in event.surveys if not survey.barred}

    def is_to_go(account: str) -> bool:
        if left_alone and account not in ours:
            return False
        return account not in holding and not (account in allowed and account in connected())

    if drift and not left_alone:
        drift_repair.record_attempt(event.cluster_arn, event.run, drift)
    grants = PolicyWriter(event.cluster, record.vendors)
    revoked = policy_grants.revoke(event.cluster, event.run, grants, is_to_go)
    if drift:  # it came after GrantAccess, and the next run ends its repair, or it is contested
        dynamodb.record_policy_digests(event.cluster_arn, record.policy_digests)
    else:
        policy_grants.record_digest(event.cluster)
    vendors.report_removed(event.cluster, event.run, record, now)
    for over in known:
        if over.is_about_account and not over.is_shown:
            dynamodb.delete_record(over)  # the run has not met again what kept us from the account
    for left in abandoned:
        _cut_off(event, left, listed())
    logger.info("access revoked", accounts=sorted(revoked), pending=event.closing)


def _holds_grant(record: ConnectionRecord) -> bool:
    """Whether it is for a connection; that an account is out of reach is no reason to stay."""
    if record.is_about_account:
        return False
    return record.wanted or (record.may_exist and record.state is not State.ABANDONED)


def _cut_off(
    event: Revocation, record: ConnectionRecord, listed: Mapping[str, ClientConnection]
) -> None:
    """
    Reject the connection of a client account that cannot be reached, from the owner's side.

    Its grant is gone by now, so that it cannot make another. Nobody knows any more whether there
    is a connection to a cluster that is gone, which is given up in the end.
    """
    if record.refusal and offboarding.is_orphaned(record, clock.now()):
        dynamodb.delete_record(record)
        return
    arn, reason = record.connection_arn or "", record.removal_reason
    if arn not in listed and not offboarding.is_of_gone_cluster(record):
        notifications.client_offboarded(record, event.run, reason)
        dynamodb.delete_record(record)
    elif not record.refusal:
        if arn in listed and listed[arn].state == "AVAILABLE":
            msk_clusters.reject_connection(msk_clusters.client(), event.cluster_arn, arn)
        refusal = refuse(
            Code.CLIENT_UNREACHABLE,
            account=record.account,
            connection_arn=arn,
            problem=record.failure,
        )
        notifications.client_offboarded(record, event.run, refusal)
        dynamodb.save(record.with_(refusal=refusal), clock.now())
