"""boto3 clients of two accounts under moto get their answers from the emulator."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ec2.models import ec2_backends
from moto.ec2.models.availability_zones_and_regions import Zone

from localcloud.moto_adapter import in_process_msk
from localcloud.msk import ManualClock, Msk, Scheme, TagChange, faults
from tests.emulator.builders import MINUTE, REGION, flags, policy, statement
from tests.support.ec2_locations import put_on_outpost, share_vpc

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_kafka import KafkaClient

# One session for all tests: it reads the large service models once.
SESSION = boto3.Session("key", "secret", region_name=REGION)
ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


@dataclass
class Vpc:
    vpc_id: str
    subnet_ids: list[str]
    group_id: str


@dataclass
class Cloud:
    msk: Msk
    clock: ManualClock
    tag_changes: list[TagChange]

    def kafka(self, number: str, *, patient: bool = False) -> "KafkaClient":
        retries = Config(retries={"total_max_attempts": 3 if patient else 1})
        return SESSION.client("kafka", config=retries, **self._keys(number))

    def ec2(self, number: str) -> "EC2Client":
        return SESSION.client("ec2", **self._keys(number))

    def _keys(self, number: str) -> dict[str, Any]:
        role = f"arn:aws:iam::{number}:role/msklink"
        sts = SESSION.client("sts")
        keys = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }

    def vpc(self, number: str, *, hostnames: bool = True) -> Vpc:
        ec2 = self.ec2(number)
        vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": hostnames})
        subnet_ids = [
            ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{place}.0/24", AvailabilityZone=zone)[
                "Subnet"
            ]["SubnetId"]
            for place, zone in enumerate(ZONES)
        ]
        group = ec2.create_security_group(GroupName="brokers", Description="-", VpcId=vpc_id)
        return Vpc(vpc_id, subnet_ids, group["GroupId"])

    def cluster(self) -> str:
        nodes: Any = {
            "InstanceType": "kafka.m7g.large",
            "ClientSubnets": self.vpc(OWNER).subnet_ids,
        }
        made = self.kafka(OWNER).create_cluster_v2(
            ClusterName="orders",
            Provisioned={
                "KafkaVersion": "3.8.x",
                "NumberOfBrokerNodes": 3,
                "BrokerNodeGroupInfo": nodes,
                "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
            },
        )
        self.clock.advance(20 * MINUTE)
        return made["ClusterArn"]

    def private_cluster(self) -> str:
        arn, kafka = self.cluster(), self.kafka(OWNER)
        info: Any = flags(Scheme.IAM)
        version = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]
        kafka.update_connectivity(ClusterArn=arn, CurrentVersion=version, ConnectivityInfo=info)
        self.clock.advance(45 * MINUTE)
        kafka.put_cluster_policy(ClusterArn=arn, Policy=policy(statement()))
        return arn

    def connect(self, arn: str, vpc: Vpc) -> str:
        made = self.kafka(CLIENT).create_vpc_connection(
            TargetClusterArn=arn,
            Authentication="SASL_IAM",
            VpcId=vpc.vpc_id,
            ClientSubnets=vpc.subnet_ids,
            SecurityGroups=[vpc.group_id],
        )
        return made["VpcConnectionArn"]


OWNER, CLIENT, OTHER = "111111111111", "222222222222", "333333333333"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    clock = ManualClock()
    tag_changes: list[TagChange] = []
    with mock_aws(), in_process_msk(clock, tag_hooks=[tag_changes.append]) as msk:
        yield Cloud(msk, clock, tag_changes)


def test_a_client_account_connects_and_reads_the_brokers(cloud: Cloud) -> None:
    arn = cloud.private_cluster()
    connection = cloud.connect(arn, cloud.vpc(CLIENT))
    cloud.clock.advance(4 * MINUTE)

    client = cloud.kafka(CLIENT)
    assert client.describe_vpc_connection(Arn=connection)["State"] == "AVAILABLE"
    brokers = client.get_bootstrap_brokers(ClusterArn=arn)
    assert ":14001" in brokers["BootstrapBrokerStringVpcConnectivitySaslIam"]


def test_the_endpoint_is_in_the_clients_ec2_and_is_deleted_with_the_connection(
    cloud: Cloud,
) -> None:
    arn = cloud.private_cluster()
    connection = cloud.connect(arn, cloud.vpc(CLIENT))
    mine: Any = [{"Name": "tag:AWSMSKManaged", "Values": ["true"]}]

    [endpoint] = cloud.ec2(CLIENT).describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]
    assert {"Key": "ClusterArn", "Value": arn} in endpoint["Tags"]
    assert endpoint["VpcEndpointType"] == "Interface"
    assert cloud.ec2(OWNER).describe_vpc_endpoints(Filters=mine)["VpcEndpoints"] == []

    cloud.clock.advance(4 * MINUTE)
    cloud.kafka(CLIENT).delete_vpc_connection(Arn=connection)
    [endpoint] = cloud.ec2(CLIENT).describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]
    assert endpoint["State"].lower() == "deleted"


def test_zone_ids_are_those_of_ec2(cloud: Cloud) -> None:
    arn = cloud.cluster()
    info = cloud.kafka(OWNER).describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]
    zones = cloud.ec2(OWNER).describe_availability_zones()["AvailabilityZones"]

    expected = [zone["ZoneId"] for zone in zones if zone["ZoneName"] in ZONES]
    assert sorted(info["Provisioned"]["BrokerNodeGroupInfo"]["ZoneIds"]) == sorted(expected)


def test_vpc_attributes_are_those_of_ec2(cloud: Cloud) -> None:
    arn = cloud.private_cluster()

    with pytest.raises(ClientError) as caught:
        cloud.connect(arn, cloud.vpc(CLIENT, hostnames=False))

    response: Any = caught.value.response
    assert response["Error"]["Code"] == "BadRequestException"
    assert response["InvalidParameter"] == "vpcId"


@pytest.mark.parametrize("kind", ["outpost", "local-zone", "ipv6-only"])
def test_a_subnet_that_can_hold_no_endpoint_is_refused(cloud: Cloud, kind: str) -> None:
    arn, vpc = cloud.private_cluster(), cloud.vpc(CLIENT)
    subnet = ec2_backends[CLIENT][REGION].get_subnet(vpc.subnet_ids[0])
    match kind:
        case "outpost":
            put_on_outpost(CLIENT, vpc.subnet_ids[0])
        case "local-zone":
            zone = subnet._availability_zone
            subnet._availability_zone = Zone(zone.name, REGION, zone.zone_id, kind)
        case "ipv6-only":
            subnet.ipv6_native = True

    with pytest.raises(ClientError, match=f"cannot hold an endpoint: .*{subnet.id}"):
        cloud.connect(arn, vpc)


def test_a_participant_cannot_connect_a_shared_vpc(cloud: Cloud) -> None:
    arn, vpc = cloud.private_cluster(), cloud.vpc(OTHER)
    share_vpc(OTHER, CLIENT, vpc.vpc_id)
    group = cloud.ec2(CLIENT).create_security_group(
        GroupName="ours", Description="-", VpcId=vpc.vpc_id
    )

    with pytest.raises(ClientError, match="does not support shared VPCs") as refused:
        cloud.connect(arn, Vpc(vpc.vpc_id, vpc.subnet_ids, group["GroupId"]))

    assert refused.value.response["Error"]["Code"] == "ForbiddenException"


def test_an_error_is_the_typed_exception_with_its_parameter(cloud: Cloud) -> None:
    arn, kafka = cloud.private_cluster(), cloud.kafka(OWNER)
    info: Any = flags(Scheme.IAM)
    version = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"]

    with pytest.raises(kafka.exceptions.BadRequestException) as caught:
        kafka.update_connectivity(ClusterArn=arn, CurrentVersion=version, ConnectivityInfo=info)

    response: Any = caught.value.response
    assert response["InvalidParameter"] == "connectivityInfo"
    assert "identical" in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_error_that_the_operation_does_not_model_is_typed_too(cloud: Cloud) -> None:
    kafka = cloud.kafka(OWNER)
    cloud.msk.faults.add(faults.throttled("ListVpcConnections"))

    with pytest.raises(kafka.exceptions.TooManyRequestsException):
        kafka.list_vpc_connections()


def test_botocore_retries_throttling_by_itself(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    cloud.msk.faults.add(faults.throttled("ListVpcConnections"))

    assert cloud.kafka(OWNER, patient=True).list_vpc_connections()["VpcConnections"] == []
    assert cloud.msk.calls[OWNER, "ListVpcConnections"] == 2


def test_an_account_that_the_policy_does_not_name_is_refused(cloud: Cloud) -> None:
    arn, kafka = cloud.private_cluster(), cloud.kafka(OTHER)

    with pytest.raises(kafka.exceptions.ForbiddenException, match="assumed-role/msklink/test"):
        kafka.describe_cluster_v2(ClusterArn=arn)


def test_paginators_and_tags_work_over_the_wire(cloud: Cloud) -> None:
    arn, kafka = cloud.cluster(), cloud.kafka(OWNER)

    kafka.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    kafka.untag_resource(ResourceArn=arn, TagKeys=["a", "b"])

    pages = kafka.get_paginator("list_clusters_v2").paginate(PaginationConfig={"PageSize": 1})
    assert [item["Tags"] for page in pages for item in page["ClusterInfoList"]] == [{}]
    assert [change.changed_keys for change in cloud.tag_changes] == [("a", "b"), ("a", "b")]


def test_configurations_come_back_as_bytes(cloud: Cloud) -> None:
    kafka = cloud.kafka(OWNER)
    arn = kafka.create_configuration(Name="plain", ServerProperties=b"a=1")["Arn"]

    revision = kafka.describe_configuration_revision(Arn=arn, Revision=1)

    assert revision["ServerProperties"] == b"a=1"


def test_boto3_clients_created_before_the_patch_use_the_emulator() -> None:
    with mock_aws():
        early = SESSION.client("kafka")
        with in_process_msk() as msk:
            early.list_vpc_connections()
            SESSION.client("sts").get_caller_identity()
        assert early.list_clusters_v2()["ClusterInfoList"] == []

    assert dict(msk.calls) == {("123456789012", "ListVpcConnections"): 1}


def test_policies_are_transferred_unchanged(cloud: Cloud) -> None:
    arn, kafka = cloud.cluster(), cloud.kafka(OWNER)
    text = json.dumps(json.loads(policy(statement(Sid="Theirs"))), indent=3)

    version = kafka.put_cluster_policy(ClusterArn=arn, Policy=text)["CurrentVersion"]

    stored = kafka.get_cluster_policy(ClusterArn=arn)
    assert (stored["Policy"], stored["CurrentVersion"]) == (text, version)
