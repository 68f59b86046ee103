"""Task state GrantAccess: admit the client accounts to the cluster policy."""

from aws_lambda_powertools import Logger

from msklink import clock, granting, leasing, repairing, survey, telling, vendors
from msklink.aws import table
from msklink.aws.errors import refusals_of_aws
from msklink.drift import Drift
from msklink.errors import Refused
from msklink.policy_grants import PolicyGrants
from msklink.recording import record_changes
from msklink.records import Cluster
from msklink.refusals import Refusal
from msklink.task_state import task
from msklink.tasks import Survey, Task

logger = Logger()


class GrantTask(Task):
    surveys: tuple[Survey, ...]


@task
def handler(event: GrantTask) -> dict[str, list[str]]:
    record, now = leasing.keep(event.cluster_arn, event.run), clock.now()
    accounts = {survey.account for survey in event.surveys if survey.schemes}
    # The account of the cluster needs no policy (Terraform's acceptance tests of a connection).
    others = accounts - {event.cluster.account}
    try:
        with refusals_of_aws():
            found, left_alone = granting.look(event.cluster, event.run, record)
            if found and left_alone:
                refusals = _not_admitted(event, others, found)
            else:
                refusals = _grant(event, others, found, record)
                record = vendors.note_gone(event.cluster, event.run, record, now)
    except Refused as error:
        telling.cluster_refused(event.cluster_arn, event.run, error.refusal)
        refusals = dict.fromkeys(others, error.refusal)
    refusals = vendors.note_refused(event.cluster_arn, event.run, record, refusals)
    for account, refusal in refusals.items():
        known = table.connections(event.cluster_arn, account)
        records = survey.account_refused(event.cluster_arn, account, refusal, known, now)
        record_changes(known, records, event.run, now)
    return {"accounts": sorted(accounts - refusals.keys())}


def _not_admitted(event: GrantTask, accounts: set[str], found: Drift) -> dict[str, Refusal]:
    """
    Those who lack something and cannot get it, as somebody else manages the policy, and why.

    A connection stays without a grant, so that who has all that it wants goes on.
    """
    lacking = {
        one.account
        for one in table.connections(event.cluster_arn)
        if one.pursued and not one.connection_arn
    }
    return granting.not_admitted(event.cluster, accounts & lacking, found)


def _grant(
    event: GrantTask, accounts: set[str], found: Drift | None, record: Cluster
) -> dict[str, Refusal]:
    """Bring our statements to what they should be; who stays out of *accounts* and vendors, why."""
    if found:
        repairing.begin(event.cluster_arn, event.run, found)
    expelled = {survey.account for survey in event.surveys if survey.barred and survey.closing}
    known, holding = record.vendors, vendors.holding(record, clock.now())
    grants = PolicyGrants(event.cluster, known)
    # Who was taken off a list, or put in by others, goes before all else.
    if expelled or found or known.keys() - holding:
        spared = ({survey.account for survey in event.surveys} - expelled) | holding
        granting.revoke(event.cluster, event.run, grants, lambda account: account not in spared)
    wanted = accounts | {account for account, vendor in known.items() if not vendor.leaving}
    wanted |= set(record.doubtful) - expelled  # a run died that was to let them in again
    refusals = {}
    if wanted:
        refusals = grants.admit(wanted)
        if record.doubtful:
            table.note_doubtful(event.cluster_arn, ())
    else:  # what is beyond the owner's bounds goes nevertheless
        granting.remove(event.cluster, event.run, grants)
    if found:
        repairing.settle(event.cluster_arn, [found.item])
    granting.remember(event.cluster)
    return refusals
