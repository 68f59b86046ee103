"""Build an MSK emulator for tests: an owner, a client, their VPCs, and a manual clock."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from localcloud.msk import (
    Assumptions,
    Caller,
    Durations,
    ManualClock,
    MemoryAuthorities,
    MemoryNetwork,
    MemorySecretStore,
    MemoryTopics,
    Msk,
    MskError,
    Scheme,
    TagChange,
    Vpc,
)
from localcloud.msk.assumptions import DEFAULTS
from localcloud.msk.clock import AS_ON_AWS

REGION = "eu-west-1"
ZONES = ("euw1-az1", "euw1-az2", "euw1-az3")
MINUTE = 60.0
Json = dict[str, Any]


def account(number: str, role: str = "admin") -> Caller:
    return Caller(number, REGION, f"arn:aws:sts::{number}:assumed-role/{role}/session")


OWNER = account("111111111111")
CLIENT = account("222222222222")
OTHER = account("333333333333")

ALL_SCHEMES_ON = {
    "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}},
    "Tls": {"Enabled": True, "CertificateAuthorityArnList": ["arn:aws:acm-pca:::ca"]},
}


def flags(*schemes: Scheme) -> Json:
    """Return ConnectivityInfo with all three flags."""
    return {
        "VpcConnectivity": {
            "ClientAuthentication": {
                "Sasl": {
                    "Iam": {"Enabled": Scheme.IAM in schemes},
                    "Scram": {"Enabled": Scheme.SCRAM in schemes},
                },
                "Tls": {"Enabled": Scheme.TLS in schemes},
            }
        }
    }


def statement(**elements: Any) -> Json:
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": CLIENT.account},
        "Action": ["kafka:*"],
        "Resource": "*",
    }
    return allowed | elements


def policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass
class Emulator:
    """An MSK emulator with two VPCs; its methods build what tests need."""

    assumptions: Assumptions = DEFAULTS
    durations: Durations = AS_ON_AWS
    clock: ManualClock = field(default_factory=ManualClock)
    network: MemoryNetwork = field(default_factory=MemoryNetwork)
    secrets: MemorySecretStore = field(default_factory=MemorySecretStore)
    authorities: MemoryAuthorities = field(default_factory=MemoryAuthorities)
    topics: MemoryTopics = field(default_factory=MemoryTopics)
    tag_changes: list[TagChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.network.add_vpc(OWNER.account, Vpc("vpc-owner"), ZONES)
        self.network.add_vpc(CLIENT.account, Vpc("vpc-client"), ZONES)
        self.msk = Msk(
            self.clock,
            self.network,
            self.durations,
            tag_hooks=[self.tag_changes.append],
            assumptions=self.assumptions,
            secrets=self.secrets,
            authorities=self.authorities,
            topic_store=self.topics,
        )

    def call(self, caller: Caller, operation: str, **params: Any) -> Json:
        return self.msk.call(caller, operation, params)

    def refusal(self, caller: Caller, operation: str, **params: Any) -> MskError:
        with pytest.raises(MskError) as caught:
            self.msk.call(caller, operation, params)
        return caught.value

    def later(self, minutes: float) -> None:
        self.clock.advance(minutes * MINUTE)

    def provisioned(self, **changes: Any) -> Json:
        """Return a block that suits every scheme; *changes* replace its top-level fields."""
        nodes = {
            "InstanceType": "kafka.m7g.large",
            "ClientSubnets": [f"subnet-vpc-owner-{zone}" for zone in ZONES],
        }
        return {
            "KafkaVersion": "3.8.x",
            "NumberOfBrokerNodes": 3,
            "BrokerNodeGroupInfo": nodes,
            "ClientAuthentication": ALL_SCHEMES_ON,
            "ConfigurationInfo": {"Arn": self.configuration(), "Revision": 1},
        } | changes

    def configuration(
        self, properties: bytes = b"allow.everyone.if.no.acl.found=false", name: str = "strict"
    ) -> str:
        """Return the ARN of the configuration called *name*, made if it is not there."""
        for item in self.call(OWNER, "ListConfigurations")["Configurations"]:
            if item["Name"] == name:
                return str(item["Arn"])
        made = self.call(OWNER, "CreateConfiguration", Name=name, ServerProperties=properties)
        return str(made["Arn"])

    def cluster(self, name: str = "orders", **changes: Any) -> str:
        """Create a cluster, wait until it is ACTIVE, and return its ARN."""
        block = self.provisioned(**changes)
        made = self.call(OWNER, "CreateClusterV2", ClusterName=name, Provisioned=block)
        self.later(20)
        return str(made["ClusterArn"])

    def describe(self, arn: str) -> Json:
        info: Json = self.call(OWNER, "DescribeClusterV2", ClusterArn=arn)["ClusterInfo"]
        return info

    def version(self, arn: str) -> str:
        return str(self.describe(arn)["CurrentVersion"])

    def update(self, arn: str, info: Json) -> str:
        """Start an update of the connectivity and return the operation's ARN."""
        answer = self.call(
            OWNER,
            "UpdateConnectivity",
            ClusterArn=arn,
            CurrentVersion=self.version(arn),
            ConnectivityInfo=info,
        )
        return str(answer["ClusterOperationArn"])

    def update_refusal(self, arn: str, info: Json) -> MskError:
        return self.refusal(
            OWNER,
            "UpdateConnectivity",
            ClusterArn=arn,
            CurrentVersion=self.version(arn),
            ConnectivityInfo=info,
        )

    def operation(self, arn: str) -> Json:
        answer = self.call(OWNER, "DescribeClusterOperationV2", ClusterOperationArn=arn)
        info: Json = answer["ClusterOperationInfo"]
        return info

    def private_cluster(self, *schemes: Scheme, name: str = "orders", **changes: Any) -> str:
        """Create a cluster with private connectivity on and a policy that admits the client."""
        arn = self.cluster(name, **changes)
        self.update(arn, flags(*(schemes or (Scheme.IAM,))))
        self.later(45)
        self.call(OWNER, "PutClusterPolicy", ClusterArn=arn, Policy=policy(statement()))
        return arn

    def wanted_connection(self, cluster_arn: str, **changes: Any) -> Json:
        return {
            "TargetClusterArn": cluster_arn,
            "Authentication": "SASL_IAM",
            "VpcId": "vpc-client",
            "ClientSubnets": [f"subnet-vpc-client-{zone}" for zone in ZONES],
            "SecurityGroups": ["sg-vpc-client"],
        } | changes

    def connect(self, cluster_arn: str, **changes: Any) -> str:
        """Ask for a connection as the client and return its ARN."""
        wanted = self.wanted_connection(cluster_arn, **changes)
        return str(self.call(CLIENT, "CreateVpcConnection", **wanted)["VpcConnectionArn"])

    def connection_state(self, arn: str) -> str:
        return str(self.call(CLIENT, "DescribeVpcConnection", Arn=arn)["State"])


def connect_refusal(
    emulator: Emulator, arn: str, caller: Caller = CLIENT, **changes: object
) -> MskError:
    wanted = emulator.wanted_connection(arn, **changes)
    return emulator.refusal(caller, "CreateVpcConnection", **wanted)
