"""Call the probe, the function of client.yaml that checks connections from inside a VPC."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from msklink.aws.errors import error_code, is_denied
from msklink.errors import ProbeFailed

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

PATIENCE_SECONDS: Final = 25
"""A little longer than the function may take."""

# One attempt: a failed probe is no reason to wait or to fail.
CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=PATIENCE_SECONDS,
    retries={"total_max_attempts": 1},
    user_agent_extra="msklink",
)


class Probe:
    """The probe in the account of a session; *name* is its function name."""

    def __init__(self, session: boto3.Session, name: str) -> None:
        self._lambda: LambdaClient = session.client("lambda", config=CONFIG)
        self._name = name

    def vpc_id(self) -> str | None:
        """
        Return the probe's VPC id; None where there is no probe, or it cannot be called.

        Client stacks from before the probe deny the call. Raises ProbeFailed.
        """
        try:
            found = self._lambda.get_function_configuration(FunctionName=self._name)
        except ClientError as error:
            if is_denied(error) or error_code(error) == "ResourceNotFoundException":
                return None
            raise ProbeFailed(str(error)) from error
        except BotoCoreError as error:
            raise ProbeFailed(str(error)) from error
        return found.get("VpcConfig", {}).get("VpcId") or None

    def ask(self, question: Mapping[str, str]) -> bytes:
        """Return the probe's answer to *question*. Raises ProbeFailed."""
        try:
            answer = self._lambda.invoke(FunctionName=self._name, Payload=json.dumps(question))
            payload = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            raise ProbeFailed(str(error)) from error
        if "FunctionError" in answer:
            raise ProbeFailed(payload[:500].decode(errors="replace"))
        return payload
