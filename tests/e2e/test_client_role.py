"""The trust policy and the permissions of the client role, as the embedded AWS enforces them."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

OUR_TAG = {"Key": "msklink/managed-by", "Value": "msklink"}
INGRESS = [
    {
        "IpProtocol": "tcp",
        "FromPort": 14001,
        "ToPort": 14100,
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
    }
]


def denial(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value)


def assumed(cloud: Cloud, sts: Any, role: str, external_id: str | None = None) -> boto3.Session:
    given = {"ExternalId": external_id} if external_id else {}
    made = sts.assume_role(RoleArn=role, RoleSessionName="test", **given)["Credentials"]
    return boto3.Session(
        made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"], cloud.region
    )


@pytest.fixture(scope="module", autouse=True)
def open_cluster(cloud: Cloud) -> Iterator[str]:
    """
    Create a cluster with IAM private connectivity that admits the first client account.

    Created first: it takes longer than the hour of a role session.
    """
    kafka = cloud.client("kafka", cloud.owner)
    arn: str = kafka.create_cluster_v2(
        ClusterName="open",
        Provisioned={
            "BrokerNodeGroupInfo": {
                "InstanceType": "kafka.m7g.large",
                "ClientSubnets": cloud.networks[cloud.owner].subnet_ids,
            },
            "KafkaVersion": "3.6.0",
            "NumberOfBrokerNodes": 3,
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )["ClusterArn"]
    on = {"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}}
    kafka.update_connectivity(
        ClusterArn=arn,
        CurrentVersion=active_version(cloud, arn),
        ConnectivityInfo={"VpcConnectivity": on},
    )
    active_version(cloud, arn)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": cloud.clients[0]},
        "Action": "kafka:CreateVpcConnection",
        "Resource": arn,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    kafka.put_cluster_policy(ClusterArn=arn, Policy=json.dumps(policy))
    yield arn
    kafka.delete_cluster(ClusterArn=arn)


def active_version(cloud: Cloud, arn: str) -> str:
    """Wait until the cluster is ACTIVE, and return its version."""
    kafka = cloud.client("kafka", cloud.owner)

    def version() -> str:
        cluster = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]
        return str(cluster["CurrentVersion"]) if cluster["State"] == "ACTIVE" else ""

    return cloud.until(version)


@pytest.fixture(scope="module")
def role_of_owner(cloud: Cloud) -> Callable[[str, str], boto3.Session]:
    """Create a role in the owner account that may assume others, and return its session."""
    iam = cloud.client("iam", cloud.owner)

    def make(name: str, path: str) -> boto3.Session:
        trust = {"Effect": "Allow", "Principal": {"AWS": cloud.owner}, "Action": "sts:AssumeRole"}
        right = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        role = iam.create_role(
            RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps({"Statement": trust})
        )["Role"]
        iam.put_role_policy(
            RoleName=name, PolicyName="assume", PolicyDocument=json.dumps({"Statement": right})
        )
        return assumed(cloud, cloud.client("sts", cloud.owner), role["Arn"])

    return make


@pytest.fixture(scope="module")
def ours(role_of_owner: Callable[[str, str], boto3.Session]) -> boto3.Session:
    return role_of_owner("ours", "/msklink/reaches-clients/eu-west-1/")


@pytest.fixture(scope="module")
def client_role(cloud: Cloud, ours: boto3.Session) -> Callable[[str], Any]:
    """Return a function that creates boto3 clients with the client role of the first account."""
    account = cloud.clients[0]
    session = assumed(
        cloud,
        ours.client("sts", endpoint_url=cloud.endpoint),
        cloud.deployed.clients[account]["RoleArn"],
        cloud.deployed.external_id,
    )

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=cloud.endpoint)  # type: ignore[call-overload]

    return client


@pytest.fixture(scope="module")
def managed_group(cloud: Cloud, client_role: Callable[[str], Any]) -> str:
    made: str = client_role("ec2").create_security_group(
        GroupName="ours",
        Description="made in a test",
        VpcId=cloud.networks[cloud.clients[0]].vpc_id,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [OUR_TAG]}],
    )["GroupId"]
    return made


# ------------------------------------------------------------------------------------------ trust


@pytest.mark.parametrize("external_id", [None, "a-guessed-id"])
def test_the_client_role_requires_the_external_id(
    cloud: Cloud, ours: boto3.Session, external_id: str | None
) -> None:
    sts = ours.client("sts", endpoint_url=cloud.endpoint)
    given = {"ExternalId": external_id} if external_id else {}
    role = cloud.deployed.clients[cloud.clients[0]]["RoleArn"]

    assert "AccessDenied" in denial(sts.assume_role, RoleArn=role, RoleSessionName="test", **given)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("of-somebody-else", "/"),
        ("of-msklink", "/msklink/"),
        ("of-another-region", "/msklink/reaches-clients/eu-west-2/"),
    ],
)
def test_only_the_functions_that_need_the_client_role_may_assume_it(
    cloud: Cloud, role_of_owner: Callable[[str, str], boto3.Session], name: str, path: str
) -> None:
    sts = role_of_owner(name, path).client("sts", endpoint_url=cloud.endpoint)

    refusal = denial(
        sts.assume_role,
        RoleArn=cloud.deployed.clients[cloud.clients[0]]["RoleArn"],
        RoleSessionName="test",
        ExternalId=cloud.deployed.external_id,
    )

    assert "AccessDenied" in refusal


# ------------------------------------------------------------------------------ the client role


def test_only_groups_with_our_tag_can_be_created_and_changed(
    cloud: Cloud, client_role: Callable[[str], Any], managed_group: str
) -> None:
    vpc_id = cloud.networks[cloud.clients[0]].vpc_id
    foreign = cloud.client("ec2", cloud.clients[0]).create_security_group(
        GroupName="foreign", Description="of somebody else", VpcId=vpc_id
    )["GroupId"]
    ec2 = client_role("ec2")

    ec2.authorize_security_group_ingress(GroupId=managed_group, IpPermissions=INGRESS)

    untagged = {"GroupName": "untagged", "Description": "d", "VpcId": vpc_id}
    assert "ec2:CreateSecurityGroup" in denial(ec2.create_security_group, **untagged)
    change = {"GroupId": foreign, "IpPermissions": INGRESS}
    assert foreign in denial(ec2.authorize_security_group_ingress, **change)
    assert "ec2:CreateTags" in denial(ec2.create_tags, Resources=[foreign], Tags=[OUR_TAG])


def test_only_our_tags_can_be_set_at_creation(
    cloud: Cloud, client_role: Callable[[str], Any]
) -> None:
    vpc_id = cloud.networks[cloud.clients[0]].vpc_id
    ec2, ssm = client_role("ec2"), client_role("ssm")
    kafka = client_role("kafka")
    theirs = {"Key": "team", "Value": "billing"}
    parameter = {"Name": "/msklink/none/x", "Value": "1", "Type": "String"}
    connection = f"arn:aws:kafka:{cloud.region}:{cloud.clients[0]}:vpc-connection/{cloud.owner}/a/b"

    group = {"GroupName": "with-theirs", "Description": "d", "VpcId": vpc_id}
    tags = [{"ResourceType": "security-group", "Tags": [OUR_TAG, theirs]}]
    assert "ec2:CreateTags" in denial(ec2.create_security_group, **group, TagSpecifications=tags)
    refusal = denial(ssm.put_parameter, **parameter, Tags=[OUR_TAG, theirs])
    assert "ssm:AddTagsToResource" in refusal
    existing = {"ResourceType": "Parameter", "ResourceId": "/msklink/none/x"}
    refusal = denial(ssm.add_tags_to_resource, **existing, Tags=[theirs])
    assert "ssm:AddTagsToResource" in refusal
    refusal = denial(kafka.tag_resource, ResourceArn=connection, Tags={"team": "billing"})
    assert "kafka:TagResource" in refusal


def test_parameters_outside_the_namespace_are_denied(
    client_role: Callable[[str], Any],
) -> None:
    ssm = client_role("ssm")

    assert "parameter/other/x" in denial(ssm.put_parameter, Name="/other/x", Value="1")
    assert "parameter/other" in denial(ssm.get_parameters_by_path, Path="/other")
    assert ssm.get_parameters_by_path(Path="/msklink/none")["Parameters"] == []


@pytest.mark.parametrize(
    "action",
    [
        "ec2:DescribeVpcs",
        "ec2:DescribeSubnets",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcAttribute",
        "ec2:CreateVpcEndpoint",
        "ec2:CreateTags",
        "kafka:TagResource",
        "kafka:CreateVpcConnection",
    ],
)
def test_no_connection_without_the_permission(
    cloud: Cloud,
    open_cluster: str,
    client_role: Callable[[str], Any],
    managed_group: str,
    action: str,
) -> None:
    iam = cloud.client("iam", cloud.clients[0])
    name = cloud.deployed.clients[cloud.clients[0]]["RoleArn"].rpartition("/")[2]
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    given = {"RoleName": name, "PolicyName": policy}
    whole = iam.get_role_policy(**given)["PolicyDocument"]
    iam.put_role_policy(**given, PolicyDocument=json.dumps(without(whole, action)))
    network = cloud.networks[cloud.clients[0]]

    try:
        refusal = denial(
            client_role("kafka").create_vpc_connection,
            TargetClusterArn=open_cluster,
            Authentication="SASL_IAM",
            VpcId=network.vpc_id,
            ClientSubnets=network.subnet_ids,
            SecurityGroups=[managed_group],
            Tags={OUR_TAG["Key"]: OUR_TAG["Value"]},
        )
    finally:
        iam.put_role_policy(**given, PolicyDocument=json.dumps(whole))

    assert action in refusal


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    left = copy.deepcopy(document)
    for statement in left["Statement"]:
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        statement["Action"] = [each for each in actions if each != action] or ["sts:TagSession"]
    return left
