"""What people and programs ask of PlanCluster."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from msklink.errors import Refused
from msklink.refusals import Code, refuse
from msklink.requests.inbound_events import ClusterNameOrArn, VpcId
from msklink.validation import problems

Account = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Tag = Annotated[str, Field(max_length=256)]

MOST = 100


class Assumptions(BaseModel, frozen=True, extra="forbid"):
    """What a plan takes for granted beside what is there."""

    tags: dict[Tag, Tag | None] = Field(default={}, max_length=MOST)
    """Tags of the cluster; null for one that it no longer has."""
    clients: tuple[Account, ...] = Field(default=(), max_length=MOST)
    """Accounts that are listed as clients as well."""
    vpcs: dict[Account, dict[VpcId, Tag | None]] = Field(default={}, max_length=MOST)
    """By account, the VPCs with the value of their tag for the cluster; null for no tag."""

    def cluster_tags(self, tags: Mapping[str, str], namespace: str) -> dict[str, str | None]:
        """Return the assumed tags of a cluster that has *tags*."""
        key = f"{namespace}/clients"
        assumed = dict(self.tags)
        if self.clients:
            listed = assumed.get(key, tags.get(key)) or ""
            assumed[key] = " ".join([*listed.split(), *self.clients])
        return assumed


class PlanRequest(BaseModel, frozen=True, extra="forbid", populate_by_name=True):
    """The input of PlanCluster."""

    cluster: ClusterNameOrArn
    assumptions: Assumptions = Field(default=Assumptions(), alias="if")
    run: str = ""
    """The run that asks; empty where people ask."""

    @classmethod
    def read(cls, event: object) -> "PlanRequest":
        """Return the request in *event*; raise Refused where it is not valid."""
        try:
            return cls.model_validate(event)
        except ValidationError as error:
            problem = problems(error, "the request", 5)[:500]
            raise Refused(refuse(Code.MALFORMED_PLAN_REQUEST, problem=problem)) from error
