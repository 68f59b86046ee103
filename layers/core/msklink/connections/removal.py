"""That something is to be taken away, why, and on which terms."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel

from msklink.refusals import Refusal


@dataclass(frozen=True)
class RemovalTerms:
    """The owner's terms of leaving."""

    namespace: str
    grace: timedelta
    protection: bool
    """Whether nothing of the whole installation is to be taken away."""


class Removal(BaseModel, frozen=True):
    """That a connection is to be taken away, and why."""

    reason: Refusal
    due: datetime | None = None
    """Not before this time; None while it is protected from deletion."""
