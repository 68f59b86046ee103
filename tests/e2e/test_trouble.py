"""Events on which a function fails are kept in a queue, until somebody looks at them."""

from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.e2e.aws_cli import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def physical_id(cloud: Cloud, logical_id: str) -> str:
    found: str = cloud.client("cloudformation", cloud.owner).describe_stack_resource(
        StackName="msklink", LogicalResourceId=logical_id
    )["StackResourceDetail"]["PhysicalResourceId"]
    return found


@pytest.mark.parametrize("function", ["ReceiveEvent", "ReleaseLease", "SweepClusters"])
def test_an_event_on_which_a_function_fails_is_kept(cloud: Cloud, function: str) -> None:
    client = cloud.client("lambda", cloud.owner)
    name = physical_id(cloud, f"{function}Function")
    variables: dict[str, Any] = client.get_function_configuration(FunctionName=name)["Environment"]
    without = {key: value for key, value in variables["Variables"].items() if key != "NAMESPACE"}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": without})
    try:
        client.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
        eventually(lambda: kept(cloud))
    finally:
        client.update_function_configuration(FunctionName=name, Environment=variables)
        cloud.client("sqs", cloud.owner).purge_queue(
            QueueUrl=physical_id(cloud, "FailedInvocations")
        )


def kept(cloud: Cloud) -> bool:
    """Whether the queue of failed invocations holds anything."""
    found = cloud.client("sqs", cloud.owner).get_queue_attributes(
        QueueUrl=physical_id(cloud, "FailedInvocations"),
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"]) > 0
