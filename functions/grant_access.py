"""Task state GrantAccess: admit the client accounts to the cluster policy."""

from collections.abc import Mapping
from types import MappingProxyType

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock, granting, leasing, repairing, survey, vendors
from msklink.access import Access
from msklink.access_grants import granted_access
from msklink.aws import cluster_policy, kafka, table
from msklink.drift import Drift
from msklink.errors import PrincipalRejected, Refused
from msklink.policy import Grant, named_accounts
from msklink.recording import record_changes
from msklink.records import Cluster
from msklink.refusals import Code, Refusal, refuse
from msklink.settings import settings
from msklink.tasks import Survey, Task

logger = Logger()


class GrantTask(Task):
    surveys: tuple[Survey, ...]


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
def handler(event: GrantTask, context: LambdaContext) -> dict[str, list[str]]:
    record, now = leasing.keep(event.cluster_arn, event.run), clock.now()
    accounts = {survey.account for survey in event.surveys if survey.schemes}
    # The account of the cluster needs no policy (Terraform's acceptance tests of a connection).
    others = accounts - {event.cluster.account}
    found, left_alone = granting.look(event.cluster, event.run, record)
    if found and left_alone:
        refusals = _not_admitted(event, others, found)
    else:
        refusals = _grant(event, others, found, record)
        record = vendors.note_gone(event.cluster, event.run, record, now)
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
    # Who was taken off a list, or put in by others, goes before all else.
    if expelled or found or known.keys() - holding:
        spared = ({survey.account for survey in event.surveys} - expelled) | holding
        granting.revoke(event.cluster, event.run, lambda account: account not in spared, known)
    wanted = accounts | {account for account, vendor in known.items() if not vendor.leaving}
    refusals = {}
    if wanted:
        refusals = _admit(event, wanted, granted_access(event.cluster, known))
    else:
        granting.narrow(event.cluster, event.run, known)
    if found:
        repairing.settle(event.cluster_arn, [found.item])
    granting.remember(event.cluster)
    return refusals


def _admit(
    event: GrantTask, accounts: set[str], access: frozenset[tuple[str, Access]]
) -> dict[str, Refusal]:
    """
    Admit *accounts*; return those that could not be, and those that are not any more, and why.

    MSK rejects a policy as a whole for one bad principal. Then each half is admitted by itself: a
    write only adds to what is granted, and the bad one is found in few.
    """
    try:
        pruned = _write(event, accounts, access)
    except (PrincipalRejected, Refused) as error:
        [account, *others] = sorted(accounts)
        if not others:
            return {account: _refusal(event, account, error)}
        half = set(others[len(others) // 2 :])
        return _admit(event, accounts - half, access) | _admit(event, half, access)
    return {account: _refusal(event, account, error) for account, error in pruned.items()}


def _write(
    event: GrantTask,
    accounts: set[str],
    access: frozenset[tuple[str, Access]],
    pruned: Mapping[str, PrincipalRejected] = MappingProxyType({}),
) -> Mapping[str, PrincipalRejected]:
    """
    Admit *accounts* beside those that already are, but for the *pruned*; return those.

    An account that was admitted once and is closed now is taken out where MSK names it.
    """
    msk, namespace = kafka.client(), settings().namespace
    current, version = cluster_policy.read_policy(msk, event.cluster_arn)
    admitted = current.admitted(namespace)
    grant = Grant((admitted | accounts) - pruned.keys(), access)
    desired = current.with_grant(event.cluster, grant, namespace)
    if desired == current:
        return pruned
    try:
        granting.write(event.cluster, current, desired, version)
    except PrincipalRejected as error:
        named = (named_accounts(str(error)) & admitted) - accounts - pruned.keys()
        if not named:
            raise
        return _write(event, accounts, access, {**pruned, **dict.fromkeys(named, error)})
    logger.info("access granted", accounts=sorted(accounts), pruned=sorted(pruned))
    return pruned


def _refusal(event: GrantTask, account: str, error: PrincipalRejected | Refused) -> Refusal:
    if isinstance(error, Refused):
        return error.refusal
    current, _ = cluster_policy.read_policy(kafka.client(), event.cluster_arn)
    return refuse(
        Code.PRINCIPAL_REJECTED,
        account=account,
        problem=error,
        orphans=", ".join(current.orphans()) or "none that can be told by its form",
    )
