"""
Why something is refused, and what its team can do about it.

A refusal is an answer, not a fault: it is recorded, published to both teams, and ends no run.
"""

from msklink.refusals.codes import WARNINGS, Code
from msklink.refusals.messages import MESSAGES
from msklink.refusals.refusal import Refusal, refuse

__all__ = ["MESSAGES", "WARNINGS", "Code", "Refusal", "refuse"]
