"""The settings that the template passes to every function."""

import os
from datetime import timedelta
from functools import cache

from pydantic import BaseModel, Field, field_validator

from msklink.change_control.terms import StackTerms
from msklink.drift.kinds import REPAIRABLE, DriftKind
from msklink.removal import RemovalTerms

NAMESPACE = r"(?!aws|ssm|sg-|(sg|default)$)[a-z][a-z0-9-]{1,19}"
"""AWS reserves some names of parameters, security groups and buses, see template.yaml."""


class Settings(BaseModel, frozen=True, extra="ignore", regex_engine="python-re"):
    """The environment of a function. The namespace is also the name of the event bus."""

    version: str = Field(default="", alias="VERSION")
    """That of the owner stack; empty before 0.1.0."""
    namespace: str = Field(alias="NAMESPACE", pattern=rf"^{NAMESPACE}$")
    table_name: str = Field(alias="TABLE_NAME", min_length=3)
    stack_name: str = Field(alias="STACK_NAME", min_length=1)
    external_id: str = Field(alias="EXTERNAL_ID", min_length=8)
    retry_minutes: str = Field(default="5 15 60", alias="RETRY_MINUTES")
    sweep_function_arn: str = Field(default="", alias="SWEEP_FUNCTION_ARN")
    schedule_role_arn: str = Field(default="", alias="SCHEDULE_ROLE_ARN")
    repair: frozenset[DriftKind] = Field(
        default=frozenset({DriftKind.CONNECTION, DriftKind.POLICY, DriftKind.PARAMETERS}),
        alias="REPAIR",
    )
    """Kinds of drift that are repaired; separated by commas in the environment."""
    maintenance_window: str = Field(default="", alias="MAINTENANCE_WINDOW")
    reboot_approval: str = Field(default="none", alias="REBOOT_APPROVAL")
    freeze: bool = Field(default=False, alias="FREEZE")
    reject_unknown: bool = Field(default=False, alias="REJECT_UNKNOWN_CONNECTIONS")
    grace_hours: float = Field(default=24, alias="GRACE_HOURS", ge=0)
    deletion_protection: bool = Field(default=False, alias="DELETION_PROTECTION")
    secrets_key_arn: str = Field(default="", alias="SECRETS_KEY_ARN")
    rotate_function_arn: str = Field(default="", alias="ROTATE_FUNCTION_ARN")
    rotation_days: int = Field(default=0, alias="USER_ROTATION_DAYS", ge=0)
    """Days after which the password of a user changes; 0 for never."""
    state_machine_arn: str = Field(alias="STATE_MACHINE_ARN", pattern=r"^arn:.*:stateMachine:.+$")

    @field_validator("repair", mode="before")
    @classmethod
    def _read_repair(cls, text: str) -> frozenset[DriftKind]:
        words = {word.strip() for word in text.split(",")} - {""}
        if unknown := words - set(REPAIRABLE):
            known = ", ".join(REPAIRABLE)
            raise ValueError(f"Repair has {', '.join(sorted(unknown))}; it can have {known}")
        return frozenset(map(DriftKind, words))

    @property
    def retry_pauses(self) -> list[timedelta]:
        """Backoff in minutes after failed runs, in order; the last value repeats."""
        return [timedelta(minutes=float(minutes)) for minutes in self.retry_minutes.split()]

    def repairs(self, kind: DriftKind) -> bool:
        return kind in self.repair

    @property
    def terms(self) -> RemovalTerms:
        """The owner's terms for removals."""
        return RemovalTerms(
            self.namespace, timedelta(hours=self.grace_hours), self.deletion_protection
        )

    @property
    def change_terms(self) -> StackTerms:
        """The owner's terms for changes to clusters that have no tags of their own for them."""
        return StackTerms(self.maintenance_window, self.reboot_approval, self.freeze)


@cache
def settings() -> Settings:
    return Settings.model_validate(os.environ)
