"""
The kinds of drift: what others changed of MSKLink's resources.

Parameter `Repair` of the owner stack names the kinds that are repaired. If the same thing changes
again and again, another tool manages it (Terraform, CloudFormation); then people have to decide.
"""

from dataclasses import dataclass
from enum import StrEnum


class DriftKind(StrEnum):
    """What can drift. Parameter `Repair` of the owner stack has the words of REPAIRABLE."""

    CONNECTION = "connection"
    POLICY = "policy"
    PARAMETERS = "parameters"
    SECURITY_GROUP = "security-group"
    CONNECTIVITY = "connectivity"
    ENDPOINT_TAGS = "endpoint-tags"
    """
    Always reported, never repaired, and so no word of `Repair`: whatever removed the tags would
    remove them again.
    """


REPAIRABLE = tuple(kind for kind in DriftKind if kind is not DriftKind.ENDPOINT_TAGS)


@dataclass(frozen=True)
class Drift:
    """One difference: its state now, and its intended state."""

    kind: DriftKind
    before: str
    after: str
    account: str = ""
    vpc_id: str = ""
    scheme: str = ""

    @property
    def item(self) -> str:
        """The sort key of its repair history in the table."""
        return history_item(self.kind, self.account, self.vpc_id, self.scheme)


HISTORY_PREFIX = "drift#"
"""The prefix of the sort keys of all repair histories."""


def history_item(kind: DriftKind, account: str = "", vpc_id: str = "", scheme: str = "") -> str:
    """Return the sort key of the repair history of one thing that can drift."""
    return f"{HISTORY_PREFIX}{'#'.join((kind, account, vpc_id, scheme))}".rstrip("#")
