"""A call to AWS in a dry run, and the answers that are given in place of AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

READS = ("AssumeRole", "Describe", "Get", "List", "Query")
"""Operations that change nothing begin with these words."""

Answer = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One call to AWS."""

    service: str
    """As in botocore, for example `kafka`."""
    operation: str
    account: str
    """The account in which the call is made."""
    parameters: Mapping[str, Any]

    @property
    def writes(self) -> bool:
        """Whether the call changes something."""
        return not self.operation.startswith(READS)


class PlannedError(Exception):
    """AWS would answer with this error, for example for something that is deleted by then."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.response = {"Error": {"Code": code, "Message": message}, **details}


class Overlay(Protocol):
    """What a dry run would have changed in one service."""

    def answer(self, call: Call) -> Answer | None:
        """
        Return the answer to *call*; None where AWS is to answer.

        Raises PlannedError.
        """
        ...

    def amend(self, call: Call, answer: Answer) -> None:
        """Change the *answer* of AWS, so that it shows what would have been changed."""
        ...


def is_last_page(answer: Answer) -> bool:
    """Return whether no page follows."""
    return not answer.get("NextToken")
