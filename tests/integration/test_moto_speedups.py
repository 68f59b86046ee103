"""Cached values equal those that moto and botocore compute each time."""

import re
from typing import Any
from unittest import mock

import boto3
import pytest
from moto import mock_aws

from tests.support.functions import OWNER, REGION
from tests.support.moto_speedups import speedups

ITEM: dict[str, Any] = {
    "id": "1",
    "list": ["a", 1, None, True],
    "map": {"S": "not a type", "a.b": {"names"}, "bytes": b"b"},
}


def _answers() -> dict[str, Any]:
    session = boto3.Session(region_name=REGION)
    dynamodb, ec2 = session.resource("dynamodb"), session.client("ec2")
    events, sqs = session.client("events"), session.client("sqs")
    table = dynamodb.create_table(
        TableName="items",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    table.put_item(Item=ITEM)
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName="one", Description="-", VpcId=vpc_id)
    queue = sqs.create_queue(QueueName="target")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="target", EventPattern='{"source": ["us"]}')
    events.put_targets(Rule="target", Targets=[{"Id": "target", "Arn": arn["QueueArn"]}])
    events.put_events(Entries=[{"Source": "us", "DetailType": "Told", "Detail": '{"a": {"b": 1}}'}])
    assumed = session.client("sts").assume_role(
        RoleArn="arn:aws:iam::222222222222:role/client", RoleSessionName="run"
    )["Credentials"]
    client = boto3.client(
        "sts",
        REGION,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
    return {
        "item": table.get_item(Key={"id": "1"})["Item"],
        "table": dynamodb.meta.client.describe_table(TableName="items")["Table"],
        "vpcs": ec2.describe_vpcs()["Vpcs"],
        "groups": ec2.describe_security_groups()["SecurityGroups"],
        "subnets": ec2.describe_subnets()["Subnets"],
        "target": sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"],
        "owner": session.client("sts").get_caller_identity()["Account"],
        "client": client.get_caller_identity()["Arn"],
    }


def _comparable(answers: dict[str, Any]) -> str:
    """Return the answers as text, without generated ids and times."""
    return re.sub(
        r"[0-9a-f]{17}|[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:]+Z|datetime\.[^)]*\)+",
        "*",
        str(answers),
    )


@pytest.fixture(autouse=True)
def _credentials() -> Any:
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with mock.patch.dict("os.environ", keys, MOTO_EC2_LOAD_DEFAULT_AMIS="false"):
        yield


def test_answers_are_the_same_with_and_without_speedups() -> None:
    with mock_aws():
        without = _answers()
    with mock_aws(), speedups():
        first = _answers()
    with mock_aws(), speedups():
        again = _answers()

    assert without["item"] == first["item"] == again["item"] == ITEM
    assert first["owner"] == OWNER
    assert first["client"] == "arn:aws:sts::222222222222:assumed-role/client/run"
    assert _comparable(without) == _comparable(first) == _comparable(again)
