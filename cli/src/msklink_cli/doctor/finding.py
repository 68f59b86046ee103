"""A finding: one reason for which something does not happen, and what to do."""

from enum import StrEnum

from pydantic import BaseModel

from msklink.refusals import Refusal


class Severity(StrEnum):
    PROBLEM = "problem"
    """Something does not work because of it."""
    WAITING = "waiting"
    """It goes on by itself, or once a person decides."""
    WARNING = "warning"
    """It works, but later than it could, or not much longer."""


class Finding(BaseModel, frozen=True):
    """One reason, with the command of the owner where one command is the remedy."""

    code: str
    severity: Severity
    about: str
    """The cluster, account, rule or queue in question."""
    message: str
    remedy: str
    command: str = ""

    @classmethod
    def of(
        cls,
        refusal: Refusal,
        about: str,
        severity: Severity = Severity.PROBLEM,
        command: str = "",
    ) -> "Finding":
        return cls(
            code=refusal.code,
            severity=severity,
            about=about,
            message=refusal.message,
            remedy=refusal.remedy,
            command=command,
        )
