"""What people write on the command line, good and bad."""

import pytest

from msklink.requests.inbound_events import OnboardingDetail
from msklink.users.request import UserRequest
from msklink_client import MskLinkError, arguments, users
from tests.client.console import BUS, Console

ARN = "arn:aws:kafka:eu-west-1:111111111111:cluster/orders/0b1c2d3e-aaaa-bbbb-cccc-1234567890ab-1"
REGION = "eu-west-1"


@pytest.mark.parametrize(
    ("given", "schemes"),
    [
        (["iam"], ("iam",)),
        (["tls,iam"], ("iam", "tls")),
        (["IAM", "scram", "iam"], ("iam", "scram")),
        (["iam, tls"], ("iam", "tls")),
        (["auto"], ("auto",)),
    ],
)
def test_schemes_have_commas_or_spaces_between_them(
    given: list[str], schemes: tuple[str, ...]
) -> None:
    assert arguments.schemes(given) == schemes


def test_a_cluster_is_given_by_name_or_arn() -> None:
    assert arguments.cluster("orders", REGION) == arguments.Cluster("orders")
    assert arguments.cluster(ARN, REGION).name == "orders"
    assert arguments.cluster(ARN, REGION).given == ARN


@pytest.mark.parametrize(
    "words",
    [
        ("orders", "--schemes", "plaintext"),
        ("orders", "--schemes", ","),
        ("orders", "--schemes", "auto,iam"),
        ("orders", "--schemes", "off"),
        ("orders", "--schemes", "iam", "--vpc", "vpc-X"),
        ("orders", "--schemes", "iam", "--vpc", "subnet-0123456789abcdef0"),
        ("orders", "--schemes", "iam", "--vpc", "vpc-0123456789abcdef0\n"),
        ("", "--schemes", "iam"),
        ("orders/iam", "--schemes", "iam"),
        ("orders'; rm", "--schemes", "iam"),
        ("o" * 65, "--schemes", "iam"),
        ("protect", "--schemes", "iam"),
        ("arn:aws:s3:::orders", "--schemes", "iam"),
        (ARN.replace("orders", "protect"), "--schemes", "iam"),
        ("orders", "--schemes", "iam", "--namespace", "aws:x"),
        ("orders", "--schemes", "iam", "--event-bus", "msklink"),
        ("orders", "--schemes", "iam", "--produce", "billing.*"),
        ("orders", "--schemes", "iam", "--subnet-ids", "subnet-0123456789abcdef0"),
        ("orders", "--schemes", "tls", "--event-bus", BUS, "--produce", "billing.*"),
        ("orders", "--schemes", "iam", "--event-bus", BUS, "--produce", "billing/x"),
        ("orders", "--schemes", "iam", "--event-bus", BUS, "--produce", "x" * 250),
        ("orders", "--schemes", "iam", "--event-bus", BUS, "--groups", *map(str, range(33))),
        ("orders", "--schemes", "iam", "--event-bus", BUS, "--subnet-ids", "sg-0123456789abcdef0"),
        ("orders", "--schemes", "iam", "--event-bus", BUS, "--security-group-ids", "x"),
        ("orders", "--schemes", "iam", "--event-bus", BUS, "--again"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_set(
    console: Console, words: tuple[str, ...]
) -> None:
    vpc = () if "--vpc" in words else ("--vpc", console.vpc_id)

    said = console("request", *words, *vpc, "--yes")

    assert (said.code, said.out, said.error) == (1, "", "BadArgument")
    assert console.tags() == {}


@pytest.mark.parametrize("option", ["cluster", "--event-bus"])
def test_an_arn_of_another_region_is_refused(console: Console, option: str) -> None:
    cluster = ARN.replace(REGION, "eu-west-2") if option == "cluster" else "orders"
    bus = ("--event-bus", BUS.replace(REGION, "eu-west-2")) if option != "cluster" else ()

    said = console("request", cluster, "--vpc", console.vpc_id, "--schemes", "iam", *bus, "--yes")

    assert said.error == "WrongRegion"
    assert "--region eu-west-2" in said.err


def test_limits_are_those_of_the_event() -> None:
    """The model that MSKLink reads events with takes as many as the command, and no more."""
    fields = OnboardingDetail.model_json_schema()
    access = fields["$defs"]["KafkaAccess"]["properties"]["produce"]

    assert access["maxItems"] == arguments.MOST_NAMES
    assert fields["properties"]["subnet_ids"]["maxItems"] == arguments.MOST_IDS
    assert fields["properties"]["users"]["maxItems"] == arguments.MOST_USERS
    name = UserRequest.model_json_schema()["properties"]["name"]
    assert users._NAME.pattern == f"{name['pattern'][1:-2]}{{1,{name['maxLength']}}}"
    assert access["items"]["maxLength"] == 249
    with pytest.raises(MskLinkError):
        arguments.kafka_names(["a/b"], "--produce")
