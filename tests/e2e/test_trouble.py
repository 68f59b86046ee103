"""Events of failed invocations are kept in a queue, and can be redriven."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.e2e.aws_cli import environment

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def physical_id(cloud: Cloud, logical_id: str) -> str:
    found: str = cloud.client("cloudformation", cloud.owner).describe_stack_resource(
        StackName="msklink", LogicalResourceId=logical_id
    )["StackResourceDetail"]["PhysicalResourceId"]
    return found


@contextmanager
def broken(cloud: Cloud, function: str) -> Iterator[str]:
    """Remove the namespace of *function*, which then fails on every event; yield its name."""
    client = cloud.client("lambda", cloud.owner)
    name = physical_id(cloud, f"{function}Function")
    variables: dict[str, Any] = client.get_function_configuration(FunctionName=name)["Environment"]
    without = {key: value for key, value in variables["Variables"].items() if key != "NAMESPACE"}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": without})
    try:
        yield name
    finally:
        client.update_function_configuration(FunctionName=name, Environment=variables)


def fail(cloud: Cloud, name: str, event: object) -> None:
    """Invoke the broken function *name* with *event*, until the event is in the queue."""
    cloud.client("lambda", cloud.owner).invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
    )
    cloud.until(lambda: kept(cloud))


@pytest.mark.parametrize("function", ["ReleaseLease", "SweepClusters"])
def test_the_event_of_a_failed_invocation_is_kept(cloud: Cloud, function: str) -> None:
    with broken(cloud, function) as name:
        fail(cloud, name, {})
    cloud.client("sqs", cloud.owner).purge_queue(QueueUrl=physical_id(cloud, "FailedInvocations"))


def test_kept_events_can_be_redriven(cloud: Cloud) -> None:
    event = {"id": "1", "source": "somebody", "detail-type": "not for us", "account": cloud.owner}
    with broken(cloud, "ReceiveEvent") as name:
        fail(cloud, name, event)
        said = redrive(cloud)
        assert "FailedInvocations: kept" in said.stdout
        assert (said.returncode, kept(cloud)) == (1, True)
    target = f"arn:aws:lambda:{cloud.region}:{cloud.owner}:function:{name}"
    cloud.client("sqs", cloud.owner).send_message(
        QueueUrl=physical_id(cloud, "UndeliveredEvents"),
        MessageBody=json.dumps(event),
        MessageAttributes={"TARGET_ARN": {"DataType": "String", "StringValue": target}},
    )

    said = redrive(cloud)

    assert said.stdout.count("taken by") == 2
    assert "nothing is left" in said.stdout
    assert (said.returncode, kept(cloud)) == (0, False)


def test_a_missing_stack_is_reported_with_a_remedy(cloud: Cloud) -> None:
    said = redrive(cloud, "nosuch")

    assert said.returncode == 1
    assert "UndeliveredEvents of stack nosuch was not found" in said.stderr
    assert "make redrive STACK=" in said.stderr
    assert "Traceback" not in said.stderr


def redrive(cloud: Cloud, stack: str = "msklink") -> subprocess.CompletedProcess[str]:
    """Run the command of `make redrive`."""
    return subprocess.run(
        [sys.executable, "-m", "tools.redrive", stack],
        env=environment(cloud, cloud.owner),
        capture_output=True,
        text=True,
        check=False,
    )


def kept(cloud: Cloud) -> bool:
    """Return whether the queue of failed invocations has messages."""
    found = cloud.client("sqs", cloud.owner).get_queue_attributes(
        QueueUrl=physical_id(cloud, "FailedInvocations"),
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"]) > 0
