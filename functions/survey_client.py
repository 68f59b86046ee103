"""Task state SurveyClient: read the requests of one client account, and check each of its VPCs."""

from aws_lambda_powertools import Logger

from msklink.runs.task_input import ClientSurvey
from msklink.services import client_survey
from msklink.services.task_state import task

logger = Logger()


@task
def handler(event: ClientSurvey) -> dict[str, object]:
    survey = client_survey.survey_account(event)
    return survey.model_dump(mode="json", exclude_defaults=True)
