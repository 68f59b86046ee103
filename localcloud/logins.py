"""
What the owner does so that clients can log in: a CA, a cluster, users, certificates, ACLs.

    python -m localcloud.logins orders billing billing. billing.payments

allows the user `billing` of the cluster `orders`, and the certificate for CN=billing, all topics,
groups and transactional ids that begin with `billing.`, and creates the topic `billing.payments`.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from botocore.credentials import CredentialProvider, Credentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    NewTopic,
    ResourcePattern,
    ResourceType,
)
from kafka.net.sasl.oauth import AbstractTokenProvider

from localcloud.cloud import Cloud
from localcloud.kafka import resolver
from localcloud.settings import settings

ROOT_TEMPLATE = "arn:aws:acm-pca:::template/RootCACertificate/V1"
SIGNING_ALGORITHM = "SHA256WITHRSA"

Json = dict[str, Any]


@dataclass(frozen=True)
class OwnerLogins:
    """The calls of the owner account, in the order of the MSK developer guide."""

    cloud: Cloud

    def make_authority(self, name: str) -> str:
        """Create a private CA that signs its own certificate, and return its ARN."""
        pca = self._client("acm-pca")
        authority: str = pca.create_certificate_authority(
            CertificateAuthorityType="ROOT",
            CertificateAuthorityConfiguration={
                "KeyAlgorithm": "RSA_2048",
                "SigningAlgorithm": SIGNING_ALGORITHM,
                "Subject": {"CommonName": name},
            },
        )["CertificateAuthorityArn"]
        request = pca.get_certificate_authority_csr(CertificateAuthorityArn=authority)["Csr"]
        own = self._issue(
            authority,
            request.encode(),
            Validity={"Type": "YEARS", "Value": 10},
            TemplateArn=ROOT_TEMPLATE,
        )
        pca.import_certificate_authority_certificate(
            CertificateAuthorityArn=authority, Certificate=own["Certificate"].encode()
        )
        return authority

    def make_cluster(self, name: str, authority: str, tags: Mapping[str, str] | None = None) -> str:
        """Ask for a cluster of three brokers where a client needs ACLs, and return its ARN."""
        kafka = self._client("kafka")
        configuration = kafka.create_configuration(
            Name=name, ServerProperties=b"allow.everyone.if.no.acl.found=false"
        )
        arn: str = kafka.create_cluster_v2(
            ClusterName=name,
            Tags=tags or {},
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
        return arn

    def issue_certificate(self, authority: str, name: str, folder: Path) -> tuple[Path, Path]:
        """Return the files of a certificate for CN=*name*, with its chain, and of its key."""
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        signed = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        issued = self._issue(authority, signed, Validity={"Type": "DAYS", "Value": 30})
        files = folder / "certificate.pem", folder / "key.pem"
        files[0].write_text(f"{issued['Certificate']}\n{issued['CertificateChain']}\n")
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def associate_user(self, cluster_arn: str, name: str, password: str) -> str:
        """Create a SCRAM user of the cluster, with a key of its own; return the secret's ARN."""
        key = self._client("kms").create_key()["KeyMetadata"]["Arn"]
        arn: str = self._client("secretsmanager").create_secret(
            Name=f"AmazonMSK_{name}",
            KmsKeyId=key,
            SecretString=json.dumps({"username": name, "password": password}),
        )["ARN"]
        self._client("kafka").batch_associate_scram_secret(
            ClusterArn=cluster_arn, SecretArnList=[arn]
        )
        return arn

    def share_secret(self, arn: str, of_secret: Json, of_key: Json) -> None:
        """Add a statement to the policy of the secret, and one to that of its key."""
        kms, secrets = self._client("kms"), self._client("secretsmanager")
        policy = json.loads(secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"])
        policy["Statement"].append(of_secret)
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps(policy))
        key = secrets.describe_secret(SecretId=arn)["KmsKeyId"]
        policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
        policy["Statement"].append(of_key)
        kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))

    def allow_by_acls(
        self, cluster_arn: str, names: Sequence[str], prefix: str, topics: Sequence[str] = ()
    ) -> None:
        """
        Allow the principals called *names* all that begins with *prefix*; create missing *topics*.

        AWS has no API for ACLs, so this connects as an IAM client in the VPC of the cluster.
        """
        kinds = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID
        acls = [
            ACL(
                f"User:{name}",
                "*",
                ACLOperation.ALL,
                ACLPermissionType.ALLOW,
                ResourcePattern(kind, prefix, ACLResourcePatternType.PREFIXED),
            )
            for name in names
            for kind in kinds
        ]
        with resolver.installed(self.cloud.kafka().port):
            admin = KafkaAdminClient(**owner_settings(self.cloud, cluster_arn))
            try:
                admin.create_acls(acls)
                missing = set(topics) - set(admin.list_topics())
                if missing:  # kafka-python takes no empty list
                    admin.create_topics([NewTopic(name, 1, 3) for name in sorted(missing)])
            finally:
                admin.close()

    def _client(self, service: str) -> Any:
        return self.cloud.client(service, self.cloud.owner)

    def _issue(self, authority: str, request: bytes, **options: Any) -> Json:
        pca = self._client("acm-pca")
        arn = pca.issue_certificate(
            CertificateAuthorityArn=authority,
            Csr=request,
            SigningAlgorithm=SIGNING_ALGORITHM,
            **options,
        )["CertificateArn"]
        found: Json = pca.get_certificate(CertificateAuthorityArn=authority, CertificateArn=arn)
        return found


def owner_settings(cloud: Cloud, cluster_arn: str) -> Json:
    """Return the settings of a client of kafka-python in the VPC of the cluster, by IAM."""
    kafka = cloud.client("kafka", cloud.owner)
    servers = kafka.get_bootstrap_brokers(ClusterArn=cluster_arn)["BootstrapBrokerStringSaslIam"]
    return {
        "bootstrap_servers": servers.split(","),
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_provider": _Tokens(cloud),
        "ssl_cafile": str(cloud.kafka().ca_file),
    }


class _Credentials(CredentialProvider):
    """The credentials of the owner account."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def load(self) -> Credentials | None:
        return self._cloud.session(self._cloud.owner).get_credentials()


class _Tokens(AbstractTokenProvider):  # type: ignore[misc]  # it is not typed
    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def token(self) -> str:
        sign = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider
        token, _expires = sign(self._cloud.region, _Credentials(self._cloud))
        return str(token)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m localcloud.logins")
    parser.add_argument("cluster")
    parser.add_argument("name", help="the SCRAM user, and the CN of the certificate")
    parser.add_argument("prefix", help="what the names of topics and groups begin with")
    parser.add_argument("topics", nargs="*", help="topics to create")
    given = parser.parse_args()
    cloud = Cloud(replace(settings(), port=_port()))
    found = cloud.client("kafka", cloud.owner).list_clusters_v2(ClusterNameFilter=given.cluster)
    arns = {one["ClusterName"]: one["ClusterArn"] for one in found["ClusterInfoList"]}
    if given.cluster not in arns:
        sys.exit(f"there is no cluster {given.cluster} in account {cloud.owner}")
    names = [given.name, f"CN={given.name}"]
    OwnerLogins(cloud).allow_by_acls(arns[given.cluster], names, given.prefix, given.topics)
    sys.stdout.write(f"User:{names[0]} and User:{names[1]} may use {given.prefix}*\n")


def _port() -> int:
    """Return the port of the embedded AWS, in AWS_ENDPOINT_URL as for the AWS CLI."""
    return urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).port or settings().port


def allowed(account: str, action: str) -> Json:
    """Return a statement that allows *action* to all roles of *account* that may do it there."""
    return {"Effect": "Allow", "Principal": {"AWS": account}, "Action": action, "Resource": "*"}


if __name__ == "__main__":
    main()
