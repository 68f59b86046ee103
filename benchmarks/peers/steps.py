"""The steps of the page's tutorial that everybody does alike."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.peers.agenda import Work
from benchmarks.peers.audit import granted
from benchmarks.peers.person import Person, code_of
from benchmarks.peers.workload import Request
from msklink.auth_scheme import Scheme
from msklink.aws.msk_clusters import BROKER_STRINGS
from msklink.cluster.description import ClusterDescription
from msklink.policy.document import ACTIONS

PORTS = 14001, 14100


def describe(person: Person) -> Work[ClusterDescription]:
    answer = yield from person.run("kafka", "describe_cluster_v2", ClusterArn=person.cluster)
    return described(answer)


def described(answer: Any) -> ClusterDescription:
    return ClusterDescription.read(answer["ClusterInfo"])


def await_active(person: Person) -> Work[ClusterDescription]:
    answer = yield from person.look_until(
        lambda answer: answer["ClusterInfo"]["State"] == "ACTIVE",
        "kafka",
        "describe_cluster_v2",
        ClusterArn=person.cluster,
    )
    return described(answer)


def read_policy(person: Person) -> Work[tuple[str | None, str | None]]:
    """Return the document of the cluster policy and its version; None for both without one."""
    try:
        answer = yield from person.run("kafka", "get_cluster_policy", ClusterArn=person.cluster)
    except ClientError as error:
        if code_of(error) != "NotFoundException":
            raise
        return None, None
    return answer["Policy"], answer["CurrentVersion"]


def with_account(person: Person, policy: str | None, account: str) -> str:
    """Return the page's policy, for the accounts in *policy* and for *account*."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": sorted(granted(policy) | {account})},
        "Action": list(ACTIONS),
        "Resource": person.cluster,
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(document, separators=(",", ":"))


def connect(
    person: Person, request: Request, vpc_id: str, subnet_ids: Sequence[str], group_id: str
) -> Work[None]:
    """Create the connection and wait for it."""
    created = yield from person.run(
        *("kafka", "create_vpc_connection", request.account),
        TargetClusterArn=person.cluster,
        Authentication=request.scheme.authentication,
        VpcId=vpc_id,
        ClientSubnets=list(subnet_ids),
        SecurityGroups=[group_id],
    )
    yield from person.look_until(
        lambda answer: answer["State"] == "AVAILABLE",
        *("kafka", "describe_vpc_connection", request.account),
        Arn=created["VpcConnectionArn"],
    )


def open_ports(person: Person, account: str, vpc_id: str, group_id: str) -> Work[None]:
    """Let the addresses of the VPC in, on the ports of private connectivity."""
    answer = yield from person.run("ec2", "describe_vpcs", account, VpcIds=[vpc_id])
    [vpc] = answer["Vpcs"]
    low, high = PORTS
    ranges = [{"CidrIp": vpc["CidrBlock"]}]
    yield from person.run(
        "ec2",
        "authorize_security_group_ingress",
        account,
        GroupId=group_id,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": low, "ToPort": high, "IpRanges": ranges}],
    )


def publish(person: Person, request: Request) -> Work[None]:
    """Read the brokers as the client, and write them where its application reads them."""
    answer = yield from person.run(
        "kafka", "get_bootstrap_brokers", request.account, ClusterArn=person.cluster
    )
    yield from person.run(
        *("ssm", "put_parameter", request.account),
        Name=f"/kafka/{request.scheme}/bootstrap.servers",
        Value=answer[BROKER_STRINGS[request.scheme]],
        Type="String",
    )
    person.published(request.account)


def turn_on(person: Person, cluster: ClusterDescription, schemes: Collection[Scheme]) -> Work[None]:
    """Request an update that turns on *schemes*, without waiting; it names no other schemes."""
    on = {"Enabled": True}
    sasl = {
        key: on
        for key, scheme in (("Iam", Scheme.IAM), ("Scram", Scheme.SCRAM))
        if scheme in schemes
    }
    flags = ({"Sasl": sasl} if sasl else {}) | ({"Tls": on} if Scheme.TLS in schemes else {})
    yield from person.run(
        "kafka",
        "update_connectivity",
        ClusterArn=person.cluster,
        CurrentVersion=cluster.version,
        ConnectivityInfo={"VpcConnectivity": {"ClientAuthentication": flags}},
    )
