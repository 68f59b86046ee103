"""Tags of clusters and connections, with the characters that MSK documents."""

import re
from collections.abc import Iterable
from typing import Final

from localcloud.msk.errors import bad_request, forbidden, not_found
from localcloud.msk.model import Cluster, Connection, Json, Tags
from localcloud.msk.store import Call

MOST_TAGS: Final = 50
LONGEST_KEY: Final = 128
LONGEST_VALUE: Final = 255
# The documented characters; letters and digits of any script, no colon and no comma.
ALLOWED: Final = re.compile(r"[\w\s./=+\-@]*")


def check_tags(tags: Tags) -> None:
    """Raise BadRequestException unless a resource may carry exactly *tags*."""
    if len(tags) > MOST_TAGS:
        raise bad_request(f"A resource can have at most {MOST_TAGS} tags.", "tags")
    for key, value in tags.items():
        if not 1 <= len(key) <= LONGEST_KEY or key.lower().startswith("aws:"):
            raise bad_request(f"The tag key {key!r} is not valid.", "tags")
        if len(value) > LONGEST_VALUE:
            raise bad_request(f"The value of the tag {key!r} is too long.", "tags")
        if not (ALLOWED.fullmatch(key) and ALLOWED.fullmatch(value)):
            raise bad_request(f"The tag {key!r} has characters that are not allowed.", "tags")


def tag_resource(call: Call) -> Json:
    resource = _find(call)
    tags = resource.tags | call.params["Tags"]
    check_tags(tags)
    _replace(call, resource, tags)
    return {}


def untag_resource(call: Call) -> Json:
    resource = _find(call)
    gone = set(call.params["TagKeys"])
    _replace(call, resource, {k: v for k, v in resource.tags.items() if k not in gone})
    return {}


def list_tags_for_resource(call: Call) -> Json:
    return {"Tags": _find(call).tags}


def _find(call: Call) -> Cluster | Connection:
    arn: str = call.params["ResourceArn"]
    store = call.store
    resource = store.clusters.get(arn) or store.connections.get(arn)
    if resource is None or resource.region != call.caller.region:
        raise not_found(f"The resource {arn} does not exist.", "resourceArn")
    if resource.account != call.caller.account:
        raise forbidden(f"User: {call.caller.arn} is not authorized to tag {arn}.")
    return resource


def _replace(call: Call, resource: Cluster | Connection, tags: Tags) -> None:
    """Set the tags, with an event unless nothing changed."""
    changed = _differing(resource.tags, tags)
    resource.tags = tags
    if changed:
        kind = "cluster" if isinstance(resource, Cluster) else "vpc-connection"
        call.store.tags_changed(call.caller, resource.arn, kind, changed, tags)


def _differing(before: Tags, after: Tags) -> tuple[str, ...]:
    keys: Iterable[str] = before.keys() | after.keys()
    return tuple(sorted(key for key in keys if before.get(key) != after.get(key)))
