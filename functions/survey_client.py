"""Task state SurveyClient: find what one client account wants, and check each of its VPCs."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock
from msklink.aws import dynamodb, ec2, run_state
from msklink.aws.errors import transient_faults_named
from msklink.aws.session import client_refusals, client_session
from msklink.aws.ssm import ParameterSet
from msklink.cluster import admission
from msklink.connections import offboarding, survey
from msklink.connections.record import ConnectionRecord
from msklink.connections.survey import ClusterFacts, SurveyedState
from msklink.errors import Refused
from msklink.parameters import status
from msklink.refusals import Code, Refusal
from msklink.requests.records import OffboardingRequest, OnboardingRequest
from msklink.runs.task_input import ClientTask, Survey
from msklink.services import succession
from msklink.services.connection_updates import record_survey
from msklink.services.kafka_access import refused_access
from msklink.settings import settings
from msklink.tags import client_key

logger = Logger()

Records = tuple[ConnectionRecord, ...]


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

    requests: list[OnboardingRequest]
    departures: list[OffboardingRequest]


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: SurveyTask, context: LambdaContext) -> dict[str, object]:
    now = clock.now()
    known = dynamodb.connections(event.cluster_arn, event.account)
    asked = Asked(
        dynamodb.onboarding_requests(event.cluster_arn, event.account),
        dynamodb.offboarding_requests(event.cluster_arn, event.account),
    )
    here = tuple(known) if event.barred else offboarding.readmitted(known)
    try:
        records, found = _look(event, here, asked, now)
    except Refused as error:
        records = _without_look(event, here, asked, error.refusal, now)
    else:
        run_state.save_surveyed_state(event.cluster_arn, event.account, found)
    changed = record_survey(known, records, event.run, now)
    logger.info("client surveyed", account=event.account, changed=[one.item for one in changed])
    schemes = {record.scheme for record in records if record.is_pursued}
    answer = Survey(
        account=event.account,
        schemes=tuple(sorted(filter(None, schemes))),
        closing=any(record.is_due(now) for record in records),
        barred=bool(event.barred),
    )
    return answer.model_dump(mode="json", exclude_defaults=True)


def _look(
    event: SurveyTask, known: Records, asked: Asked, now: datetime
) -> tuple[Records, SurveyedState]:
    """The records as they should be, and what they go by."""
    namespace, bounds = settings().namespace, ""
    account = event.client(namespace)
    session = client_session(account, account.surveying(event.cluster.name), event.run)
    with client_refusals(account):
        parameters = ParameterSet(session, event.cluster.name)
    is_free = not event.barred and succession.is_replaced_cluster(parameters.owner, event.cluster)
    with client_refusals(account):
        taken = parameters.claim(event.cluster, now, other_is_gone=is_free)
        if taken and not event.barred:
            parameters.write_status(status.with_refusal(parameters.status, taken), now)
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
            wished = survey.requested_vpcs(read.values(), *asked, event.key, now)
            wished = survey.with_existing_connections(wished, guarded, asked.departures)
            wished = survey.with_access_refusals(wished, refusals)
            wanted = survey.plan_connections(event.account, facts, read, wished, guarded)
            left = offboarding.records_without(guarded, wanted)
            records = (
                wanted + _see_off(event, left, asked, now) + survey.unconfirmed_failures(known)
            )
        else:
            records = _see_off(event, guarded, asked, now)
        if not taken and event.barred != Code.CLUSTER_REPLACED:
            _show(event, parameters, records, now)
    return records, SurveyedState(tags=tags, bounds_digest=bounds)


def _see_off(event: SurveyTask, left: Records, asked: Asked, now: datetime) -> Records:
    """*left* on their way out: all of them are barred, or each was taken back by its client."""
    namespace = settings().namespace
    why = offboarding.withdrawal_reason(asked.departures, namespace)
    if event.barred:
        successor = event.facts.get("successor", "")
        barred = admission.access_refusal(
            event.barred, event.cluster, event.account, namespace, successor
        )
        why = offboarding.same_reason(barred)
    return offboarding.schedule_removal(left, why, settings().terms, now)


def _without_look(
    event: SurveyTask, known: Records, asked: Asked, refusal: Refusal, now: datetime
) -> Records:
    """What can be said of an account that cannot be looked into: only what came by event."""
    if event.barred:
        return _see_off(event, known, asked, now)
    wished = survey.requested_vpcs((), *asked, event.key, now)
    records = survey.still_requested(known, wished)
    leaving = tuple(one for one in records if offboarding.is_requested(one, asked.departures))
    staying = offboarding.records_without(records, leaving) + _see_off(event, leaving, asked, now)
    return survey.account_refused(event.cluster_arn, event.account, refusal, staying, now)


def _show(event: SurveyTask, parameters: ParameterSet, records: Records, now: datetime) -> None:
    """
    Tell of refusals before any broker is rolled, and of departures at once.

    The owner's own status is a summary of all clients, which PublishSummary writes.
    """
    is_owner = event.account == event.cluster.account
    told = [record for record in records if record.is_shown]
    if not is_owner and any(record.refusal or record.removal for record in told):
        parameters.write_status(status.describe(event.cluster_arn, records), now)
