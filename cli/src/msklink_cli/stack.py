"""Find the owner stack, and take over the settings of its functions."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msklink.aws.session import CONFIG, own_session
from msklink.settings import Settings, settings
from msklink_cli import aws_clock
from msklink_cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

VARIABLES = frozenset(str(field.alias) for field in Settings.model_fields.values())
"""The environment variables that a function of the owner stack has for its settings."""


@dataclass(frozen=True)
class Place:
    """Where the command looks for the owner stack; empty fields are AWS's defaults."""

    namespace: str
    profile: str = ""
    region: str = ""


def connect(place: Place) -> None:
    """
    Become like a function of the owner stack: with its settings, but the user's credentials.

    The settings are the environment variables of the function that plans
    (Lambda API reference, GetFunctionConfiguration). Raises CommandError where it is not there.
    """
    if place.profile:
        os.environ["AWS_PROFILE"] = place.profile
    # boto3 reads AWS_DEFAULT_REGION only; the AWS CLI reads AWS_REGION first.
    if region := place.region or os.environ.get("AWS_REGION"):
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    aws_clock.watch(own_session())
    os.environ.update(_variables(place.namespace))
    settings.cache_clear()


def lambda_client() -> "LambdaClient":
    return own_session().client("lambda", config=CONFIG)


def plan_function(namespace: str) -> str:
    """Return the name of the function that plans, as template.yaml names it."""
    return f"{namespace}-plan-cluster"


def _variables(namespace: str) -> dict[str, str]:
    function, functions = plan_function(namespace), lambda_client()
    try:
        found = functions.get_function_configuration(FunctionName=function)
    except functions.exceptions.ResourceNotFoundException as error:
        region = own_session().region_name
        raise CommandError(
            "OwnerStackNotFound",
            f"there is no function {function} in Region {region} of this account",
            "Choose where the owner stack is with --profile and --region, and its parameter "
            "Namespace with --namespace; or deploy it.",
        ) from error
    variables = found.get("Environment", {}).get("Variables", {})
    return {name: value for name, value in variables.items() if name in VARIABLES}
