"""The client account: its VPCs with their tags, and the events that it sends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from msklink_client.errors import MskLinkError, error_code, explained

SOURCE = "msklink-client"
"""The source of the events that are sent."""

MOST_TAGS = 50
"""Of one resource; keys that begin with aws: do not count (EC2 user guide, tag restrictions)."""

_UNKNOWN_VPC = frozenset(
    {"InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "InvalidVpcId.Malformed"}
)
_config = Config(user_agent_extra="msklink-client", retries={"mode": "standard"})


@dataclass(frozen=True)
class Vpc:
    id: str
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """The id, with the name that the console shows."""
        return f"{self.id} ({self.tags['Name']})" if self.tags.get("Name") else self.id

    def has_room_for(self, key: str) -> bool:
        """Return whether the VPC can have a tag with *key*."""
        own = [one for one in self.tags if not one.lower().startswith("aws:")]
        return key in self.tags or len(own) < MOST_TAGS


class Account:
    """The account and Region of *session*. Raises `MskLinkError`."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    @cached_property
    def id(self) -> str:
        """The account id. Asking for it needs no permission (STS API reference)."""
        with explained("sts:GetCallerIdentity", "*"):
            return str(self._client("sts").get_caller_identity()["Account"])

    @cached_property
    def region(self) -> str:
        return str(self._ec2.meta.region_name)

    def own_vpc(self, vpc_id: str) -> Vpc:
        """Return a VPC that this account owns."""
        with explained("ec2:DescribeVpcs", "*"):
            try:
                [found] = self._ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"]
            except ClientError as error:
                if error_code(error) in _UNKNOWN_VPC:
                    raise self._no_such(vpc_id) from error
                raise
        if found["OwnerId"] != self.id:
            raise MskLinkError(
                "VpcShared",
                f"{vpc_id} belongs to account {found['OwnerId']}, which shares it with {self.id}.",
                "MSKLink connects VPCs for the account that owns them: run this there.",
            )
        return Vpc(vpc_id, {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])})

    def set_tag(self, vpc_id: str, key: str, value: str) -> None:
        with explained("ec2:CreateTags", self._arn(vpc_id)):
            self._ec2.create_tags(Resources=[vpc_id], Tags=[{"Key": key, "Value": value}])

    def remove_tag(self, vpc_id: str, key: str, value: str) -> None:
        """Remove a tag if it still has *value* (EC2 API reference, DeleteTags)."""
        with explained("ec2:DeleteTags", self._arn(vpc_id)):
            self._ec2.delete_tags(Resources=[vpc_id], Tags=[{"Key": key, "Value": value}])

    def send(self, bus_arn: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Put an event on the owner's bus."""
        entry = {
            "EventBusName": bus_arn,
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
        }
        with explained("events:PutEvents", bus_arn):
            answer = self._client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            [failed] = answer["Entries"]
            raise MskLinkError(
                "EventRejected",
                f"{bus_arn} did not take the event: "
                f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}",
                "Ask the owner of the cluster to add the account to parameter ClientAccounts of "
                "the owner stack, and compare the ARN with OwnerBusArn of the client stack.",
            )

    def _no_such(self, vpc_id: str) -> MskLinkError:
        return MskLinkError(
            "VpcNotFound",
            f"There is no VPC {vpc_id} in account {self.id} in {self.region}.",
            "Check the id, --profile and --region.",
        )

    def _arn(self, vpc_id: str) -> str:
        partition = self._ec2.meta.partition
        return f"arn:{partition}:ec2:{self.region}:{self.id}:vpc/{vpc_id}"

    @cached_property
    def _ec2(self) -> Any:
        return self._client("ec2")

    def _client(self, service: str) -> Any:
        with explained("", ""):
            client: Any = self._session.client  # one function for all services
            return client(service, config=_config)
