"""Verdicts on questions, with their evidence."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    """AWS does what MSKLink and the embedded AWS assume."""
    DIFFERENT = "different"
    NOT_ANSWERED = "not answered"


@dataclass(frozen=True)
class Question:
    """Something about AWS that nobody could verify."""

    key: str
    text: str
    assumed: str
    """What MSKLink and the embedded AWS assume."""
    step: str = ""
    """The step that answers it; empty if none does."""
    why_not: str = ""
    """Why no step does."""


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    reason: str
    """One sentence: what was seen, or why there is no answer."""
    evidence: Any = None
    """What AWS returned, of JSON's types."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
