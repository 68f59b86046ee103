"""Ineligible clusters and VPCs: the client team reads the refusal, and nothing is changed."""

import json
from typing import Any

import pytest

from localcloud.cloud import Cloud
from tests.e2e.aws_cli import AwsCli
from tests.e2e.deployed_cluster import CLIENT, OTHER, DeployedCluster, status, unreachable

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

IAM = {"Sasl": {"Iam": {"Enabled": True}}}
SCRAM = {"Sasl": {"Scram": {"Enabled": True}}}


def provisioned(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    return {
        "KafkaVersion": "3.6.0",
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": {
            "InstanceType": changes.pop("instance_type", "kafka.m7g.large"),
            "ClientSubnets": cloud.networks[cloud.owner].subnet_ids,
        },
        "ClientAuthentication": IAM,
        **changes,
    }


def clusters(cloud: Cloud) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the expected refusal and the settings of each cluster, by name."""
    subnets = cloud.networks[cloud.owner].subnet_ids
    serverless = {"VpcConfigs": [{"SubnetIds": subnets}], "ClientAuthentication": IAM}
    open_to_all = {"ClientAuthentication": {"Unauthenticated": {"Enabled": True}}}
    return {
        "small": (
            "BrokersTooSmall",
            {"Provisioned": provisioned(cloud, instance_type="kafka.t3.small")},
        ),
        "serverless": ("ClusterServerless", {"Serverless": serverless}),
        "open": ("ClusterUnauthenticated", {"Provisioned": provisioned(cloud, **open_to_all)}),
        "without-acls": (
            "AclsNotEnforced",
            {"Provisioned": provisioned(cloud, ClientAuthentication=SCRAM)},
        ),
    }


@pytest.fixture(scope="module")
def arns(cloud: Cloud) -> dict[str, str]:
    """Create and tag the clusters, tag the client's VPC for each; return the ARNs by name."""
    owner, client = AwsCli(cloud, cloud.owner), AwsCli(cloud, CLIENT)
    made = {
        name: owner("kafka", "create-cluster-v2", "--cluster-name", name, *_options(kind))[
            "ClusterArn"
        ]
        for name, (_, kind) in clusters(cloud).items()
    }
    for name, arn in made.items():
        tag = f"Key=msklink/{name},Value=auto"
        vpc_id = cloud.networks[CLIENT].vpc_id
        client("ec2", "create-tags", "--resources", vpc_id, "--tags", tag)
        tags = f"msklink=auto,msklink/clients={CLIENT}"
        owner("kafka", "tag-resource", "--resource-arn", arn, "--tags", tags)
    return made


def _options(kind: dict[str, Any]) -> list[str]:
    [(name, value)] = kind.items()
    return [f"--{name.lower()}", json.dumps(value)]


def codes(cloud: Cloud, account: str, cluster: str) -> set[str]:
    """Return the refusal codes in the status parameter of *cluster* in *account*."""
    return {
        entry["refusal"]["code"]
        for vpc in status(cloud, account, cluster).get("vpcs", {}).values()
        for entry in vpc.values()
        if "refusal" in entry
    }


@pytest.mark.parametrize("name", ["small", "serverless", "open", "without-acls"])
def test_an_ineligible_cluster_is_refused_in_the_clients_account_and_not_changed(
    cloud: Cloud, arns: dict[str, str], name: str
) -> None:
    code = clusters(cloud)[name][0]

    cloud.until(lambda: code in codes(cloud, CLIENT, name))

    owner, arn = AwsCli(cloud, cloud.owner), arns[name]
    with pytest.raises(RuntimeError, match="NotFoundException"):
        owner("kafka", "get-cluster-policy", "--cluster-arn", arn)
    if name != "serverless":
        operations = owner("kafka", "list-cluster-operations-v2", "--cluster-arn", arn)
        assert operations["ClusterOperationInfoList"] == []


def test_the_refusal_of_a_vpc_names_the_missing_zone(cloud: Cloud) -> None:
    owner, client = AwsCli(cloud, cloud.owner), AwsCli(cloud, OTHER)
    arn = owner(
        *("kafka", "create-cluster-v2", "--cluster-name", "zones"),
        *("--provisioned", json.dumps(provisioned(cloud))),
    )["ClusterArn"]
    vpc_id = client("ec2", "create-vpc", "--cidr-block", "10.9.0.0/16")["Vpc"]["VpcId"]
    client(
        *("ec2", "modify-vpc-attribute", "--vpc-id", vpc_id),
        *("--enable-dns-hostnames", '{"Value": true}'),
    )
    zones = client("ec2", "describe-availability-zones")["AvailabilityZones"][:2]
    for number, zone in enumerate(zones):
        client(
            *("ec2", "create-subnet", "--vpc-id", vpc_id, "--cidr-block", f"10.9.{number}.0/24"),
            *("--availability-zone", zone["ZoneName"]),
        )
    tag = "Key=msklink/zones,Value=iam"
    client("ec2", "create-tags", "--resources", vpc_id, "--tags", tag)
    tags = f"msklink=iam,msklink/clients={OTHER}"
    owner("kafka", "tag-resource", "--resource-arn", arn, "--tags", tags)

    cloud.until(lambda: codes(cloud, OTHER, "zones") == {"SubnetMissingInZone"})

    [missing] = set(cloud.networks[OTHER].subnets) - {zone["ZoneId"] for zone in zones}
    entry = status(cloud, OTHER, "zones")["vpcs"][vpc_id]["iam"]
    assert missing in entry["refusal"]["message"]


def test_a_wrong_external_id_is_distinguished_from_a_missing_stack(cloud: Cloud) -> None:
    """Uses the roles of the stacks, and STS of the embedded AWS."""
    with unreachable(cloud, OTHER):
        tag = {"Key": "msklink/zones", "Value": "IAM"}
        vpc_id = cloud.networks[OTHER].vpc_id
        cloud.client("ec2", OTHER).create_tags(Resources=[vpc_id], Tags=[tag])
        found = cloud.until(lambda: _refused_in_table(cloud))
        planned = DeployedCluster(cloud, "").plan("zones")
    assert found == "ExternalIdWrong"
    refused = [one["refusal"]["code"] for one in planned["clients"] if not one["vpc_id"]]
    assert refused == ["ExternalIdWrong"]


def _refused_in_table(cloud: Cloud) -> str:
    """Return the refusal of the other client's account as a whole."""
    items = cloud.client("dynamodb", cloud.owner).scan(TableName=cloud.deployed.owner["TableName"])[
        "Items"
    ]
    codes = [
        item["refusal"]["M"]["code"]["S"]
        for item in items
        if item["item"]["S"] == f"client#{OTHER}##" and "refusal" in item
    ]
    return codes[0] if codes else ""
