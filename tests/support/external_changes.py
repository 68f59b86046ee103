"""Change what MSKLink manages, as other people and tools do."""

from msklink.policy.document import sid
from tests.support.aws import Accounts
from tests.support.functions import NAMESPACE

OPEN_TO_ALL = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def delete_connections(accounts: Accounts, account: str) -> None:
    kafka = accounts.client("kafka", account)
    for made in accounts.connections(account):
        kafka.delete_vpc_connection(Arn=made["VpcConnectionArn"])
    accounts.clock.advance(3600)


def overwrite_bootstrap_servers(accounts: Accounts, account: str) -> None:
    accounts.client("ssm", account).put_parameter(
        Name="/msklink/orders/iam/bootstrap.servers", Value="b-1:9098", Overwrite=True
    )


def add_to_our_statement(accounts: Accounts, cluster: str, account: str) -> None:
    """Add *account* to the statement of MSKLink."""
    statements = accounts.policy(cluster)["Statement"]
    for ours in statements:
        if ours["Sid"] == sid(NAMESPACE):
            ours["Principal"]["AWS"] = [*ours["Principal"]["AWS"], f"arn:aws:iam::{account}:root"]
    accounts.put_policy(cluster, *statements)


def open_security_groups(accounts: Accounts, account: str) -> None:
    """Open the managed security groups of *account* to everybody."""
    ec2 = accounts.client("ec2", account)
    for group in managed_groups(accounts, account):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=OPEN_TO_ALL)


def managed_groups(accounts: Accounts, account: str) -> list[str]:
    described = accounts.client("ec2", account).describe_security_groups(
        Filters=[{"Name": "tag-key", "Values": ["msklink/managed-by"]}]
    )
    return [group["GroupId"] for group in described["SecurityGroups"]]


def remove_endpoint_tags(accounts: Accounts, account: str) -> None:
    """Remove the tags by which MSK manages its VPC endpoints."""
    ec2 = accounts.client("ec2", account)
    ids = [one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]]
    ec2.delete_tags(Resources=ids, Tags=[{"Key": "AWSMSKManaged"}])


def set_private_connectivity(accounts: Accounts, cluster: str, *, on: bool) -> None:
    """Turn private connectivity on or off for iam, and wait for the update."""
    set_private_schemes(accounts, cluster, *(["iam"] if on else []))


def set_private_schemes(accounts: Accounts, cluster: str, *schemes: str) -> None:
    """Turn private connectivity on for these SASL schemes and off for others; wait for it."""
    kafka = accounts.client("kafka")
    info = kafka.describe_cluster_v2(ClusterArn=cluster)["ClusterInfo"]
    sasl = {one.title(): {"Enabled": one in schemes} for one in ("iam", "scram")}
    flags = {"ClientAuthentication": {"Sasl": sasl}}
    kafka.update_connectivity(
        ClusterArn=cluster,
        CurrentVersion=info["CurrentVersion"],
        ConnectivityInfo={"VpcConnectivity": flags},
    )
    accounts.clock.advance(2 * 3600)


def add_vendor_statement(accounts: Accounts, cluster: str, account: str) -> None:
    """Add a statement for *account* beside that of MSKLink."""
    vendor = {
        "Sid": "Vendor",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ["kafka:CreateVpcConnection", "kafka:DescribeCluster", "kafka:DescribeClusterV2"],
        "Resource": cluster,
    }
    accounts.put_policy(cluster, *accounts.policy(cluster)["Statement"], vendor)


def connect_manually(accounts: Accounts, cluster: str, account: str) -> str:
    """Connect a new VPC of *account*, which the policy must admit; return the connection's ARN."""
    vpc_id = accounts.make_network(account)
    group = accounts.client("ec2", account).create_security_group(
        GroupName="vendor", Description="-", VpcId=vpc_id
    )
    made: str = accounts.client("kafka", account).create_vpc_connection(
        TargetClusterArn=cluster,
        Authentication="SASL_IAM",
        VpcId=vpc_id,
        ClientSubnets=accounts.subnets(account, vpc_id),
        SecurityGroups=[group["GroupId"]],
    )["VpcConnectionArn"]
    accounts.clock.advance(3600)
    return made
