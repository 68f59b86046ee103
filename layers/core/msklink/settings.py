"""What the template tells every function."""

import os
from functools import cache

from pydantic import BaseModel, Field


class Settings(BaseModel, frozen=True, extra="ignore"):
    """The environment of a function. The namespace is also the name of the bus."""

    namespace: str = Field(alias="NAMESPACE", pattern=r"^[a-z][a-z0-9-]{1,19}$")
    table_name: str = Field(alias="TABLE_NAME", min_length=3)
    stack_name: str = Field(alias="STACK_NAME", min_length=1)
    external_id: str = Field(alias="EXTERNAL_ID", min_length=8)
    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN", pattern=r"^arn:.*:stateMachine:.+$")


@cache
def settings() -> Settings:
    return Settings.model_validate(os.environ)
