"""Roles in the embedded AWS, with what they are allowed."""

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud

Json = dict[str, Any]


@dataclass
class Role:
    """A role that its account may assume; it starts without permissions."""

    cloud: Cloud
    account: str
    name: str
    arn: str
    statements: list[Json] = field(default_factory=list)

    @property
    def session_arn(self) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/test"

    def allow(
        self, action: str | list[str], resource: str = "*", condition: Json | None = None
    ) -> None:
        self.statements.append(
            {"Effect": "Allow", "Action": action, "Resource": resource}
            | ({"Condition": condition} if condition else {})
        )
        self.cloud.client("iam", self.account).put_role_policy(
            RoleName=self.name, PolicyName="allowed", PolicyDocument=policy(*self.statements)
        )

    def client(self, service: str) -> Any:
        """Return a client of *service* as a session of the role."""
        issued = self.cloud.client("sts", self.account).assume_role(
            RoleArn=self.arn, RoleSessionName="test"
        )["Credentials"]
        return boto3.client(  # type: ignore[call-overload]  # any service
            service,
            region_name=self.cloud.region,
            endpoint_url=self.cloud.endpoint,
            aws_access_key_id=issued["AccessKeyId"],
            aws_secret_access_key=issued["SecretAccessKey"],
            aws_session_token=issued["SessionToken"],
        )


def make_role(cloud: Cloud, account: str, name: str) -> Role:
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    made = cloud.client("iam", account).create_role(
        RoleName=name, AssumeRolePolicyDocument=policy(trust)
    )
    return Role(cloud, account, name, made["Role"]["Arn"])


def policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def error_of(call: Any, **params: Any) -> tuple[str, str]:
    """Return code and message of the error that *call* raises."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
