"""Read events into triggers. An event only triggers a run, which reads the state from AWS.

Shapes: EventBridge reference for `aws.tag`; MSK developer guide, "Logging API calls", for
CloudTrail, where parameters that travel in the URI are percent-encoded; EventBridge reference,
Systems Manager, for changes of parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.policy import access_bounds
from msklink.policy.kafka_access import KafkaAccess
from msklink.refusals import Code, Refusal, refuse
from msklink.tags import PROTECT, client_key
from msklink.topics.request import TopicRequests
from msklink.users.request import UserRequests
from msklink.validation import problems

TAG_CHANGE = "Tag Change on Resource"
PARAMETER_CHANGE = "Parameter Store Change"

MAX_IDS = 16
"""Limit for subnets or groups in a request; EC2 allows fewer groups on a network interface."""


@dataclass(frozen=True)
class ClusterChanged:
    """Tags of a cluster changed, or a cluster was created."""

    cluster_arn: str


@dataclass(frozen=True)
class AccessBoundsChanged:
    """The owner changed the access bounds of the cluster *cluster_name*."""

    cluster_name: str


ClusterNameOrArn = Annotated[str, Field(max_length=256, pattern=r"^[A-Za-z0-9:/._-]+$")]
VpcId = Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")]


def _or_none(access: KafkaAccess | None) -> KafkaAccess | None:
    """Return None for access to nothing."""
    return None if access and access.is_nothing else access


class OnboardingDetail(BaseModel, frozen=True, extra="forbid"):
    """Detail of an onboarding request; the account is not in it but in the envelope."""

    cluster: ClusterNameOrArn
    vpc_id: VpcId
    schemes: tuple[Annotated[str, Field(max_length=16)], ...] = Field(min_length=1, max_length=3)
    subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")], ...] = Field(
        default=(), max_length=MAX_IDS
    )
    security_group_ids: tuple[Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")], ...] = Field(
        default=(), max_length=MAX_IDS
    )
    access: Annotated[KafkaAccess | None, AfterValidator(_or_none)] = None
    topics: TopicRequests = ()
    users: UserRequests = ()

    @model_validator(mode="after")
    def _users_log_in_by_scram(self) -> Self:
        if self.users and not {Scheme.SCRAM, "auto"} & {one.lower() for one in self.schemes}:
            raise ValueError("users log in by scram, which is none of the schemes: add it")
        return self


class OffboardingDetail(BaseModel, frozen=True, extra="forbid"):
    """Detail of an offboarding request, for some *schemes* or for all."""

    cluster: ClusterNameOrArn
    vpc_id: VpcId
    schemes: tuple[Scheme, ...] = Field(default=tuple(Scheme), min_length=1, max_length=3)


REQUESTS: dict[str, type[OnboardingDetail | OffboardingDetail]] = {
    "Client Onboarding Requested": OnboardingDetail,
    "Client Offboarding Requested": OffboardingDetail,
}


@dataclass(frozen=True)
class ClientChanged:
    """
    A VPC in *account* was tagged for a cluster, or the account sent *request*.

    The account is that of the envelope, which EventBridge sets; *cluster* is a name or an ARN.
    """

    account: str
    cluster: str
    vpc_id: str
    request: OnboardingDetail | OffboardingDetail | None = None
    tag: str = ""
    """The value of the tag now; empty where the tag was removed."""
    put_at: datetime | None = None
    """Time of the event in whole seconds; None where it cannot be read."""


@dataclass(frozen=True)
class InvalidRequest:
    """An invalid request by event, with the cluster that it seems to be for."""

    account: str
    cluster: str
    refusal: Refusal


Trigger = ClusterChanged | ClientChanged | AccessBoundsChanged | InvalidRequest


def read_event(event: Mapping[str, Any], namespace: str) -> list[Trigger]:
    """Return the triggers in *event*, an EventBridge envelope; none where it is not for us."""
    detail = _mapping(event.get("detail"))
    if model := REQUESTS.get(str(event.get("detail-type"))):
        return [_read_request(model, event, detail)]
    if event.get("detail-type") == TAG_CHANGE:
        return _read_tag_change(event, detail, namespace)
    if event.get("detail-type") == PARAMETER_CHANGE:
        cluster_name = access_bounds.cluster_of(str(detail.get("name")), namespace)
        return [AccessBoundsChanged(cluster_name)] if cluster_name else []
    return _read_api_call(detail, namespace)


def _read_request(
    model: type[OnboardingDetail | OffboardingDetail],
    event: Mapping[str, Any],
    detail: Mapping[str, Any],
) -> Trigger:
    account = str(event.get("account", ""))
    try:
        request = model.model_validate(detail)
    except ValidationError as error:
        problem = problems(error, "the detail", 5)
        allowed = ", ".join(model.model_fields)
        refusal = refuse(Code.MALFORMED_REQUEST, problem=problem[:500], allowed=allowed)
        return InvalidRequest(account, str(detail.get("cluster", "")), refusal)
    return ClientChanged(account, request.cluster, request.vpc_id, request, put_at=_put_at(event))


def _put_at(event: Mapping[str, Any]) -> datetime | None:
    """Return the time of the envelope (EventBridge reference, event structure: RFC 3339)."""
    try:
        return datetime.fromisoformat(str(event.get("time"))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_tag_change(
    event: Mapping[str, Any], detail: Mapping[str, Any], namespace: str
) -> list[Trigger]:
    arn = next(iter(_strings(event.get("resources"))), "")
    keys = _strings(detail.get("changed-tag-keys"))
    if detail.get("service") == "kafka":
        return _clusters([arn], keys, namespace)
    vpc_id, tags = arn.rpartition("/")[2], _mapping(detail.get("tags"))
    return [
        ClientChanged(
            str(event.get("account", "")),
            key.removeprefix(f"{namespace}/"),
            vpc_id,
            tag=str(tags.get(key, "")),
            put_at=_put_at(event),
        )
        for key in sorted(keys)
        if key.startswith(f"{namespace}/") and key != client_key(namespace, PROTECT)
    ]


def _read_api_call(detail: Mapping[str, Any], namespace: str) -> list[Trigger]:
    asked = _mapping(detail.get("requestParameters"))
    answered = _mapping(detail.get("responseElements"))
    keys = [*_mapping(asked.get("tags")), *_strings(asked.get("tagKeys"))]
    arns = [
        *_strings([asked.get("resourceArn"), answered.get("clusterArn")]),
        *_strings(asked.get("resourceARNList")),
    ]
    return _clusters([unquote(arn) for arn in arns], keys, namespace)


def _clusters(arns: list[str], keys: list[str], namespace: str) -> list[Trigger]:
    if not any(key == namespace or key.startswith(f"{namespace}/") for key in keys):
        return []
    return [ClusterChanged(arn) for arn in sorted(set(arns)) if ClusterArn.find(arn)]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _strings(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
