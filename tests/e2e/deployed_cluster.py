"""A cluster in the embedded AWS, and what owner and clients do with it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from localcloud.call_log import Call
from localcloud.cloud import Cloud
from tests.e2e.aws_cli import AwsCli

CLIENT, OTHER = "222222222222", "333333333333"


@dataclass(frozen=True)
class DeployedCluster:
    cloud: Cloud
    arn: str

    def aws(self, account: str) -> AwsCli:
        return AwsCli(self.cloud, account)

    @property
    def owner(self) -> AwsCli:
        return self.aws(self.cloud.owner)

    @property
    def state(self) -> str:
        """The state of the cluster, as MSK has it."""
        msk = self.cloud.client("kafka", self.cloud.owner)
        return str(msk.describe_cluster_v2(ClusterArn=self.arn)["ClusterInfo"]["State"])

    def tag_vpc(self, account: str, value: str, cluster: str = "orders") -> None:
        vpc_id = self.cloud.networks[account].vpc_id
        tag = f"Key=msklink/{cluster},Value={value}"
        self.aws(account)("ec2", "create-tags", "--resources", vpc_id, "--tags", tag)

    def status(self, account: str, cluster: str = "orders") -> dict[str, Any]:
        return status(self.cloud, account, cluster)

    def schemes(self, account: str) -> dict[str, Any]:
        """Return the status of the VPC of *account*, by scheme."""
        return dict(*self.status(account).get("vpcs", {}).values())

    def plan(self, cluster: str, **assumptions: Any) -> dict[str, Any]:
        """Return what PlanCluster answers to a person of the owner team."""
        payload = json.dumps({"cluster": cluster, "if": assumptions})
        with TemporaryDirectory() as folder:
            answer = Path(folder) / "plan.json"
            name = ("--function-name", "msklink-plan-cluster")
            self.owner("lambda", "invoke", *name, "--payload", payload, str(answer))
            planned: dict[str, Any] = json.loads(answer.read_text())
        return planned

    def executions(self) -> list[dict[str, Any]]:
        machine = self.cloud.deployed.owner["StateMachineArn"]
        found: list[dict[str, Any]] = self.cloud.client(
            "stepfunctions", self.cloud.owner
        ).list_executions(stateMachineArn=machine)["executions"]
        return found

    def item(self, cluster_arn: str) -> dict[str, Any]:
        """Return the item of a cluster in the table."""
        found: dict[str, Any] = self.cloud.client("dynamodb", self.cloud.owner).get_item(
            TableName=self.cloud.deployed.owner["TableName"],
            Key={"cluster_arn": {"S": cluster_arn}, "item": {"S": "cluster"}},
            ConsistentRead=True,
        )["Item"]
        return found

    def is_idle(self) -> bool:
        """Return whether every run has ended."""
        return all(found["status"] != "RUNNING" for found in self.executions())

    def calls(self) -> Counter[str]:
        """Count MSKLink's calls so far, by operation."""
        return Counter(call.operation for call in self.calls_of_ours())

    def calls_of_ours(self) -> list[Call]:
        """Return the calls with roles of the stacks; tests name their own sessions `test`."""
        return [
            call
            for call in self.cloud.calls()
            if ":assumed-role/msklink-" in call.principal and not call.principal.endswith("/test")
        ]


def status(cloud: Cloud, account: str, cluster: str) -> dict[str, Any]:
    """Return the status parameter of *cluster* in *account*, empty if there is none."""
    name = f"/msklink/{cluster}/status"
    found = cloud.client("ssm", account).get_parameters(Names=[name])["Parameters"]
    published: dict[str, Any] = json.loads(found[0]["Value"]) if found else {}
    return published


def request(
    cloud: Cloud, account: str, cluster: str, schemes: Sequence[str] = ("iam",), **others: Any
) -> None:
    """Request a connection of the account's VPC by an event; *others* are fields of its detail."""
    detail = _place(cloud, account, cluster, schemes) | others
    _send(cloud, account, "Client Onboarding Requested", detail)


def leave(cloud: Cloud, account: str, cluster: str, schemes: Sequence[str]) -> None:
    """Request the end of connections of the account's VPC by an event."""
    _send(cloud, account, "Client Offboarding Requested", _place(cloud, account, cluster, schemes))


def _place(cloud: Cloud, account: str, cluster: str, schemes: Sequence[str]) -> dict[str, Any]:
    return {"cluster": cluster, "vpc_id": cloud.networks[account].vpc_id, "schemes": schemes}


def _send(cloud: Cloud, account: str, kind: str, detail: dict[str, Any]) -> None:
    entry = {
        "EventBusName": cloud.deployed.bus_arn,
        "Source": "a.team",
        "DetailType": kind,
        "Detail": json.dumps(detail),
    }
    cloud.client("events", account).put_events(Entries=[entry])


def create_cluster(cloud: Cloud, name: str, tags: dict[str, str]) -> str:
    """Create a cluster with IAM on, and return its ARN."""
    made: str = cloud.client("kafka", cloud.owner).create_cluster_v2(
        ClusterName=name,
        Tags=tags,
        Provisioned={
            "KafkaVersion": "3.6.0",
            "NumberOfBrokerNodes": 3,
            "BrokerNodeGroupInfo": {
                "InstanceType": "kafka.m7g.large",
                "ClientSubnets": cloud.networks[cloud.owner].subnet_ids,
            },
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )["ClusterArn"]
    return made


@contextmanager
def unreachable(cloud: Cloud, account: str) -> Iterator[None]:
    """Change the external id in the trust policy of the client role of *account*."""
    iam = cloud.client("iam", account)
    name = "msklink-client-eu-west-1"
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    changed = json.dumps(trust).replace(cloud.deployed.external_id, "another-id")
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=changed)
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
