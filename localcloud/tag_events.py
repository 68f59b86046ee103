"""
Publish tag events of clusters (MSK emulator) and of EC2 resources (MiniStack).

"Tag Change on Resource" of `aws.tag` has the changed keys and all tags after the change (Tag Editor
guide, monitoring tag changes). The CloudTrail event of the call is published as well.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2

from localcloud.cloudtrail import publish, publish_call
from localcloud.iam.ec2 import resource_type
from localcloud.ministack_patches.ec2 import tags_of
from localcloud.msk import Caller, MskError, TagChange
from localcloud.msk.shapes import members, operation_model, wire_name
from localcloud.msk.wire import to_wire

Handler = Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]

_READING = ("Describe", "List", "Get")


# -------------------------------------------------------------------------------------------- MSK


def cluster_tags_changed(change: TagChange) -> None:
    """Publish a tag change of a cluster; the tag hook of the emulator."""
    parts = change.resource_arn.split(":")
    detail = {
        "changed-tag-keys": list(change.changed_keys),
        "service": "kafka",
        "resource-type": change.resource_type,
        "version": change.version,
        "tags": dict(change.tags),
    }
    publish(parts[4], parts[3], "aws.tag", "Tag Change on Resource", detail, [change.resource_arn])


def msk_called(
    caller: Caller,
    operation: str,
    params: Mapping[str, Any],
    result: Mapping[str, Any] | None,
    error: MskError | None,
) -> None:
    """Publish CloudTrail's record of a call that changes MSK; the observer of the emulator."""
    if operation.startswith(_READING):
        return
    publish_call(
        caller,
        "kafka",
        operation,
        request=_request_parameters(operation, params),
        response=_response_elements(operation, result),
        error=(error.code, error.message) if error else None,
    )


def _request_parameters(operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters by their wire names; those in the path percent-encoded (MSK guide)."""
    shape = operation_model(operation).input_shape
    if shape is None:
        return {}
    found = {}
    for name, member in members(shape).items():
        if name not in params:
            continue
        in_path = member.serialization.get("location") == "uri"
        value = params[name]
        found[wire_name(name, member)] = (
            quote(value, safe="") if in_path else to_wire(member, value)
        )
    return found


def _response_elements(operation: str, result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    shape = operation_model(operation).output_shape
    if not result or shape is None:
        return None
    elements: dict[str, Any] = to_wire(shape, result)
    return elements


# -------------------------------------------------------------------------------------------- EC2

_versions: Counter[str] = Counter()


def publishing_tag_changes(handler: Handler) -> Handler:
    """Return the EC2 *handler*, extended to publish the changes of tags."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        if b"Action=Describe" in body:
            return await handler(method, path, headers, body, query)
        before = _all_tags()
        answer = await handler(method, path, headers, body, query)
        if answer[0] < HTTPStatus.BAD_REQUEST:
            after = _all_tags()
            for resource_id in before.keys() | after.keys():
                _compare(resource_id, before.get(resource_id, {}), after.get(resource_id, {}))
        return answer

    return handle


def _all_tags() -> dict[str, dict[str, str]]:
    return {resource_id: dict(tags_of(resource_id)) for resource_id in list(ec2._tags)}


def _compare(resource_id: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    changed = sorted(
        key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
    )
    if changed:
        ec2_tags_changed(resource_id, changed, after)


def ec2_tags_changed(resource_id: str, changed: list[str], tags: Mapping[str, str]) -> None:
    _versions[resource_id] += 1
    account, region = get_account_id(), get_region()
    kind = resource_type(resource_id)
    detail = {
        "changed-tag-keys": changed,
        "service": "ec2",
        "resource-type": kind,
        "version": _versions[resource_id],
        "tags": dict(tags),
    }
    arn = f"arn:aws:ec2:{region}:{account}:{kind}/{resource_id}"
    publish(account, region, "aws.tag", "Tag Change on Resource", detail, [arn])
    gone = [key for key in changed if key not in tags]
    caller = Caller(account, region, caller_arn())
    for operation, items in (
        ("CreateTags", [{"key": key, "value": tags[key]} for key in changed if key in tags]),
        ("DeleteTags", [{"key": key} for key in gone]),
    ):
        if items:
            request = {
                "resourcesSet": {"items": [{"resourceId": resource_id}]},
                "tagSet": {"items": items},
            }
            publish_call(caller, "ec2", operation, request=request, response={"_return": True})
