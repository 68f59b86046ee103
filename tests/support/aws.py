"""The AWS accounts of the tests, in moto with the MSK emulator: an owner and its clients."""

import contextvars
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest import mock

import boto3
from moto import mock_aws
from moto.core.config import DefaultConfig
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.sts.models import STSBackend

from localcloud.moto_adapter import in_process_msk
from localcloud.msk import Assumptions, Durations, ManualClock, Msk, faults
from localcloud.msk.assumptions import DEFAULTS
from msklink.settings import settings
from tests.support.aws_view import TABLE, AwsView
from tests.support.cloudformation import resources
from tests.support.ec2_locations import ec2_locations
from tests.support.functions import NAMESPACE, OWNER, REGION
from tests.support.moto_speedups import speedups
from tests.support.permission_check import check_permissions
from tests.support.probes import ProbeAnswer, all_checks_pass, probes_in_moto
from tests.support.security_groups import delete_unless_in_use
from tests.support.trust import as_deployed, assume_role_like_aws

CLIENT, OTHER_CLIENT = "222222222222", "333333333333"
EXTERNAL_ID = "an-external-id"
ZONES = ("a", "b", "c")
ALL_SCHEMES_ON = {
    "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}},
    "Tls": {"Enabled": True, "CertificateAuthorityArnList": ["arn:aws:acm-pca:::ca"]},
    "Unauthenticated": {"Enabled": False},
}
"""ClientAuthentication of a cluster that offers every scheme."""

MOTO: DefaultConfig = {
    "stepfunctions": {"execute_state_machine": True},
    "lambda": {"use_docker": False},
}

# Each Wait state costs moto's engine some milliseconds, so most tests have short waits.
SHORT_DURATIONS = Durations(update_connectivity=300, create_connection=30)

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "NAMESPACE": NAMESPACE,
    "TABLE_NAME": TABLE,
    "STACK_NAME": NAMESPACE,
    "EXTERNAL_ID": EXTERNAL_ID,
    "STATE_MACHINE_ARN": f"arn:aws:states:{REGION}:{OWNER}:stateMachine:reconcile",
    "SWEEP_FUNCTION_ARN": f"arn:aws:lambda:{REGION}:{OWNER}:function:msklink-sweep-clusters",
    "SECRETS_KEY_ARN": f"arn:aws:kms:{REGION}:{OWNER}:key/of-users",
    "ROTATE_FUNCTION_ARN": f"arn:aws:lambda:{REGION}:{OWNER}:function:msklink-rotate-password",
    "SCHEDULE_ROLE_ARN": f"arn:aws:iam::{OWNER}:role/msklink/schedule",
    "POWERTOOLS_SERVICE_NAME": NAMESPACE,
    "POWERTOOLS_METRICS_NAMESPACE": "MSKLink",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # thousands, at each start
}


@dataclass(eq=False)
class Accounts(AwsView):
    """The AWS accounts of a test, and what people change there."""

    msk: Msk
    clock: ManualClock
    clients: list[str] = field(default_factory=list)
    ungranted: dict[str, set[str]] = field(default_factory=dict)
    """Actions that a function or the client role used and that no template grants."""
    denied: set[tuple[str, str]] = field(default_factory=set)
    """Operations that are denied to the client role of an account, as (account, operation)."""
    probe_answers: dict[str, ProbeAnswer] = field(default_factory=dict)
    """The answer of the probe in each client account."""
    blocked: set[str] = field(default_factory=set)
    """Client accounts in which a service control policy denies sts:AssumeRole."""

    @cache  # noqa: B019 lives as long as its test
    def session(self, account: str = OWNER) -> boto3.Session:
        """Return a session with all permissions in *account*."""
        if account == OWNER:
            return boto3.Session(region_name=REGION)
        credentials = boto3.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/admin", RoleSessionName="test"
        )["Credentials"]
        return boto3.Session(
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials["SessionToken"],
            region_name=REGION,
        )

    @cache  # noqa: B019 lives as long as its test
    def client(self, service: str, account: str = OWNER) -> Any:
        return self.session(account).client(service)  # type: ignore[call-overload]

    # ------------------------------------------------------------- changes by people

    def deploy_client(self, account: str, external_id: str = EXTERNAL_ID) -> None:
        """Create the roles of client.yaml that have fixed names; the rest of it is not needed."""
        self.clients.append(account)
        for role in resources("AWS::IAM::Role", "client.yaml").values():
            if "RoleName" in role:
                trust = as_deployed(role["AssumeRolePolicyDocument"], external_id)
                self.client("iam", account).create_role(
                    RoleName=as_deployed(role["RoleName"], external_id),
                    AssumeRolePolicyDocument=json.dumps(trust),
                )

    def deploy_probe(
        self, account: str, vpc_id: str, answer: ProbeAnswer = all_checks_pass
    ) -> None:
        """Create the probe function of client.yaml in *vpc_id*, which gives *answer*."""
        self.probe_answers[account] = answer
        role = self.client("iam", account).create_role(
            RoleName="probe", AssumeRolePolicyDocument="{}"
        )["Role"]
        self.client("lambda", account).create_function(
            FunctionName=f"{NAMESPACE}-probe",
            Role=role["Arn"],
            Code={"ZipFile": b"nothing"},
            VpcConfig={"SubnetIds": self.subnets(account, vpc_id), "SecurityGroupIds": ["sg-1"]},
        )

    def remove_client(self, account: str) -> None:
        """Delete the roles of client.yaml."""
        self.clients.remove(account)
        for kind in ("client", "presence"):
            self.client("iam", account).delete_role(RoleName=f"{NAMESPACE}-{kind}-{REGION}")

    def make_network(
        self, account: str, zones: tuple[str, ...] = ZONES, *, ipv6: bool = False
    ) -> str:
        """Create a VPC with DNS on and a subnet in each of *zones*; dual-stack if *ipv6*."""
        ec2 = self.client("ec2", account)
        vpc_id: str = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=ipv6)[
            "Vpc"
        ]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
        for number, zone in enumerate(zones):
            ec2.create_subnet(
                VpcId=vpc_id,
                CidrBlock=f"10.0.{number}.0/24",
                AvailabilityZone=f"{REGION}{zone}",
            )
        return vpc_id

    def vpcs_with_subnets(self, account: str) -> list[str]:
        """Return the ids of the VPCs that the test created, without the default VPC."""
        subnets = self.client("ec2", account).describe_subnets(
            Filters=[{"Name": "default-for-az", "Values": ["false"]}]
        )["Subnets"]
        return sorted({subnet["VpcId"] for subnet in subnets})

    def subnets(self, account: str, vpc_id: str) -> list[str]:
        found = self.client("ec2", account).describe_subnets(
            Filters=[{"Name": "vpc-id", "Values": [vpc_id]}]
        )["Subnets"]
        return [subnet["SubnetId"] for subnet in found]

    def make_cluster(
        self,
        name: str = "orders",
        tags: dict[str, str] | None = None,
        instance_type: str = "kafka.m5.large",
        **changes: Any,
    ) -> str:
        """Create a cluster of three brokers with IAM and SCRAM on, wait until it is ACTIVE."""
        vpc_id = self.make_network(OWNER)
        provisioned = {
            "BrokerNodeGroupInfo": {
                "ClientSubnets": self.subnets(OWNER, vpc_id),
                "InstanceType": instance_type,
            },
            "KafkaVersion": "3.6.0",
            "NumberOfBrokerNodes": 3,
            "ClientAuthentication": {
                "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}},
                "Unauthenticated": {"Enabled": False},
            },
            "ConfigurationInfo": {"Arn": self.make_configuration(), "Revision": 1},
        }
        arn: str = self.client("kafka").create_cluster_v2(
            ClusterName=name, Tags=tags or {}, Provisioned=provisioned | changes
        )["ClusterArn"]
        self.clock.advance(3600)
        return arn

    def make_configuration(self, properties: str = "allow.everyone.if.no.acl.found=false") -> str:
        kafka = self.client("kafka")
        pages = kafka.get_paginator("list_configurations").paginate()
        name = f"acl-{sum(len(page['Configurations']) for page in pages)}"
        arn: str = kafka.create_configuration(Name=name, ServerProperties=properties.encode())[
            "Arn"
        ]
        return arn

    def tag_cluster(self, arn: str, **tags: str) -> None:
        """Tag a cluster; a double underscore in a keyword stands for a slash in the key."""
        self.client("kafka").tag_resource(ResourceArn=arn, Tags=_keys(tags))

    def untag_vpc(self, account: str, vpc_id: str, cluster: str = "orders") -> None:
        self.client("ec2", account).delete_tags(
            Resources=[vpc_id], Tags=[{"Key": f"{NAMESPACE}/{cluster}"}]
        )

    def make_tagged_vpc(self, account: str, value: str = "iam", cluster: str = "orders") -> str:
        """Create a VPC whose tag requests a connection, and the client stack if needed."""
        if account not in self.clients:
            self.deploy_client(account)
        vpc_id = self.make_network(account)
        self.tag_vpc(account, vpc_id, value, cluster)
        return vpc_id

    def put_policy(self, cluster_arn: str, *statements: dict[str, Any]) -> None:
        """Write the cluster policy as the owner would, with *statements* only."""
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        text = json.dumps(document, separators=(",", ":"))
        kafka = self.client("kafka")
        try:
            current = kafka.get_cluster_policy(ClusterArn=cluster_arn)["CurrentVersion"]
        except kafka.exceptions.NotFoundException:
            kafka.put_cluster_policy(ClusterArn=cluster_arn, Policy=text)
        else:
            kafka.put_cluster_policy(ClusterArn=cluster_arn, Policy=text, CurrentVersion=current)

    def tag_vpc(self, account: str, vpc_id: str, value: str, cluster: str = "orders") -> None:
        self.client("ec2", account).create_tags(
            Resources=[vpc_id], Tags=[{"Key": f"{NAMESPACE}/{cluster}", "Value": value}]
        )

    def allow(self, account: str, value: object, cluster: str = "orders") -> None:
        """Write the owner's access bounds for *account*, or for `default`."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.client("ssm").put_parameter(
            Name=f"/{NAMESPACE}/{cluster}/access/{account}",
            Value=text,
            Type="String",
            Overwrite=True,
        )

    def meanwhile(self, operation: str, action: Callable[[], object]) -> None:
        """Run *action* as a person just before the next call of *operation* arrives."""

        def act() -> None:
            contextvars.Context().run(action)

        self.msk.faults.add(faults.meanwhile(operation, act))


def _keys(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", "/"): value for key, value in tags.items()}


@contextmanager
def accounts_in_moto(
    durations: Durations = SHORT_DURATIONS, assumptions: Assumptions = DEFAULTS
) -> Iterator[Accounts]:
    """Yield an owner with the table and the event bus of the template, and no clients yet."""
    clock = ManualClock()
    blocked, denied, probe_answers = set[str](), set[tuple[str, str]](), dict[str, ProbeAnswer]()
    with (
        mock.patch.dict("os.environ", ENVIRONMENT),
        mock_aws(config=MOTO),
        mock.patch.object(STSBackend, "assume_role", assume_role_like_aws(blocked)),
        speedups(),
        mock.patch.object(SecurityGroupBackend, "delete_security_group", delete_unless_in_use),
        ec2_locations(),
        mock.patch("botocore.endpoint.time", mock.Mock(sleep=clock.advance)),
        mock.patch("msklink.clock.now", clock.now),
        probes_in_moto(probe_answers),
        check_permissions(denied) as ungranted,
        in_process_msk(clock, durations, assumptions=assumptions) as msk,
    ):
        settings.cache_clear()
        accounts = Accounts(
            msk,
            clock,
            ungranted=ungranted,
            denied=denied,
            probe_answers=probe_answers,
            blocked=blocked,
        )
        _make_owner_stack(accounts)
        yield accounts


def _make_owner_stack(accounts: Accounts) -> None:
    [table] = resources("AWS::DynamoDB::Table").values()
    accounts.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode=table["BillingMode"],
        KeySchema=table["KeySchema"],
        AttributeDefinitions=table["AttributeDefinitions"],
    )
    events, sqs = accounts.client("events"), accounts.client("sqs")
    events.create_event_bus(Name=NAMESPACE)
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="all", EventBusName=NAMESPACE, EventPattern='{"source": ["msklink"]}')
    events.put_targets(
        Rule="all", EventBusName=NAMESPACE, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}]
    )
