"""The event of a rotation function (Secrets Manager user guide, "Lambda rotation functions")."""

from enum import StrEnum

from pydantic import BaseModel, Field


class RotationStep(StrEnum):
    CREATE = "createSecret"
    SET = "setSecret"
    TEST = "testSecret"
    FINISH = "finishSecret"


class Rotation(BaseModel, frozen=True):
    """One step of the rotation of a secret."""

    step: RotationStep = Field(alias="Step")
    secret_arn: str = Field(alias="SecretId")
    token: str = Field(alias="ClientRequestToken")
    """The id of the new version."""
