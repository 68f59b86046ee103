"""The behavior that all task state handlers share."""

from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from pydantic import ValidationError

from msklink.errors import LostRace, TransientError
from msklink.runs.task_input import ClientTask
from msklink.services.task_state import task
from tests.support.functions import Context

PAYLOAD = {"run": "orders-1", "cluster_arn": "arn:of:orders", "account": "222222222222"}
CONTEXT: Any = Context("ConnectClientFunction")


def test_the_payload_has_the_type_that_the_handler_takes() -> None:
    @task
    def handler(event: ClientTask) -> str:
        return event.account

    assert handler(PAYLOAD, CONTEXT) == "222222222222"


def test_an_invalid_payload_is_an_error_of_the_state_machine() -> None:
    @task
    def handler(event: ClientTask) -> str:
        return event.account

    with pytest.raises(ValidationError):
        handler(PAYLOAD | {"account": "nobody"}, CONTEXT)


def test_each_line_of_the_log_names_the_run_the_function_and_the_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VERSION", "0.1.0")
    logger = Logger()

    @task
    def handler(_: ClientTask) -> dict[str, Any]:
        return logger.get_current_keys()

    keys = handler(PAYLOAD, CONTEXT)

    assert (keys["correlation_id"], keys["function_name"]) == ("orders-1", "ConnectClientFunction")
    assert keys["version"] == "0.1.0"


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"), TransientError),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "PutItem"), ClientError),
        (LostRace(), LostRace),
    ],
    ids=lambda each: str(each)[:60],
)
def test_the_state_machine_sees_transient_faults_by_one_name(
    raised: Exception, seen: type[Exception]
) -> None:
    @task
    def handler(_: ClientTask) -> None:
        raise raised

    with pytest.raises(Exception) as error:  # noqa: PT011 the class is what matters
        handler(PAYLOAD, CONTEXT)
    assert error.type is seen
