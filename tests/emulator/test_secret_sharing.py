"""A SCRAM secret of the owner, read by a role of a client account, in the embedded AWS."""

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud
from localcloud.networks import make_network
from tests.emulator.role_builders import error_of, make_role

pytestmark = pytest.mark.xdist_group("secret-sharing")

VALUE = '{"username": "billing", "password": "hunter2"}'
READ = "secretsmanager:GetSecretValue"
Json = dict[str, Any]


@dataclass
class Sharing:
    """A secret of the owner with its key, and a role without permissions in an account."""

    cloud: Cloud
    account: str
    key: str
    secret: str
    role: str
    statements: list[Json] = field(default_factory=list)

    def allow_role(self, action: str, resource: str) -> None:
        self.statements.append({"Effect": "Allow", "Action": action, "Resource": resource})
        self.cloud.client("iam", self.account).put_role_policy(
            RoleName=self.role.rpartition("/")[2],
            PolicyName="application",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": self.statements}),
        )

    def share_secret(self, principal: str | None = None) -> None:
        """Add a statement to the resource policy, as the owner does, and keep that of MSK."""
        manager = self.cloud.client("secretsmanager", self.cloud.owner)
        text = manager.get_resource_policy(SecretId=self.secret).get("ResourcePolicy")
        document = json.loads(text or '{"Version": "2012-10-17", "Statement": []}')
        document["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": principal or self.role},
                "Action": READ,
                "Resource": "*",
            }
        )
        manager.put_resource_policy(SecretId=self.secret, ResourcePolicy=json.dumps(document))

    def share_key(self) -> None:
        kms = self.cloud.client("kms", self.cloud.owner)
        document = json.loads(kms.get_key_policy(KeyId=self.key)["Policy"])
        document["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": self.role},
                "Action": "kms:Decrypt",
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:ViaService": f"secretsmanager.{self.cloud.region}.amazonaws.com"
                    }
                },
            }
        )
        kms.put_key_policy(KeyId=self.key, Policy=json.dumps(document))

    def session(self) -> Any:
        """Return Secrets Manager as a session of the role."""
        issued = self.cloud.client("sts", self.account).assume_role(
            RoleArn=self.role, RoleSessionName="test"
        )["Credentials"]
        return boto3.client(
            "secretsmanager",
            region_name=self.cloud.region,
            endpoint_url=self.cloud.endpoint,
            aws_access_key_id=issued["AccessKeyId"],
            aws_secret_access_key=issued["SecretAccessKey"],
            aws_session_token=issued["SessionToken"],
        )

    def value(self) -> str:
        return str(self.session().get_secret_value(SecretId=self.secret)["SecretString"])

    def refusal(self) -> tuple[str, str]:
        return refusal_of(self.session(), self.secret)


def refusal_of(manager: Any, secret: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        manager.get_secret_value(SecretId=secret)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def make_sharing(cloud: Cloud, account: str, name: str) -> Sharing:
    key = cloud.client("kms", cloud.owner).create_key()["KeyMetadata"]["Arn"]
    secret = cloud.client("secretsmanager", cloud.owner).create_secret(
        Name=f"AmazonMSK_{name}", KmsKeyId=key, SecretString=VALUE
    )["ARN"]
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    role = cloud.client("iam", account).create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )["Role"]["Arn"]
    return Sharing(cloud, account, key, secret, role)


def denied(sharing: Sharing, policy: str) -> tuple[str, str]:
    name = sharing.role.rpartition("/")[2]
    session = f"arn:aws:sts::{sharing.account}:assumed-role/{name}/test"
    return (
        "AccessDeniedException",
        f"User: {session} is not authorized to perform: {READ} on resource: {sharing.secret} "
        f"because no {policy} policy allows the {READ} action",
    )


KMS_DENIED = ("AccessDeniedException", "Access to KMS is not allowed")


def test_a_client_needs_its_own_the_secrets_and_the_keys_policy(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.clients[0], "three-policies")

    assert sharing.refusal() == denied(sharing, "identity-based")
    sharing.allow_role(READ, sharing.secret)
    assert sharing.refusal() == denied(sharing, "resource-based")
    sharing.share_secret()
    assert sharing.refusal() == KMS_DENIED
    sharing.allow_role("kms:Decrypt", sharing.key)
    assert sharing.refusal() == KMS_DENIED
    sharing.share_key()
    assert sharing.value() == VALUE


def test_the_keys_policy_alone_is_not_enough(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.clients[0], "key-policy-alone")
    sharing.allow_role(READ, sharing.secret)
    sharing.share_secret()
    sharing.share_key()

    assert sharing.refusal() == KMS_DENIED

    sharing.allow_role("kms:Decrypt", sharing.key)
    assert sharing.value() == VALUE


def test_a_role_of_the_owner_needs_the_key_too(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.owner, "own-role")

    assert sharing.refusal() == denied(sharing, "identity-based")
    sharing.allow_role(READ, sharing.secret)
    assert sharing.refusal() == KMS_DENIED
    sharing.allow_role("kms:Decrypt", sharing.key)
    assert sharing.value() == VALUE


def test_the_root_of_another_account_needs_the_secrets_policy(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.clients[0], "root")
    root = cloud.client("secretsmanager", cloud.clients[0])

    code, text = refusal_of(root, sharing.secret)
    assert (code, "no resource-based policy allows" in text) == ("AccessDeniedException", True)
    sharing.share_secret(cloud.clients[0])
    assert refusal_of(root, sharing.secret) == KMS_DENIED


def test_a_secret_under_the_default_key_cannot_be_shared(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.clients[0], "default-key")
    sharing.secret = cloud.client("secretsmanager", cloud.owner).create_secret(
        Name="AmazonMSK_default", SecretString=VALUE
    )["ARN"]
    sharing.allow_role(READ, sharing.secret)
    sharing.share_secret()

    code, text = sharing.refusal()

    assert code == "InvalidRequestException"
    assert "different AWS account" in text
    assert cloud.client("secretsmanager", cloud.owner).get_secret_value(SecretId=sharing.secret)


def test_another_accounts_secret_is_named_by_its_arn(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.clients[0], "by-name")
    sharing.allow_role("*", "*")
    sharing.share_secret()
    sharing.share_key()
    assert sharing.value() == VALUE

    code, _ = refusal_of(sharing.session(), "AmazonMSK_by-name")

    assert code == "ResourceNotFoundException"


def test_a_secret_that_does_not_exist_looks_like_one_that_is_not_shared(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.clients[0], "missing")
    sharing.allow_role(READ, "*")
    sharing.secret = sharing.secret.replace("missing", "guessed")

    assert sharing.refusal() == denied(sharing, "resource-based")


def test_msk_reads_the_secret_by_the_statement_that_it_attaches(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.clients[0], "associated")
    sharing.share_secret()
    owner = cloud.client("kafka", cloud.owner)
    cluster = scram_cluster(cloud)

    answer = owner.batch_associate_scram_secret(ClusterArn=cluster, SecretArnList=[sharing.secret])

    assert answer["UnprocessedScramSecrets"] == []
    assert owner.list_scram_secrets(ClusterArn=cluster)["SecretArnList"] == [sharing.secret]
    manager = cloud.client("secretsmanager", cloud.owner)
    policy = json.loads(manager.get_resource_policy(SecretId=sharing.secret)["ResourcePolicy"])
    owners, msk = policy["Statement"]
    assert owners["Principal"] == {"AWS": sharing.role}
    assert (msk["Sid"], msk["Resource"]) == ("AWSKafkaResourcePolicy", sharing.secret)


def test_associating_needs_a_grant_on_the_key(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.owner, "operator")
    cluster = scram_cluster(cloud, "granted")
    sharing.allow_role("kafka:BatchAssociateScramSecret", cluster)
    issued = cloud.client("sts", cloud.owner).assume_role(
        RoleArn=sharing.role, RoleSessionName="test"
    )["Credentials"]
    operator = boto3.client(
        "kafka",
        region_name=cloud.region,
        endpoint_url=cloud.endpoint,
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["SessionToken"],
    )

    with pytest.raises(operator.exceptions.ForbiddenException, match="kms:CreateGrant"):
        operator.batch_associate_scram_secret(ClusterArn=cluster, SecretArnList=[sharing.secret])

    sharing.allow_role("kms:CreateGrant", sharing.key)
    answer = operator.batch_associate_scram_secret(
        ClusterArn=cluster, SecretArnList=[sharing.secret]
    )
    assert answer["UnprocessedScramSecrets"] == []


def test_a_key_policy_may_let_only_aws_services_make_grants(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.owner, "grants")
    cluster, role = scram_cluster(cloud, "grants"), make_role(cloud, cloud.owner, "granter")
    role.allow("kafka:BatchAssociateScramSecret", cluster)
    for_service = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    role.allow("kms:CreateGrant", sharing.key, for_service)

    answer = role.client("kafka").batch_associate_scram_secret(
        ClusterArn=cluster, SecretArnList=[sharing.secret]
    )

    assert answer["UnprocessedScramSecrets"] == []


def test_secrets_are_listed_and_disassociated_by_the_cluster(cloud: Cloud) -> None:
    sharing = make_sharing(cloud, cloud.owner, "listed")
    mine, other = scram_cluster(cloud, "mine"), scram_cluster(cloud, "other")
    owner = cloud.client("kafka", cloud.owner)
    for cluster in (mine, other):
        owner.batch_associate_scram_secret(ClusterArn=cluster, SecretArnList=[sharing.secret])
    role = make_role(cloud, cloud.owner, "lister")
    role.allow(["kafka:ListScramSecrets", "kafka:BatchDisassociateScramSecret"], mine)
    kafka = role.client("kafka")

    assert kafka.list_scram_secrets(ClusterArn=mine)["SecretArnList"] == [sharing.secret]
    kafka.batch_disassociate_scram_secret(ClusterArn=mine, SecretArnList=[sharing.secret])
    assert owner.list_scram_secrets(ClusterArn=mine)["SecretArnList"] == []
    given = {"ClusterArn": other, "SecretArnList": [sharing.secret]}
    for call, params in (
        (kafka.list_scram_secrets, {"ClusterArn": other}),
        (kafka.batch_disassociate_scram_secret, given),
    ):
        assert error_of(call, **params)[0] in {"AccessDeniedException", "ForbiddenException"}
    assert owner.list_scram_secrets(ClusterArn=other)["SecretArnList"] == [sharing.secret]


def scram_cluster(cloud: Cloud, name: str = "orders") -> str:
    owner = cloud.client("kafka", cloud.owner)
    number = len(owner.list_clusters_v2()["ClusterInfoList"])
    network = make_network(cloud.client("ec2", cloud.owner), cloud.owner, number)
    arn = owner.create_cluster_v2(
        ClusterName=name,
        Provisioned={
            "KafkaVersion": "3.8.x",
            "NumberOfBrokerNodes": 3,
            "BrokerNodeGroupInfo": {
                "InstanceType": "kafka.m7g.large",
                "ClientSubnets": network.subnet_ids,
            },
            "ClientAuthentication": {"Sasl": {"Scram": {"Enabled": True}}},
        },
    )["ClusterArn"]
    cloud.until(
        lambda: owner.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]["State"] == "ACTIVE"
    )
    return str(arn)
