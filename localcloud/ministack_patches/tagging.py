"""Resource Groups Tagging API: support clusters and EC2 resources, and publish events."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from ministack import app as ministack
from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, tagging

from localcloud import tag_events
from localcloud.cloudtrail import publish_call
from localcloud.iam.ec2 import resource_type
from localcloud.ministack_patches.ec2 import tags_of
from localcloud.msk import Caller, Msk, MskError

Tagged = tuple[str, list[dict[str, str]]]


def install(msk: Msk) -> None:
    tagging._COLLECTORS |= {"kafka": _clusters(msk), "ec2": _ec2_resources}
    tagging._WRITERS |= {"kafka": _tag_cluster(msk), "ec2": _tag_ec2}
    tagging._REMOVERS |= {"kafka": _untag_cluster(msk), "ec2": _untag_ec2}
    ministack.SERVICE_HANDLERS["tagging"] = _recorded(ministack.SERVICE_HANDLERS["tagging"])


def _caller() -> Caller:
    return Caller(get_account_id(), get_region(), caller_arn())


def _clusters(msk: Msk) -> Callable[[], Iterator[Tagged]]:
    def collect() -> Iterator[Tagged]:
        request: dict[str, Any] = {}
        while True:
            answer = msk.call(_caller(), "ListClustersV2", request)
            for cluster in answer["ClusterInfoList"]:
                if tags := cluster.get("Tags"):
                    yield cluster["ClusterArn"], tagging._normalise_flat(tags)
            if "NextToken" not in answer:
                return
            request = {"NextToken": answer["NextToken"]}

    return collect


def _tag_cluster(msk: Msk) -> Callable[..., None]:
    def write(spec: Any, arn: str, tags: Mapping[str, str]) -> None:  # noqa: ARG001
        _call(msk, "TagResource", {"ResourceArn": arn, "Tags": dict(tags)})

    return write


def _untag_cluster(msk: Msk) -> Callable[..., None]:
    def remove(spec: Any, arn: str, keys: list[str]) -> None:  # noqa: ARG001
        _call(msk, "UntagResource", {"ResourceArn": arn, "TagKeys": list(keys)})

    return remove


def _call(msk: Msk, operation: str, params: dict[str, Any]) -> None:
    try:
        msk.call(_caller(), operation, params)
    except MskError as error:
        raise tagging._ResourceNotFound(params["ResourceArn"]) from error


def _ec2_resources() -> Iterator[Tagged]:
    place = f"arn:aws:ec2:{get_region()}:{get_account_id()}"
    for resource_id, tags in list(ec2._tags.items()):
        yield f"{place}:{resource_type(resource_id)}/{resource_id}", list(tags)


def _tag_ec2(spec: Any, arn: str, tags: Mapping[str, str]) -> None:  # noqa: ARG001
    resource_id = arn.rpartition("/")[2]
    _set_ec2_tags(resource_id, dict(tags_of(resource_id)) | dict(tags))


def _untag_ec2(spec: Any, arn: str, keys: list[str]) -> None:  # noqa: ARG001
    resource_id = arn.rpartition("/")[2]
    kept = {key: value for key, value in tags_of(resource_id).items() if key not in keys}
    _set_ec2_tags(resource_id, kept)


def _set_ec2_tags(resource_id: str, tags: dict[str, str]) -> None:
    before = dict(tags_of(resource_id))
    ec2._tags[resource_id] = [{"Key": key, "Value": value} for key, value in tags.items()]
    changed = sorted(k for k in before.keys() | tags.keys() if before.get(k) != tags.get(k))
    if changed:
        tag_events.ec2_tags_changed(resource_id, changed, tags)


def _recorded(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Publish CloudTrail's record of TagResources and UntagResources; ARNs are not encoded."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        answer = await handler(method, path, headers, body, query)
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in ("TagResources", "UntagResources") and answer[0] < HTTPStatus.BAD_REQUEST:
            given = json.loads(body or b"{}")
            request = {key[:1].lower() + key[1:]: value for key, value in given.items()}
            publish_call(
                _caller(), "tagging", operation, request=request, response=json.loads(answer[2])
            )
        return answer

    return handle
