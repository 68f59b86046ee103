"""
What others have changed of what MSKLink made, and whether it is changed back.

Each kind has a switch. Who changes the same thing back all day is another tool with a mind of its
own (Terraform, CloudFormation); then it is for people to decide.
"""

from dataclasses import dataclass
from enum import StrEnum


class DriftKind(StrEnum):
    """What can drift; the switch of `connection` is RepairConnection of the owner stack."""

    CONNECTION = "connection"
    POLICY = "policy"
    PARAMETERS = "parameters"
    SECURITY_GROUP = "security-group"
    CONNECTIVITY = "connectivity"
    ENDPOINT_TAGS = "endpoint-tags"
    """Never repaired: what removes tags would do it again."""

    @property
    def switch(self) -> str:
        """Parameter of the owner stack."""
        return "Repair" + "".join(word.capitalize() for word in self.split("-"))


@dataclass(frozen=True)
class Drift:
    """One thing that is not as it was left: what it is now, and what it is to be."""

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
"""What the sort keys of all repair histories begin with."""


def history_item(kind: DriftKind, account: str = "", vpc_id: str = "", scheme: str = "") -> str:
    """Return the sort key of the repair history of one thing that can drift."""
    return f"{HISTORY_PREFIX}{'#'.join((kind, account, vpc_id, scheme))}".rstrip("#")
