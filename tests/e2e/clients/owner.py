"""What the owner of the cluster `shipping` prepares, beside tags, for clients by all schemes."""

import json
from dataclasses import dataclass
from typing import Any, Final

from localcloud.cloud import Cloud
from localcloud.logins import OwnerLogins
from tests.e2e.deployed_cluster import CLIENT, DeployedCluster

SCHEMES: Final = ("iam", "scram", "tls")
USER, PASSWORD = "billing", "correct=horse,battery"
PREFIX = "billing."
"""All names of the client begin with it, as in docs/client.md."""


@dataclass(frozen=True)
class Owner:
    cloud: Cloud

    @property
    def logins(self) -> OwnerLogins:
        return OwnerLogins(self.cloud)

    def client(self, service: str) -> Any:
        return self.cloud.client(service, self.cloud.owner)

    def create_cluster(self, authority: str) -> DeployedCluster:
        kafka = self.client("kafka")
        configuration = kafka.create_configuration(
            Name="shipping", ServerProperties=b"allow.everyone.if.no.acl.found=false"
        )
        arn = kafka.create_cluster_v2(
            ClusterName="shipping",
            Tags={"msklink": " ".join(SCHEMES), "msklink/clients": CLIENT},
            Provisioned={
                "KafkaVersion": "3.6.0",
                "NumberOfBrokerNodes": 3,
                "BrokerNodeGroupInfo": {
                    "InstanceType": "kafka.m7g.large",
                    "ClientSubnets": self.cloud.networks[self.cloud.owner].subnet_ids,
                },
                "ClientAuthentication": {
                    "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}},
                    "Tls": {"Enabled": True, "CertificateAuthorityArnList": [authority]},
                    "Unauthenticated": {"Enabled": False},
                },
                "ConfigurationInfo": {"Arn": configuration["Arn"], "Revision": 1},
            },
        )["ClusterArn"]
        return DeployedCluster(self.cloud, arn)

    def allow_access(self) -> None:
        """Define what the client may request for iam."""
        bounds = {"names": [f"{PREFIX}*"], "actions": ["produce", "consume", "create"]}
        self.client("ssm").put_parameter(
            Name=f"/msklink/shipping/access/{CLIENT}", Value=json.dumps(bounds), Type="String"
        )
