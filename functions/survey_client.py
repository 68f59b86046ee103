"""Task state SurveyClient: find what one client account wants, and check each of its VPCs."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.aws.errors import transient_faults_named
from msklink.runs.task_input import ClientSurvey
from msklink.services import client_survey

logger = Logger()


@logger.inject_lambda_context(correlation_id_path="run")
@event_parser
@transient_faults_named
def handler(event: ClientSurvey, context: LambdaContext) -> dict[str, object]:
    survey = client_survey.survey_account(event)
    return survey.model_dump(mode="json", exclude_defaults=True)
