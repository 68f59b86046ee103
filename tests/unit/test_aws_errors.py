"""Which errors of AWS are retried."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.retries import standard

from msklink.aws.errors import TRANSIENT_CODES, is_transient, transient_faults_named
from msklink.aws.session import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
from msklink.errors import TransientError
from tests.support.cloudformation import resources, template

SERVICES = ("dynamodb", "ec2", "events", "kafka", "scheduler", "ssm", "stepfunctions", "sts")
"""Those whose calls a task state can fail by; what Lambda says of a probe is only logged."""

# Not of calls that are made here: operations metadata, and replicas of a global table.
ELSEWHERE = {"OpsMetadataTooManyUpdatesException", "ReplicatedWriteConflictException"}


def client_error(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Operation")


def modelled() -> Iterator[str]:
    """Codes of errors that botocore's models mark as retryable, as a throttle, or as 5xx."""
    session = botocore.session.get_session()
    for service in SERVICES:
        model = session.get_service_model(service)
        for shape in model.error_shapes:
            error = shape.metadata.get("error", {})
            status = error.get("httpStatusCode", 0)
            marked = shape.metadata.get("fault") or shape.metadata.get("retryable")
            if marked or status >= 500 or status == 429 or "hrottl" in shape.name:
                yield error.get("code", shape.name)


@pytest.mark.parametrize("code", sorted(set(modelled()) - ELSEWHERE))
def test_every_transient_error_of_a_model_is_known(code: str) -> None:
    assert code in TRANSIENT_CODES


def test_every_code_that_botocore_retries_is_known() -> None:
    throttled = set(vars(standard.ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"])
    transient = set(vars(standard.TransientRetryableChecker)["_TRANSIENT_ERROR_CODES"])

    # A limit is reached for good: layers of Lambda, tags, quotas.
    assert throttled | transient <= TRANSIENT_CODES | {"LimitExceededException"}


@pytest.mark.parametrize(
    "error",
    [
        *(client_error(code) for code in sorted(TRANSIENT_CODES)),
        client_error("AnythingNew", 503),
        ReadTimeoutError(endpoint_url="https://kafka"),
        ConnectTimeoutError(endpoint_url="https://kafka"),
        EndpointConnectionError(endpoint_url="https://kafka"),
        ConnectionClosedError(endpoint_url="https://kafka"),
    ],
    ids=lambda error: str(error)[:60],
)
def test_a_transient_fault_has_one_name(error: Exception) -> None:
    @transient_faults_named
    def handler() -> None:
        raise error

    assert is_transient(error)
    with pytest.raises(TransientError):
        handler()


@pytest.mark.parametrize(
    "error",
    [
        client_error("BadRequestException"),
        client_error("AccessDenied", 403),
        client_error("ParameterAlreadyExists"),
        client_error("SecurityGroupLimitExceeded"),
        client_error("LimitExceededException"),
        ParamValidationError(report="no"),
        ValueError("a bug"),
    ],
    ids=lambda error: str(error)[:60],
)
def test_a_permanent_error_is_raised_unchanged(error: Exception) -> None:
    @transient_faults_named
    def handler() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        handler()
    assert raised.value is error


def test_a_call_that_hangs_ends_before_its_function() -> None:
    waits = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS)
    timeouts = [
        function.get("Timeout") for function in resources("AWS::Serverless::Function").values()
    ]

    assert waits < template()["Globals"]["Function"]["Timeout"]
    assert all(waits < timeout for timeout in timeouts if timeout)
