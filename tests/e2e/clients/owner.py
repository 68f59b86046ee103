"""What the owner of the cluster `shipping` prepares, beside tags, for clients by all schemes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    NewTopic,
    ResourcePattern,
    ResourceType,
)
from kafka.admin import ACLResourcePatternType as PatternType

from localcloud.cloud import Cloud
from localcloud.kafka import resolver
from msklink_client.tokens import kafka_python_provider, token_source
from tests.e2e.deployed_cluster import CLIENT, DeployedCluster
from tests.emulator import ca_builders

SCHEMES: Final = ("iam", "scram", "tls")
USER, PASSWORD = "billing", "correct=horse,battery"
PREFIX = "billing."
"""All names of the client begin with it, as in docs/client.md."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Owner:
    cloud: Cloud

    def client(self, service: str) -> Any:
        return self.cloud.client(service, self.cloud.owner)

    def create_authority(self) -> str:
        """Create a root authority that is ACTIVE, and return its ARN."""
        private_ca = self.client("acm-pca")
        arn = ca_builders.create(private_ca)
        ca_builders.activate(private_ca, arn)
        return arn

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

    def associate_secret(self, cluster_arn: str) -> str:
        """Create the SCRAM user of the client, and return the ARN of the secret."""
        arn: str = self.client("secretsmanager").create_secret(
            Name="AmazonMSK_billing",
            KmsKeyId=self.client("kms").create_key()["KeyMetadata"]["Arn"],
            SecretString=json.dumps({"username": USER, "password": PASSWORD}),
        )["ARN"]
        self.client("kafka").batch_associate_scram_secret(
            ClusterArn=cluster_arn, SecretArnList=[arn]
        )
        return arn

    def share_secret(self, arn: str, of_secret: Json, of_key: Json) -> None:
        """Add a statement to the policy of the secret, and one to that of its key."""
        secrets, kms = self.client("secretsmanager"), self.client("kms")
        policy = json.loads(secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"])
        policy["Statement"].append(of_secret)
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps(policy))
        key = secrets.describe_secret(SecretId=arn)["KmsKeyId"]
        policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        policy["Statement"].append(of_key)
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))

    def allow_access(self) -> None:
        """Define what the client may request for iam."""
        bounds = {"names": [f"{PREFIX}*"], "actions": ["produce", "consume", "create"]}
        self.client("ssm").put_parameter(
            Name=f"/msklink/shipping/access/{CLIENT}", Value=json.dumps(bounds), Type="String"
        )

    def prepare_kafka(self, cluster_arn: str, topics: Iterable[str]) -> None:
        """Create *topics*, and ACLs for scram and tls, as an IAM client in the cluster's VPC."""
        servers = self.client("kafka").get_bootstrap_brokers(ClusterArn=cluster_arn)
        sign = token_source(self.cloud.session(self.cloud.owner), self.cloud.region)
        endpoint = self.cloud.kafka()
        with resolver.installed(endpoint.port):
            admin = KafkaAdminClient(
                bootstrap_servers=servers["BootstrapBrokerStringSaslIam"].split(","),
                security_protocol="SASL_SSL",
                sasl_mechanism="OAUTHBEARER",
                sasl_oauth_token_provider=kafka_python_provider(sign),
                ssl_cafile=str(endpoint.ca_file),
            )
            try:
                admin.create_acls([*_acls(f"User:{USER}"), *_acls(f"User:CN={USER}")])
                admin.create_topics([NewTopic(name, 1, 3) for name in topics])
            finally:
                admin.close()


def _acls(principal: str) -> list[ACL]:
    kinds = (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)
    patterns = [ResourcePattern(kind, PREFIX, PatternType.PREFIXED) for kind in kinds]
    allow = (ACLOperation.ALL, ACLPermissionType.ALLOW)
    return [ACL(principal, "*", *allow, pattern) for pattern in patterns]
