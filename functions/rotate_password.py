"""Change the password of a SCRAM user, one step for each call of Secrets Manager."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msklink.services.password_rotation import rotate
from msklink.users.rotation import Rotation

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _: LambdaContext) -> None:
    rotate(Rotation.model_validate(event))
