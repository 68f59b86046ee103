"""Task state PublishToAccount: write client configuration and status into a client account."""

from datetime import datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink import clock, status, survey
from msklink.aws import table
from msklink.aws.session import in_client, in_the_name_of
from msklink.aws.ssm import ParameterSet
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
    told = {record.refusal.code for record in known if record.refusal and record.wanted}
    if refusal.code in told or not any(record.wanted for record in known):
        return
    records = survey.account_refused(event.cluster_arn, event.account, refusal, known, now)
    record_changes(known, records, event.run, now)


def _publish(event: Publication, records: list[Connection], now: datetime) -> list[str]:
    """Names of the parameters that had to be written."""
    account = event.client(settings().namespace)
    session = in_client(account, account.publishing(event.cluster.name), event.run)
    connected = {record.scheme for record in records if record.state is State.PUBLISHED}
    brokers = {one: text for one, text in event.bootstrap_brokers.items() if one in connected}
    with in_the_name_of(account):
        parameters = ParameterSet(session, event.cluster.name)
        if taken := parameters.taken(event.cluster):
            raise Refused(taken)
        return parameters.publish(brokers, status.describe(event.cluster_arn, records), now)
