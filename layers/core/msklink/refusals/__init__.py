"""
Refusals: why something is refused, and what the team in question can do.

A refusal is a result, not a fault: it is recorded and published, and the run goes on.
"""

from msklink.refusals.codes import WARNINGS, Code
from msklink.refusals.messages import MESSAGES
from msklink.refusals.refusal import Refusal, refuse

__all__ = ["MESSAGES", "WARNINGS", "Code", "Refusal", "refuse"]
