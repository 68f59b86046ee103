"""Task state PublishToAccount: write client configuration and status to Parameter Store."""

from datetime import datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock, endpoints, status, survey, telling
from msklink.aws import ssm, table
from msklink.aws.session import in_client, in_the_name_of, own
from msklink.errors import Refused
from msklink.recording import record_changes, record_onboarded
from msklink.records import Connection, State
from msklink.refusals import Refusal
from msklink.scheme import Scheme
from msklink.settings import settings
from msklink.tasks import ClientTask

logger = Logger()


class Publication(ClientTask):
    bootstrap_brokers: dict[Scheme, str]


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
def handler(event: Publication, context: LambdaContext) -> dict[str, int]:
    now = clock.now()
    known = table.connections(event.cluster_arn, event.account)
    records = [record.published(event.bootstrap_brokers) for record in known]
    try:
        written = _publish(event, records, now)
    except Refused as error:
        logger.warning("not published", refusal=error.refusal.model_dump(mode="json"))
        _refuse(event, error.refusal, known, now)
        return {"written": 0}
    onboarded = record_onboarded(known, records, event.run, now)
    logger.info(
        "published", account=event.account, written=written, new=[one.item for one in onboarded]
    )
    return {"written": len(written)}


def _refuse(event: Publication, refusal: Refusal, known: list[Connection], now: datetime) -> None:
    """Record and tell what kept us out of the account, unless it kept out the survey already."""
    if event.account == event.cluster.account:
        telling.cluster_refused(event.cluster_arn, event.run, refusal)
        return
    told = {record.refusal.code for record in known if record.refusal and record.wanted}
    if refusal.code in told:
        return
    records = survey.account_refused(event.cluster_arn, event.account, refusal, known, now)
    record_changes(known, records, event.run, now)


def _publish(event: Publication, records: list[Connection], now: datetime) -> list[str]:
    """Names of the parameters that had to be written. The owner's own set has every scheme."""
    namespace, cluster, brokers = settings().namespace, event.cluster, event.bootstrap_brokers
    is_owner = event.account == cluster.account
    account = event.client(namespace)
    scope = account.publishing(cluster.name)
    session = own() if is_owner else in_client(account, scope, event.run)
    if is_owner:
        everyone = table.connections(event.cluster_arn)
        told = status.summarize(event.cluster_arn, [one.published(brokers) for one in everyone])
        if records:
            told["vpcs"] = status.describe(event.cluster_arn, records)["vpcs"]
    else:
        told = status.describe(event.cluster_arn, records)
        connected = {record.scheme for record in records if record.state is State.PUBLISHED}
        brokers = {scheme: text for scheme, text in brokers.items() if scheme in connected}
    with in_the_name_of(account):
        parameters = ssm.client(session)
        existing = ssm.read_parameters(
            parameters, endpoints.parameters_path(namespace, cluster.name)
        )
        if taken := endpoints.name_taken(existing, namespace, cluster):
            raise Refused(taken)
        wanted = endpoints.parameters(namespace, cluster.name, brokers)
        wanted |= endpoints.status_parameter(existing, namespace, cluster.name, told, now)
        return ssm.write_different(parameters, wanted, existing, settings().stack_name)
