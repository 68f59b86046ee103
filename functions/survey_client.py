"""Task state SurveyClient: find what one client account wants, and check each of its VPCs."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from aws_lambda_powertools import Logger

from msklink import admission, clock, offboarding, status, succession, survey
from msklink.access_grants import refused_access
from msklink.aws import ec2, memories, table
from msklink.aws.session import in_client, in_the_name_of
from msklink.aws.ssm import ParameterSet
from msklink.errors import Refused
from msklink.recording import record_survey
from msklink.records import Connection, Departure, Request, Surveyed
from msklink.refusals import Code, Refusal
from msklink.settings import settings
from msklink.survey import ClusterFacts
from msklink.tags import client_key
from msklink.task_state import task
from msklink.tasks import ClientTask, Survey

logger = Logger()

Records = tuple[Connection, ...]


class SurveyTask(ClientTask):
    facts: dict[str, Any]
    """Those of ClusterFacts; of a cluster that is gone, the ARN of its successor if it has one."""
    barred: Code | Literal[""]
    """Why the account may not connect to it any more."""

    @property
    def key(self) -> str:
        return client_key(settings().namespace, self.cluster.name)


class Asked(NamedTuple):
    """What the account asked for by event."""

    requests: list[Request]
    departures: list[Departure]


@task
def handler(event: SurveyTask) -> dict[str, object]:
    now = clock.now()
    known = table.connections(event.cluster_arn, event.account)
    asked = Asked(
        table.requests(event.cluster_arn, event.account),
        table.departures(event.cluster_arn, event.account),
    )
    here = tuple(known) if event.barred else offboarding.readmitted(known)
    try:
        records, found = _look(event, here, asked, now)
    except Refused as error:
        records = _without_look(event, here, asked, error.refusal, now)
    else:
        memories.note_surveyed(event.cluster_arn, event.account, found)
    changed = record_survey(known, records, event.run, now)
    logger.info("client surveyed", account=event.account, changed=[one.item for one in changed])
    schemes = {record.scheme for record in records if record.pursued}
    answer = Survey(
        account=event.account,
        schemes=tuple(sorted(filter(None, schemes))),
        closing=any(record.is_due(now) for record in records),
        barred=bool(event.barred),
    )
    return answer.model_dump(mode="json", exclude_defaults=True)


def _look(
    event: SurveyTask, known: Records, asked: Asked, now: datetime
) -> tuple[Records, Surveyed]:
    """The records as they should be, and what they go by."""
    namespace, bounds = settings().namespace, ""
    account = event.client(namespace)
    session = in_client(account, account.surveying(event.cluster.name), event.run)
    with in_the_name_of(account):
        parameters = ParameterSet(session, event.cluster.name)
    is_free = not event.barred and succession.is_gone(parameters.owner, event.cluster)
    with in_the_name_of(account):
        taken = parameters.claim(event.cluster, now, other_is_gone=is_free)
        if taken and not event.barred:
            parameters.show(status.with_refusal(parameters.status, taken), now)
            raise Refused(taken)
        vpcs = ec2.client(session)
        all_tags = ec2.vpc_tags(vpcs, namespace)
        guarded = tuple(
            offboarding.with_protection(record, all_tags, namespace) for record in known
        )
        tags = {vpc_id: one[event.key] for vpc_id, one in all_tags.items() if event.key in one}
        if not event.barred:
            facts = ClusterFacts.model_validate(event.facts)
            places = {*tags, *(request.vpc_id for request in asked.requests)}
            read = ec2.read_vpcs(vpcs, event.account, places, event.key, settings().stack_name)
            read = ec2.with_endpoints(vpcs, read, event.cluster_arn)
            refusals, bounds = refused_access(event.cluster, event.account, asked.requests)
            wished = survey.wishes(read.values(), *asked, event.key, now)
            wished = survey.with_what_is_there(wished, guarded, asked.departures)
            wished = survey.with_access_refusals(wished, refusals)
            wanted = survey.survey(event.account, facts, read, wished, guarded)
            left = offboarding.others(guarded, wanted)
            records = wanted + _see_off(event, left, asked, now) + survey.doubted(known)
        else:
            records = _see_off(event, guarded, asked, now)
        if not taken and event.barred != Code.CLUSTER_REPLACED:
            _show(event, parameters, records, now)
    return records, Surveyed(tags=tags, bounds=bounds)


def _see_off(event: SurveyTask, left: Records, asked: Asked, now: datetime) -> Records:
    """*left* on their way out: all of them are barred, or each was taken back by its client."""
    namespace = settings().namespace
    why = offboarding.why_left(asked.departures, namespace)
    if event.barred:
        successor = event.facts.get("successor", "")
        barred = admission.barred(event.barred, event.cluster, event.account, namespace, successor)
        why = offboarding.always(barred)
    return offboarding.see_off(left, why, settings().terms, now)


def _without_look(
    event: SurveyTask, known: Records, asked: Asked, refusal: Refusal, now: datetime
) -> Records:
    """What can be said of an account that cannot be looked into: only what came by event."""
    if event.barred:
        return _see_off(event, known, asked, now)
    wished = survey.wishes((), *asked, event.key, now)
    records = survey.still_asked(known, wished)
    leaving = tuple(one for one in records if offboarding.is_requested(one, asked.departures))
    staying = offboarding.others(records, leaving) + _see_off(event, leaving, asked, now)
    return survey.account_refused(event.cluster_arn, event.account, refusal, staying, now)


def _show(event: SurveyTask, parameters: ParameterSet, records: Records, now: datetime) -> None:
    """
    Tell of refusals before any broker is rolled, and of departures at once.

    The owner's own status is a summary of all clients, which PublishSummary writes.
    """
    is_owner = event.account == event.cluster.account
    told = [record for record in records if record.is_told]
    if not is_owner and any(record.refusal or record.leaving for record in told):
        parameters.show(status.describe(event.cluster_arn, records), now)
