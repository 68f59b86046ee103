"""The embedded AWS refuses what AWS refuses: else a green run proves nothing about rights."""

import json

import pytest

from localcloud.cloud import Cloud

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


# ---------------------------------------------------------------------------------------- the bus


def test_only_client_accounts_may_put_events_on_the_bus(cloud: Cloud) -> None:
    entry = {
        "Source": "a.team",
        "DetailType": "Nothing We Know",
        "Detail": "{}",
        "EventBusName": cloud.deployed.owner["BusArn"],
    }

    admitted = cloud.client("events", cloud.clients[0]).put_events(Entries=[entry])
    stranger = cloud.client("events", "999999999999").put_events(Entries=[entry])

    assert admitted["FailedEntryCount"] == 0
    assert stranger["Entries"][0]["ErrorCode"] == "AccessDeniedException"


def test_an_account_may_be_let_in_by_hand(cloud: Cloud) -> None:
    owner, bus = cloud.client("events", cloud.owner), cloud.deployed.owner["BusArn"]
    entry = {"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": bus}
    name, account = bus.rpartition("/")[2], "888888888888"

    owner.put_permission(
        EventBusName=name, Action="events:PutEvents", Principal=account, StatementId="ByHand"
    )
    admitted = cloud.client("events", account).put_events(Entries=[entry])
    owner.remove_permission(EventBusName=name, StatementId="ByHand")
    refused = cloud.client("events", account).put_events(Entries=[entry])

    assert admitted["FailedEntryCount"] == 0
    assert refused["FailedEntryCount"] == 1


def test_nobody_can_forge_an_event_of_aws(cloud: Cloud) -> None:
    forged = {"Source": "aws.tag", "DetailType": "Tag Change on Resource", "Detail": "{}"}

    for bus in ("default", cloud.deployed.owner["BusArn"]):
        answer = cloud.client("events", cloud.clients[0]).put_events(
            Entries=[{**forged, "EventBusName": bus}]
        )
        assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


# ---------------------------------------------------------------------------------------- network


def test_a_zone_name_is_another_zone_in_another_account(cloud: Cloud) -> None:
    def zone_id_of_a(account: str) -> str:
        zones = cloud.client("ec2", account).describe_availability_zones()["AvailabilityZones"]
        return next(str(zone["ZoneId"]) for zone in zones if zone["ZoneName"].endswith("a"))

    first, second = cloud.clients

    assert zone_id_of_a(first) != zone_id_of_a(second)
    assert cloud.networks[first].subnets.keys() == cloud.networks[second].subnets.keys()


def test_every_call_is_on_record(cloud: Cloud) -> None:
    since = cloud.calls()[-1].number + 1
    cloud.client("kafka", cloud.clients[1]).list_vpc_connections()

    (call,) = cloud.calls(since)

    assert (call.account, call.operation, call.status) == (
        cloud.clients[1],
        "ListVpcConnections",
        200,
    )


# ------------------------------------------------------------------------------ the owner's stack


def test_what_clients_need_to_know_is_a_parameter_as_well(cloud: Cloud) -> None:
    ssm = cloud.client("ssm", cloud.owner)

    published = ssm.get_parameter(Name="/msklink/client_stack")["Parameter"]["Value"]

    assert published == cloud.deployed.owner["ClientStack"]
    role = json.loads(published)["role_name"]
    assert cloud.deployed.clients[cloud.clients[0]]["RoleArn"].endswith(f"/{role}")
