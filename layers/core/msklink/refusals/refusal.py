"""
A refusal: why something is refused, and what the team in question can do.

It is a result, not a fault: it is recorded and published, and the run goes on.
"""

from pydantic import BaseModel

from msklink.refusals.codes import Code
from msklink.refusals.messages import MESSAGES


class Refusal(BaseModel, frozen=True):
    """A reason with a stable *code*, a *message* with the facts, and a *remedy* to carry out."""

    code: Code
    message: str
    remedy: str


def refuse(code: Code, **facts: object) -> Refusal:
    """Return the refusal *code* with *facts* in its texts; a missing fact raises KeyError."""
    message, remedy = MESSAGES[code]
    return Refusal(code=code, message=message.format(**facts), remedy=remedy.format(**facts))
