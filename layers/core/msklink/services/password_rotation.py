"""
Change the password of a SCRAM user in the steps of Secrets Manager.

Source: Secrets Manager user guide, "Lambda rotation functions"; MSK developer guide, "Rotating
sign-in credentials": the username stays, MSK reads the version AWSCURRENT only, and existing
connections stay.
"""

from aws_lambda_powertools import Logger

from msklink.aws import secret_versions
from msklink.aws.secret_versions import CURRENT, PENDING
from msklink.users.rotation import Rotation, RotationStep

logger = Logger(child=True)


def rotate(rotation: Rotation) -> None:
    """Perform one step; Secrets Manager repeats a step that failed, so each can be done twice."""
    arn, token = rotation.secret_arn, rotation.token
    versions = secret_versions.stages(arn)
    if CURRENT in versions.get(token, ()):
        return
    match rotation.step:
        case RotationStep.CREATE:
            secret_versions.write_pending(arn, token)
        case RotationStep.SET:
            pass  # MSK takes the password from the secret
        case RotationStep.TEST:  # nobody can log in with it before MSK has read it
            secret_versions.read_user(arn, PENDING)
        case RotationStep.FINISH if PENDING not in versions.get(token, ()):
            raise ValueError(f"version {token} of {arn} is not {PENDING}")
        case RotationStep.FINISH:
            [before] = (version for version, stages in versions.items() if CURRENT in stages)
            secret_versions.make_current(arn, token, before)
    logger.info("password rotation", step=rotation.step, secret_arn=arn)
