"""
Why something is refused, and what its team can do about it.

A refusal is an answer, not a fault: it is recorded, told to both teams, and ends no run.
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
    """The refusal *code* with *facts* filled into its texts; a missing fact is a KeyError."""
    message, remedy = MESSAGES[code]
    return Refusal(code=code, message=message.format(**facts), remedy=remedy.format(**facts))
