"""A client process connects to the brokers of the running embedded AWS."""

import json
import ssl
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.msk import Scheme
from localcloud.networks import make_networks
from localcloud.settings import REPOSITORY, clean_environment
from tests.emulator.builders import flags, policy, statement
from tests.emulator.kafka_builders import DEADLINE, RawKafkaClient, token

pytestmark = pytest.mark.xdist_group("kafka-server")

APPLICATION = """
import sys

from localcloud.kafka import resolver

resolver.install()

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.net.sasl.oauth import AbstractTokenProvider

class Token(AbstractTokenProvider):
    def token(self):
        return MSKAuthTokenProvider.generate_auth_token("eu-west-1")[0]

settings = {
    "bootstrap_servers": sys.argv[1].split(","),
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "OAUTHBEARER",
    "sasl_oauth_token_provider": Token(),
}
admin = KafkaAdminClient(**settings)
admin.create_topics([NewTopic("orders", 1, 3)])
admin.close()
with KafkaProducer(**settings) as producer:
    print(producer.send("orders", b"one").get(60).topic)
"""


@dataclass
class Application:
    """A client process with the credentials of a role session in the client's account."""

    cloud: Cloud
    bootstrap: str
    credentials: dict[str, str]

    def run(self) -> str:
        environment = clean_environment(self.cloud.endpoint) | {
            "AWS_ACCESS_KEY_ID": self.credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self.credentials["SessionToken"],
            "AWS_DEFAULT_REGION": self.cloud.region,
        }
        done = subprocess.run(
            [sys.executable, "-c", APPLICATION, self.bootstrap],
            cwd=REPOSITORY,
            env=environment | self.cloud.kafka().environment(),
            capture_output=True,
            text=True,
            timeout=2 * DEADLINE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def application(cloud: Cloud) -> Application:
    client = cloud.clients[0]
    bootstrap = _connected(cloud, client)
    return Application(cloud, bootstrap, _session_of_a_role(cloud, client, "kafka-cluster:*"))


def test_an_application_with_a_role_writes_to_the_published_brokers(
    application: Application,
) -> None:
    assert application.run() == "orders\n"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"session_token": "stolen"}, "malformed or otherwise invalid"),
        ({"secret": "guessed"}, "the signature does not match"),
        ({"key": "ASIAUNKNOWN"}, "access key ASIAUNKNOWN is not known here"),
        ({"key": "222222222222", "secret": "not-a-secret", "session_token": None}, None),
    ],
)
def test_only_credentials_that_this_aws_issued_are_accepted(
    application: Application, changes: dict[str, Any], reason: str | None
) -> None:
    kafka = application.cloud.kafka()
    raw_client = RawKafkaClient(kafka.port, ssl.create_default_context(cafile=kafka.ca_file))
    issued = {
        "key": application.credentials["AccessKeyId"],
        "secret": application.credentials["SecretAccessKey"],
        "session_token": application.credentials["SessionToken"],
    }
    host = application.bootstrap.split(":")[0]

    error = raw_client.authenticate(token(**(issued | changes)), host)

    assert error is None if reason is None else reason in str(error)


def test_a_role_needs_the_permission_in_its_own_policies_too(application: Application) -> None:
    cloud = application.cloud
    may_read = _session_of_a_role(cloud, cloud.clients[0], "kafka-cluster:ReadData")
    kafka = cloud.kafka()
    raw_client = RawKafkaClient(kafka.port, ssl.create_default_context(cafile=kafka.ca_file))
    signed = token(
        key=may_read["AccessKeyId"],
        secret=may_read["SecretAccessKey"],
        session_token=may_read["SessionToken"],
    )

    error = str(raw_client.authenticate(signed, application.bootstrap.split(":")[0]))

    assert "no identity-based policy allows the kafka-cluster:Connect action" in error


def _session_of_a_role(cloud: Cloud, account: str, action: str) -> dict[str, str]:
    """Return credentials of a role that may do *action* on everything."""
    name = f"application-{action.split(':')[1].strip('*')}"
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    iam = cloud.client("iam", account)
    role = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": trust})
    )["Role"]
    allowed = {"Effect": "Allow", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName=name, PolicyName="data", PolicyDocument=document)
    made: dict[str, str] = cloud.client("sts", account).assume_role(
        RoleArn=role["Arn"], RoleSessionName="test"
    )["Credentials"]
    return made


def _connected(cloud: Cloud, client_account: str) -> str:
    """Connect *client_account* to a new cluster, and return the bootstrap string."""
    networks = make_networks(cloud.endpoint)
    owner = cloud.client("kafka", cloud.owner)
    client = cloud.client("kafka", client_account)
    arn = owner.create_cluster_v2(
        ClusterName="orders",
        Provisioned={
            "KafkaVersion": "3.6.0",
            "NumberOfBrokerNodes": 3,
            "BrokerNodeGroupInfo": {
                "InstanceType": "kafka.m7g.large",
                "ClientSubnets": networks[cloud.owner].subnet_ids,
            },
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )["ClusterArn"]

    def cluster() -> Any:
        return owner.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]

    cloud.until(lambda: cluster()["State"] == "ACTIVE")
    owner.update_connectivity(
        ClusterArn=arn,
        CurrentVersion=cluster()["CurrentVersion"],
        ConnectivityInfo=flags(Scheme.IAM),
    )
    cloud.until(lambda: cluster()["State"] == "ACTIVE")
    allowed = statement(Action=["kafka:*", "kafka-cluster:*"])
    owner.put_cluster_policy(ClusterArn=arn, Policy=policy(allowed))
    network = networks[client_account]
    connection = client.create_vpc_connection(
        TargetClusterArn=arn,
        Authentication="SASL_IAM",
        VpcId=network.vpc_id,
        ClientSubnets=network.subnet_ids,
        SecurityGroups=[_default_group(cloud, client_account, network.vpc_id)],
    )["VpcConnectionArn"]
    cloud.until(lambda: client.describe_vpc_connection(Arn=connection)["State"] == "AVAILABLE")
    answer = client.get_bootstrap_brokers(ClusterArn=arn)
    return str(answer["BootstrapBrokerStringVpcConnectivitySaslIam"])


def _default_group(cloud: Cloud, account: str, vpc_id: str) -> str:
    groups = cloud.client("ec2", account).describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
    )["SecurityGroups"]
    return str(groups[0]["GroupId"])
