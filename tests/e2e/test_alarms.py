"""The deployed alarms reach the topic of the owner stack, and the dashboard shows them."""

import json
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.e2e.queues import temporary_queue
from tests.support.cloudformation import resources

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


@pytest.fixture
def cloudwatch(cloud: Cloud) -> Any:
    return cloud.client("cloudwatch", cloud.owner)


@pytest.fixture
def alarms(cloudwatch: Any) -> list[dict[str, Any]]:
    """Return the alarms of the owner stack."""
    found = cloudwatch.describe_alarms(AlarmNamePrefix="msklink-")["MetricAlarms"]
    return [*found]


def test_each_alarm_that_goes_off_is_sent_to_the_topic(
    cloud: Cloud, cloudwatch: Any, alarms: list[dict[str, Any]]
) -> None:
    sns = cloud.client("sns", cloud.owner)
    with temporary_queue(cloud, "alarms") as queue:
        subscribed = sns.subscribe(
            TopicArn=cloud.deployed.owner["AlertsTopicArn"],
            Protocol="sqs",
            Endpoint=queue.arn,
            Attributes={"RawMessageDelivery": "true"},
        )["SubscriptionArn"]

        for alarm in alarms:
            name = alarm["AlarmName"]
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")

        cloud.until(lambda: len(queue.bodies()) >= len(alarms))
        sent = [json.loads(body) for body in queue.bodies()]
        sns.unsubscribe(SubscriptionArn=subscribed)
    assert len(alarms) == len(resources("AWS::CloudWatch::Alarm"))
    assert {one["AlarmName"] for one in sent} == {alarm["AlarmName"] for alarm in alarms}
    assert {one["NewStateValue"] for one in sent} == {"ALARM"}


def test_the_dashboard_shows_the_deployed_alarms(
    cloud: Cloud, cloudwatch: Any, alarms: list[dict[str, Any]]
) -> None:
    deployed = cloudwatch.get_dashboard(DashboardName=f"msklink-{cloud.region}")

    [shown] = [
        widget["properties"]["alarms"]
        for widget in json.loads(deployed["DashboardBody"])["widgets"]
        if widget["type"] == "alarm"
    ]
    assert set(shown) == {alarm["AlarmArn"] for alarm in alarms}
