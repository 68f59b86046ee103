"""The roles in a client account, and the session policies of each step."""

import json
from typing import Any, NamedTuple, Self

LOOKS = (
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
)

# MSK creates and deletes the endpoint with the permissions of its caller (service authorization
# reference, MSK, dependent actions), so the session needs them as well.
CONNECTING = (
    *LOOKS,
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateSecurityGroup",
    "ec2:CreateTags",
    "ec2:CreateVpcEndpoint",
    "ec2:DeleteVpcEndpoints",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "iam:AttachRolePolicy",
    "iam:CreateServiceLinkedRole",
    "iam:PutRolePolicy",
    "kafka:ListVpcConnections",
)

DELETING = ("kafka:DeleteVpcConnection", "kafka:DescribeVpcConnection")

SCANNING = (
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
)

DISCONNECTING = (
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteVpcEndpoints",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcEndpoints",
    "kafka:ListVpcConnections",
)

WITHDRAWING = ("ssm:DeleteParameters",)

PROBING = ("lambda:GetFunctionConfiguration", "lambda:InvokeFunction")

READING = ("ssm:GetParametersByPath",)

PUBLISHING = ("ssm:AddTagsToResource", "ssm:PutParameter")

Statement = dict[str, Any]


class ClientAccount(NamedTuple):
    """
    One client account in the Region of the owner's installation.

    The scopes are session policies (IAM user guide): a session has only the permissions that both
    its scope and the policy of the role in client.yaml allow. So a fault in one step affects only
    that step and that cluster.
    """

    partition: str
    region: str
    owner: str
    id: str
    namespace: str

    @classmethod
    def beside(cls, arn: str, account: str, namespace: str) -> Self:
        """Return the client *account* of the installation that has the resource *arn*."""
        _, partition, _, region, owner, _ = arn.split(":", 5)
        return cls(partition, region, owner, account, namespace)

    @property
    def role(self) -> str:
        """ARN of the role in client.yaml that does the work."""
        return self._role("client")

    @property
    def presence_role(self) -> str:
        """ARN of the role in client.yaml that shows only that the stack exists."""
        return self._role("presence")

    @property
    def probe(self) -> str:
        """Name of the probe, the function in client.yaml that checks connections inside a VPC."""
        return f"{self.namespace}-probe"

    def _role(self, kind: str) -> str:
        name = f"{self.namespace}-{kind}-{self.region}"
        return f"arn:{self.partition}:iam::{self.id}:role/{name}"

    def scanning(self) -> str:
        """Return the scope of a scan of the account, for all clusters."""
        parameters = f"arn:{self.partition}:ssm:{self.region}:{self.id}:parameter/{self.namespace}"
        return _policy(_allow(SCANNING, "*"), _allow(READING, [parameters]))

    def surveying(self, cluster_name: str) -> str:
        """Return the scope of a step that reads VPCs, writes the status, and claims the name."""
        return _policy(
            _allow(LOOKS, "*"), *self._on_parameters(cluster_name, PUBLISHING + WITHDRAWING)
        )

    def connecting(self, cluster_name: str) -> str:
        """Return the scope of a step that creates groups and connections for one cluster."""
        clusters = f"arn:{self.partition}:kafka:{self.region}:{self.owner}:cluster/{cluster_name}/*"
        return _policy(
            _allow(CONNECTING, "*"),
            _allow(("kafka:CreateVpcConnection",), [clusters, self._connections(cluster_name)]),
            _allow((*DELETING, "kafka:TagResource"), [self._connections(cluster_name)]),
        )

    def disconnecting(self, cluster_name: str) -> str:
        """Return the scope of a step that deletes what was created for one cluster."""
        return _policy(
            _allow(DISCONNECTING, "*"),
            _allow(DELETING, [self._connections(cluster_name)]),
            *self._on_parameters(cluster_name, PUBLISHING + WITHDRAWING),
        )

    def publishing(self, cluster_name: str) -> str:
        """Return the scope of a step that publishes the parameters of a cluster and probes it."""
        probe = f"arn:{self.partition}:lambda:{self.region}:{self.id}:function:{self.probe}"
        users = f"{self._parameters(cluster_name)}/users/*"
        return _policy(
            *self._on_parameters(cluster_name, PUBLISHING),
            _allow(WITHDRAWING, [users]),
            _allow(PROBING, [probe]),
        )

    def _connections(self, cluster_name: str) -> str:
        place = f"arn:{self.partition}:kafka:{self.region}:{self.id}"
        return f"{place}:vpc-connection/{self.owner}/{cluster_name}/*"

    def _parameters(self, cluster_name: str) -> str:
        place = f"arn:{self.partition}:ssm:{self.region}:{self.id}"
        return f"{place}:parameter/{self.namespace}/{cluster_name}"

    def _on_parameters(self, cluster_name: str, actions: tuple[str, ...]) -> list[Statement]:
        """Return statements: reading is allowed on the path, *actions* on parameters below it."""
        path = self._parameters(cluster_name)
        return [_allow(READING, [path]), _allow(actions, [f"{path}/*"])]


def read_only(scope: str) -> str:
    """Return the session policy *scope* without the actions that change something."""
    statements = [
        one | {"Action": actions}
        for one in json.loads(scope)["Statement"]
        if (actions := [action for action in one["Action"] if _reads(action)])
    ]
    return _policy(*statements)


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(("Describe", "Get", "List"))


def _allow(actions: tuple[str, ...], resources: str | list[str]) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _policy(*statements: Statement) -> str:
    document = {"Version": "2012-10-17", "Statement": statements}
    return json.dumps(document, separators=(",", ":"))
