"""The removal of a connection or a user: its reason, its time, and the owner's terms."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel

from msklink.refusals import Refusal


@dataclass(frozen=True)
class RemovalTerms:
    """The owner's terms for removals."""

    namespace: str
    grace: timedelta
    protection: bool
    """Whether DeletionProtection keeps everything in the whole installation."""


class Removal(BaseModel, frozen=True):
    """The removal of a connection, a user or a vendor, with its reason."""

    reason: Refusal
    due: datetime | None = None
    """The earliest time; None while it is protected from deletion."""
