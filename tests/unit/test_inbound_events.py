from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msklink.policy.kafka_access import KafkaAccess
from msklink.requests.inbound_events import (
    ClientChanged,
    ClusterChanged,
    InvalidRequest,
    OffboardingDetail,
    OnboardingDetail,
    read_event,
)
from tests.unit.factories import ARN, CLIENT, json_values, thorough

VPC = "vpc-0123456789abcdef0"
DETAIL: dict[str, Any] = {"cluster": "orders", "vpc_id": VPC, "schemes": ["iam"]}


def request(**changes: Any) -> dict[str, Any]:
    detail = {key: value for key, value in (DETAIL | changes).items() if value is not None}
    return {"detail-type": "Client Onboarding Requested", "account": CLIENT, "detail": detail}


def tag_change(arn: str, service: str, *keys: str, **tags: str) -> dict[str, Any]:
    return {
        "detail-type": "Tag Change on Resource",
        "account": CLIENT,
        "resources": [arn],
        "detail": {"service": service, "changed-tag-keys": list(keys), "tags": tags},
    }


def api_call(**detail: Any) -> dict[str, Any]:
    return {"detail-type": "AWS API Call via CloudTrail", "account": CLIENT, "detail": detail}


# ------------------------------------------------------------------------------------ requests


@pytest.mark.parametrize("cluster", ["orders", ARN])
def test_a_request_names_a_cluster_and_a_vpc(cluster: str) -> None:
    [trigger] = read_event(request(cluster=cluster), "msklink")

    assert isinstance(trigger, ClientChanged)
    assert (trigger.account, trigger.cluster, trigger.vpc_id) == (CLIENT, cluster, VPC)
    assert trigger.request
    assert trigger.request.schemes == ("iam",)


def test_a_request_may_name_subnets_and_groups() -> None:
    [trigger] = read_event(
        request(subnet_ids=["subnet-01234567"], security_group_ids=["sg-01234567"]), "msklink"
    )

    assert isinstance(trigger, ClientChanged)
    assert isinstance(trigger.request, OnboardingDetail)
    assert trigger.request.subnet_ids == ("subnet-01234567",)
    assert trigger.request.security_group_ids == ("sg-01234567",)


def test_a_request_may_name_topics_and_groups() -> None:
    [trigger] = read_event(request(access={"consume": ["orders.*"], "groups": ["g"]}), "msklink")

    assert isinstance(trigger, ClientChanged)
    assert isinstance(trigger.request, OnboardingDetail)
    assert trigger.request.access == KafkaAccess(consume=("orders.*",), groups=("g",))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"account": "444444444444"}, "account"),  # only the envelope says who asks
        ({"Cluster": "orders"}, "Cluster"),
        ({"cluster": None}, "cluster"),
        ({"cluster": ""}, "cluster"),
        ({"cluster": "two words"}, "cluster"),
        ({"cluster": "o" * 300}, "cluster"),
        ({"cluster": 7}, "cluster"),
        ({"vpc_id": "vpc-1"}, "vpc_id"),
        ({"vpc_id": f"{VPC}\n"}, "vpc_id"),
        ({"schemes": []}, "schemes"),
        ({"schemes": "iam"}, "schemes"),
        ({"schemes": ["iam"] * 4}, "schemes"),
        ({"schemes": ["x" * 17]}, "schemes"),
        ({"subnet_ids": ["subnet-xyz"]}, "subnet_ids.0"),
        ({"subnet_ids": ["subnet-01234567"] * 17}, "subnet_ids"),
        ({"security_group_ids": ["default"]}, "security_group_ids.0"),
        ({"access": "orders"}, "access"),
        ({"access": {"admin": ["orders"]}}, "access.admin"),
        ({"access": {"produce": ["two words"]}}, "access.produce.0"),
        ({"access": {"consume": ["a"] * 33}}, "access.consume"),
        ({"cluster": "\ud800"}, "cluster"),  # half a character
    ],
)
def test_a_malformed_request_is_refused(changes: dict[str, Any], named: str) -> None:
    [trigger] = read_event(request(**changes), "msklink")

    assert isinstance(trigger, InvalidRequest)
    assert (trigger.account, trigger.refusal.code) == (CLIENT, "MalformedRequest")
    assert f"{named} " in trigger.refusal.message


def offboarding_event(**changes: Any) -> dict[str, Any]:
    detail = {"cluster": "orders", "vpc_id": VPC} | changes
    return {"detail-type": "Client Offboarding Requested", "account": CLIENT, "detail": detail}


@pytest.mark.parametrize(
    ("changes", "schemes"),
    [({}, ("iam", "scram", "tls")), ({"schemes": ["scram"]}, ("scram",))],
)
def test_an_offboarding_request_names_some_schemes_or_means_all(
    changes: dict[str, Any], schemes: tuple[str, ...]
) -> None:
    [trigger] = read_event(offboarding_event(**changes), "msklink")

    assert isinstance(trigger, ClientChanged)
    assert trigger.request == OffboardingDetail(cluster="orders", vpc_id=VPC, schemes=schemes)


@pytest.mark.parametrize(
    "changes",
    [{"schemes": ["imam"]}, {"schemes": []}, {"schemes": ["auto"]}, {"subnet_ids": []}, {"at": 1}],
)
def test_a_malformed_offboarding_request_is_refused(changes: dict[str, Any]) -> None:
    [trigger] = read_event(offboarding_event(**changes), "msklink")

    assert isinstance(trigger, InvalidRequest)
    assert (trigger.cluster, trigger.refusal.code) == ("orders", "MalformedRequest")
    assert trigger.refusal.remedy.endswith(
        "the fields cluster, vpc_id, schemes, as in docs/client.md of MSKLink."
    )


def test_a_refusal_does_not_quote_the_request() -> None:
    [trigger] = read_event(request(password="hunter2" * 9), "msklink")

    assert isinstance(trigger, InvalidRequest)
    assert "hunter2" not in trigger.refusal.message


# --------------------------------------------------------------------------------- tag changes


def test_only_our_tags_trigger_a_run_for_a_cluster() -> None:
    assert read_event(tag_change(ARN, "kafka", "msklink"), "msklink") == [ClusterChanged(ARN)]
    for key in ("msklink/clients", "msklink/vendors", "msklink/vendors/2"):
        assert read_event(tag_change(ARN, "kafka", "a", key), "msklink") == [ClusterChanged(ARN)]
    assert not read_event(tag_change(ARN, "kafka", "msklinkage", "team"), "msklink")


def test_a_connection_is_not_a_cluster() -> None:
    connection = ARN.replace("cluster/", "vpc-connection/111111111111/")

    assert not read_event(tag_change(connection, "kafka", "msklink"), "msklink")


def test_a_vpc_triggers_one_run_for_each_cluster() -> None:
    arn = f"arn:aws:ec2:eu-west-1:{CLIENT}:vpc/{VPC}"

    triggers = read_event(
        tag_change(arn, "ec2", "msklink/sales", "Name", "msklink/orders"), "msklink"
    )

    assert triggers == [
        ClientChanged(CLIENT, "orders", VPC),
        ClientChanged(CLIENT, "sales", VPC),
    ]


# ----------------------------------------------------------------------------------- API calls


@pytest.mark.parametrize(
    "detail",
    [
        {"requestParameters": {"resourceArn": quote(ARN, safe=""), "tags": {"msklink": "auto"}}},
        {"requestParameters": {"resourceArn": quote(ARN, safe=""), "tagKeys": ["msklink/clients"]}},
        {"requestParameters": {"resourceArn": ARN, "tags": {"msklink": "auto"}}},
        {"requestParameters": {"resourceARNList": [ARN, ARN], "tags": {"msklink": "auto"}}},
        {
            "requestParameters": {"clusterName": "orders", "tags": {"msklink": "auto"}},
            "responseElements": {"clusterArn": ARN},
        },
    ],
)
def test_a_call_that_tags_a_cluster_triggers_a_run(detail: dict[str, Any]) -> None:
    assert read_event(api_call(**detail), "msklink") == [ClusterChanged(ARN)]


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"requestParameters": None, "responseElements": None},
        {"requestParameters": {"resourceArn": ARN, "tags": {"team": "a"}}},
        {"requestParameters": {"resourceArn": "arn:aws:s3:::a", "tags": {"msklink": "auto"}}},
        {"requestParameters": {"clusterName": "orders"}, "responseElements": {"clusterArn": ARN}},
    ],
)
def test_other_calls_trigger_nothing(detail: dict[str, Any]) -> None:
    assert not read_event(api_call(**detail), "msklink")


# ---------------------------------------------------------------------------------- anything


words = st.sampled_from(["msklink", "msklink/orders", ARN, "kafka", "ec2", "\ud800"])
anything = json_values | words | st.lists(words | json_values, max_size=3)
events = st.fixed_dictionaries(
    {},
    optional={
        "detail-type": st.sampled_from(
            ["Client Onboarding Requested", "Tag Change on Resource", "AWS API Call via CloudTrail"]
        ),
        "account": anything,
        "resources": anything,
        "detail": anything
        | st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ["service", "changed-tag-keys", "cluster", "vpc_id", "schemes", "access"], anything
            )
            | dict.fromkeys(
                ["requestParameters", "responseElements"],
                anything
                | st.fixed_dictionaries(
                    {},
                    optional=dict.fromkeys(
                        ["tags", "tagKeys", "resourceArn", "resourceARNList", "clusterArn"],
                        anything,
                    ),
                ),
            ),
        ),
    },
)


@thorough
@given(events)
def test_any_event_can_be_read(event: dict[str, Any]) -> None:
    assert isinstance(read_event(event, "msklink"), list)
