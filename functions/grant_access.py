"""Task state GrantAccess: admit the client accounts to the cluster policy."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.aws import dynamodb
from msklink.aws.errors import aws_refusals, transient_faults_named
from msklink.connections.survey import account_refused
from msklink.drift.kinds import Drift
from msklink.errors import Refused
from msklink.refusals import Refusal
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import Survey, Task
from msklink.services import drift_repair, lease, notifications, policy_grants, vendors
from msklink.services.connection_updates import record_changes
from msklink.services.policy_writer import PolicyWriter

logger = Logger()


class GrantTask(Task):
    surveys: tuple[Survey, ...]


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: GrantTask, context: LambdaContext) -> dict[str, list[str]]:
    record, now = lease.require_lease(event.cluster_arn, event.run), clock.now()
    accounts = {survey.account for survey in event.surveys if survey.schemes}
    # The account of the cluster needs no policy (Terraform's acceptance tests of a connection).
    others = accounts - {event.cluster.account}
    try:
        with aws_refusals():
            found, left_alone = policy_grants.detect_drift(event.cluster, event.run, record)
            if found and left_alone:
                refusals = _not_admitted(event, others, found)
            else:
                refusals = _grant(event, others, found, record)
                record = vendors.report_removed(event.cluster, event.run, record, now)
    except Refused as error:
        notifications.cluster_refused(event.cluster_arn, event.run, error.refusal)
        refusals = dict.fromkeys(others, error.refusal)
    refusals = vendors.report_refused(event.cluster_arn, event.run, record, refusals)
    for account, refusal in refusals.items():
        known = dynamodb.connections(event.cluster_arn, account)
        records = account_refused(event.cluster_arn, account, refusal, known, now)
        record_changes(known, records, event.run, now)
    return {"accounts": sorted(accounts - refusals.keys())}


def _not_admitted(event: GrantTask, accounts: set[str], found: Drift) -> dict[str, Refusal]:
    """
    Those who lack something and cannot get it, as somebody else manages the policy, and why.

    A connection stays without a grant, so that who has all that it wants goes on.
    """
    lacking = {
        one.account
        for one in dynamodb.connections(event.cluster_arn)
        if one.is_pursued and not one.connection_arn
    }
    return policy_grants.not_admitted(event.cluster, accounts & lacking, found)


def _grant(
    event: GrantTask, accounts: set[str], found: Drift | None, record: ClusterRecord
) -> dict[str, Refusal]:
    """Bring our statements to what they should be; who stays out of *accounts* and vendors, why."""
    if found:
        drift_repair.record_attempt(event.cluster_arn, event.run, found)
    expelled = {survey.account for survey in event.surveys if survey.barred and survey.closing}
    known, holding = record.vendors, vendors.vendors_with_grants(record, clock.now())
    grants = PolicyWriter(event.cluster, known)
    # Who was taken off a list, or put in by others, goes before all else.
    if expelled or found or known.keys() - holding:
        spared = ({survey.account for survey in event.surveys} - expelled) | holding
        policy_grants.revoke(
            event.cluster, event.run, grants, lambda account: account not in spared
        )
    wanted = accounts | {account for account, vendor in known.items() if not vendor.removal}
    wanted |= set(record.suspended_accounts) - expelled  # a run died that was to let them in again
    refusals = {}
    if wanted:
        refusals = grants.admit(wanted)
        if record.suspended_accounts:
            dynamodb.record_suspended_accounts(event.cluster_arn, ())
    else:  # what is beyond the owner's bounds goes nevertheless
        policy_grants.remove(event.cluster, event.run, grants)
    if found:
        drift_repair.mark_resolved(event.cluster_arn, [found.item])
    policy_grants.record_digest(event.cluster)
    return refusals
