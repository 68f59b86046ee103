"""Task state SurveyClient: find what one client account wants, and check each of its VPCs."""

from datetime import datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock, endpoints, status, survey
from msklink.aws import ec2, ssm, table
from msklink.aws.session import in_client, in_the_name_of
from msklink.errors import Refused
from msklink.recording import record_changes
from msklink.records import Connection
from msklink.settings import settings
from msklink.survey import ClusterFacts
from msklink.tags import client_key
from msklink.tasks import ClientTask, Survey

logger = Logger()


class SurveyTask(ClientTask):
    facts: ClusterFacts


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
def handler(event: SurveyTask, context: LambdaContext) -> dict[str, object]:
    now = clock.now()
    known = table.connections(event.cluster_arn, event.account)
    try:
        records = _look(event, known, now)
    except Refused as error:
        records = survey.account_refused(
            event.cluster_arn, event.account, error.refusal, known, now
        )
    changed = record_changes(known, records, event.run, now)
    logger.info("client surveyed", account=event.account, changed=[one.item for one in changed])
    schemes = {record.scheme for record in records if record.pursued}
    answer = Survey(account=event.account, schemes=tuple(sorted(filter(None, schemes))))
    return answer.model_dump(mode="json")


def _look(event: SurveyTask, known: list[Connection], now: datetime) -> tuple[Connection, ...]:
    """The records as they should be. A refusal is in the status before any broker is rolled."""
    namespace, stack_name = settings().namespace, settings().stack_name
    key = client_key(namespace, event.cluster.name)
    requests = table.requests(event.cluster_arn, event.account)
    departures = table.departures(event.cluster_arn, event.account)
    account = event.client(namespace)
    session = in_client(account, account.surveying(event.cluster.name), event.run)
    with in_the_name_of(account):
        parameters = ssm.client(session)
        existing = ssm.read_parameters(
            parameters, endpoints.parameters_path(namespace, event.cluster.name)
        )
        if taken := endpoints.name_taken(existing, namespace, event.cluster):
            raise Refused(taken)
        asked_for = {request.vpc_id for request in requests}
        vpcs = ec2.find_vpcs(ec2.client(session), event.account, asked_for, key, stack_name)
        wished = survey.wishes(vpcs.values(), requests, departures, key, now)
        records = survey.survey(event.account, event.facts, vpcs, wished, known)
        # The owner's own status is a summary of all clients, which only PublishToAccount can write.
        is_owner = event.account == event.cluster.account
        if not is_owner and any(record.refusal for record in records):
            told = status.describe(event.cluster_arn, records)
            wanted = endpoints.status_parameter(existing, namespace, event.cluster.name, told, now)
            ssm.write_different(parameters, wanted, existing, stack_name)
    tags = {vpc.id: vpc.tags[key] for vpc in vpcs.values() if key in vpc.tags}
    table.note_surveyed_tags(event.cluster_arn, event.account, tags)
    return records
