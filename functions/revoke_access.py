"""Task state RevokeAccess: take accounts out of the cluster policy that have nothing left there."""

from collections.abc import Mapping
from functools import cache

from aws_lambda_powertools import Logger

from msklink import clock, granting, leasing, offboarding, repairing, telling, vendors
from msklink.aws import kafka, table
from msklink.aws.errors import refusals_of_aws
from msklink.connections import ClientConnection
from msklink.errors import Refused
from msklink.policy_grants import PolicyGrants
from msklink.records import Cluster as Record
from msklink.records import Connection, State
from msklink.refusals import Code, refuse
from msklink.task_state import task
from msklink.tasks import Survey, Task

logger = Logger()


class Revocation(Task):
    surveys: tuple[Survey, ...]
    closing: tuple[str, ...]
    """Accounts from which something has not gone yet."""
    waited_seconds: int


@task
def handler(event: Revocation) -> dict[str, int]:
    record = leasing.keep(event.cluster_arn, event.run)
    try:
        with refusals_of_aws():
            _revoke(event, record)
    except Refused as error:
        telling.cluster_refused(event.cluster_arn, event.run, error.refusal)
        return {"wait_seconds": 0}  # what is pending is left to the next run
    wait = offboarding.wait_seconds(event.waited_seconds, len(event.closing))
    return {"wait_seconds": wait}


def _revoke(event: Revocation, record: Record) -> None:
    known, now = table.connections(event.cluster_arn), clock.now()
    abandoned = [one for one in known if one.state is State.ABANDONED and one.is_due(now)]
    holding = {one.account for one in known if _holds_grant(one)}
    holding |= vendors.holding(record, now)

    @cache
    def listed() -> dict[str, ClientConnection]:
        listed = kafka.client_connections(kafka.client(), event.cluster_arn)
        return {connection.arn: connection for connection in listed}

    @cache
    def connected() -> set[str]:
        """Accounts that made a connection by themselves, which is not ours to cut off."""
        given_up = {record.connection_arn for record in abandoned}
        return {one.account for one in listed().values() if one.arn not in given_up}

    drift, left_alone = granting.look(event.cluster, event.run, record)
    ours = {survey.account for survey in event.surveys} | record.vendors.keys()
    allowed = {survey.account for survey in event.surveys if not survey.barred}

    def is_to_go(account: str) -> bool:
        if left_alone and account not in ours:
            return False
        return account not in holding and not (account in allowed and account in connected())

    if drift and not left_alone:
        repairing.begin(event.cluster_arn, event.run, drift)
    grants = PolicyGrants(event.cluster, record.vendors)
    revoked = granting.revoke(event.cluster, event.run, grants, is_to_go)
    if drift:  # it came after GrantAccess, and the next run ends its repair, or it is contested
        table.note_granted(event.cluster_arn, record.granted)
    else:
        granting.remember(event.cluster)
    vendors.note_gone(event.cluster, event.run, record, now)
    for over in known:
        if over.concerns_account and not over.is_told:
            table.forget(over)  # the run has not met again what kept us from the account
    for left in abandoned:
        _cut_off(event, left, listed())
    logger.info("access revoked", accounts=sorted(revoked), pending=event.closing)


def _holds_grant(record: Connection) -> bool:
    """Whether it is for a connection; that an account is out of reach is no reason to stay."""
    if record.concerns_account:
        return False
    return record.wanted or (record.may_exist and record.state is not State.ABANDONED)


def _cut_off(event: Revocation, record: Connection, listed: Mapping[str, ClientConnection]) -> None:
    """
    Reject the connection of a client account that cannot be reached, from the owner's side.

    Its grant is gone by now, so that it cannot make another. Nobody knows any more whether there
    is a connection to a cluster that is gone, which is given up in the end.
    """
    if record.refusal and offboarding.is_forsaken(record, clock.now()):
        table.forget(record)
        return
    arn, reason = record.connection_arn or "", record.reason_to_leave
    if arn not in listed and not offboarding.is_of_gone_cluster(record):
        telling.client_offboarded(record, event.run, reason)
        table.forget(record)
    elif not record.refusal:
        if arn in listed and listed[arn].state == "AVAILABLE":
            kafka.reject_connection(kafka.client(), event.cluster_arn, arn)
        refusal = refuse(
            Code.CLIENT_UNREACHABLE,
            account=record.account,
            connection_arn=arn,
            problem=record.failure,
        )
        telling.client_offboarded(record, event.run, refusal)
        table.save(record.with_(refusal=refusal), clock.now())
