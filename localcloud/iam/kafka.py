"""The checks of MSK calls (Service Authorization Reference, Amazon MSK)."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from localcloud.iam.checks import Check, Request, request_tags
from localcloud.msk.topic_permissions import EVERY_TOPIC, OPERATIONS, topic_permissions

TagsOf = Callable[[str], Mapping[str, str]]

# Have no resource type, although the path has a resource.
_WITHOUT_RESOURCE = {
    "DescribeClusterOperation",
    "DescribeClusterOperationV2",
    "GetBootstrapBrokers",
}

# MSK calls these with the permissions of its caller (dependent actions of UpdateConnectivity).
_LOOKS_AT_NETWORK = (Check("ec2:DescribeRouteTables", "*"), Check("ec2:DescribeSubnets", "*"))

_ARN = re.compile(
    r"arn:aws[a-z-]*:kafka:[a-z0-9-]+:\d{12}:"
    r"(?:cluster/[^/?]+/[^/?]+"
    r"|vpc-connection/[^/?]+/[^/?]+/[^/?]+"
    r"|cluster-operation/[^/?]+/[^/?]+/[^/?]+"
    r"|configuration/[^/?]+/[^/?]+)"
)
_TOPIC = re.compile(r"/topics/([^/?]+)")


class KafkaChecks:
    def __init__(self, tags_of: TagsOf) -> None:
        self._tags_of = tags_of

    def __call__(self, request: Request) -> list[Check]:
        match request.operation:
            case "CreateVpcConnection":
                return self._create_vpc_connection(request)
            case "CreateCluster" | "CreateClusterV2":
                return self._create_cluster(request)
            case "UpdateConnectivity":
                return [*self._named_in_path(request), *_LOOKS_AT_NETWORK]
            case operation if operation in OPERATIONS:
                return self._topic_operation(request)
            case _:
                return self._named_in_path(request)

    def _create_vpc_connection(self, request: Request) -> list[Check]:
        """Return the checks on the cluster and on the connection to create."""
        body = request.json()
        cluster = str(body.get("targetClusterArn", "*"))
        named = _ARN.fullmatch(cluster)
        owner, name = (cluster.split(":")[4], cluster.split("/")[1]) if named else ("*", "*")
        place = f"arn:aws:kafka:{request.region}:{request.account}"
        connection = f"{place}:vpc-connection/{owner}/{name}/*"
        tags = request_tags(body.get("tags") or {})
        checks = [
            Check(request.action, cluster, self._resource_tags(cluster) | tags),
            Check(request.action, connection, tags),
        ]
        if tags:
            checks.append(Check("kafka:TagResource", connection, tags))
        return checks

    def _create_cluster(self, request: Request) -> list[Check]:
        """Return the checks of a creation, which has no resource type, and of its tags."""
        body = request.json()
        tags = request_tags(body.get("tags") or {})
        checks = [Check(request.action, "*", tags)]
        if tags:
            place = f"arn:aws:kafka:{request.region}:{request.account}"
            checks.append(
                Check("kafka:TagResource", f"{place}:cluster/{body.get('clusterName')}/*", tags)
            )
        return checks

    def _topic_operation(self, request: Request) -> list[Check]:
        """
        Return the checks on the cluster and on the topic; ListTopics needs them on all topics.

        The documents of AWS differ in whether the `kafka:` action counts (topic_permissions.py).
        """
        path = unquote(request.path)
        found = _ARN.search(path)
        cluster = found.group(0) if found else "*"
        named = _TOPIC.search(path, found.end() if found else 0)
        name = named.group(1) if named else str(request.json().get("topicName") or EVERY_TOPIC)
        tags = self._resource_tags(cluster)
        return [
            Check(action, resource, tags if resource == cluster else {})
            for action, resource in topic_permissions(request.operation, cluster, name)
        ]

    def _named_in_path(self, request: Request) -> list[Check]:
        """Return the ARN in the path, plain or percent-encoded; lists and creations have none."""
        body = request.json()
        found = _ARN.search(unquote(request.path))
        if request.operation in _WITHOUT_RESOURCE:
            found = None
        resources = [found.group(0)] if found else ["*"]
        if request.operation == "RejectClientVpcConnection" and body.get("vpcConnectionArn"):
            resources.append(str(body["vpcConnectionArn"]))
        keys: dict[str, Any] = {}
        if request.operation == "TagResource":
            keys = request_tags(body.get("tags") or {})
        elif request.operation == "UntagResource":
            keys = {"aws:TagKeys": list(request.query.get("tagKeys", []))}
        return [Check(request.action, each, self._resource_tags(each) | keys) for each in resources]

    def _resource_tags(self, arn: str) -> dict[str, Any]:
        return {f"aws:ResourceTag/{key}": value for key, value in self._tags_of(arn).items()}
