"""
Classify an error of AWS: transient, a denied call, or an unexpected refusal.

The rules are the same for calls in the owner's account and in client accounts. botocore retries a
call several times. What still fails goes to the Retry of the state machine, which knows it by one
name, `TransientError`. Such a fault is a throttle (429, or 400 with a code), an error of AWS
itself (500 and more), or no answer at all.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Final

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from msklink.errors import Refused, TransientError
from msklink.refusals import Code, Refusal, refuse

TRANSIENT_CODES: Final = frozenset(
    {
        # Throttling: botocore, standard retry mode; EC2 and STS API reference, common errors.
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "KmsThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TooManyUpdates",
        # Faults of the service itself.
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServerErrorException",
        "InternalServerException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServerInternal",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Unavailable",
        # Another operation on the same resource: MSK on a cluster, DynamoDB on an item.
        "ConflictException",
        "PriorRequestNotComplete",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

DENIED_CODES: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "ForbiddenException"}
)

OF_OUR_STACK: Final = frozenset(
    {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "PutEvents", "StartExecution"}
)
"""Operations on the owner's stack itself: a refusal there is a fault of MSKLink."""

NO_ANSWER: Final = (NotConnected, HTTPClientError)
"""The base classes of time-outs, closed connections and unreachable endpoints (botocore)."""


def is_transient(error: Exception) -> bool:
    """Return whether the same call may succeed later without any change."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in TRANSIENT_CODES or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, NO_ANSWER)


def transient_faults_named[**Given, Answer](
    handler: Callable[Given, Answer],
) -> Callable[Given, Answer]:
    """Return *handler* with transient faults of its calls raised as TransientError."""

    @wraps(handler)
    def named(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return handler(*args, **kwargs)
        except (ClientError, *NO_ANSWER) as error:
            if is_transient(error):
                raise TransientError(str(error)) from error
            raise

    return named


@contextmanager
def aws_refusals() -> Iterator[None]:
    """
    Raise Refused for a call inside that AWS unexpectedly refuses.

    Other errors pass through: transient faults, refusals by the owner's stack itself, and denied
    calls, which the owner can allow in its account and the client team in a client account.
    """
    try:
        yield
    except ClientError as error:
        if is_denied(error) or is_of_our_stack(error) or is_transient(error):
            raise
        raise Refused(aws_refusal(error)) from error


def aws_refusal(error: ClientError) -> Refusal:
    """Return the refusal for an unexpected error of AWS, in AWS's own words."""
    return refuse(
        Code.REFUSED_BY_AWS,
        operation=error.operation_name,
        error=error_code(error) or "no code",
        problem=impersonal(error_message(error)) or "no message",
    )


def is_denied(error: ClientError) -> bool:
    """Return whether a policy of any kind does not allow the call."""
    return error_code(error) in DENIED_CODES


def is_of_our_stack(error: ClientError) -> bool:
    """Return whether the call was to the owner's stack itself, also during work for a client."""
    return error.operation_name in OF_OUR_STACK


def impersonal(message: str) -> str:
    """
    Return *message* without parts that differ between our functions and runs.

    AWS names the session, which is the function's or the run's, and EC2 adds an encoded message
    (IAM user guide, access denied error messages; EC2 API reference, error codes).
    """
    text = re.sub(r"User: \S+ is", "MSKLink is", message)
    return re.sub(r"\s*Encoded authorization failure message: \S+", "", text)


def error_code(error: ClientError) -> str:
    """Return AWS's code of *error*, or nothing."""
    return error.response.get("Error", {}).get("Code", "")


def error_message(error: ClientError) -> str:
    """Return AWS's message of *error*, or nothing."""
    return error.response.get("Error", {}).get("Message", "")
