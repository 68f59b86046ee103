"""Create the smallest cluster with private connectivity, or take the one that is named."""

from typing import Any

from tools.smoke.accounts import attempt
from tools.smoke.creation import ensure
from tools.smoke.prices import INSTANCE_TYPE, STORAGE_GB, ZONES
from tools.smoke.smoke import Smoke
from tools.smoke.steps import network

MINUTES = 90

PROPERTIES = b"allow.everyone.if.no.acl.found=false\nauto.create.topics.enable=false\n"
"""SCRAM needs the first (MSK developer guide, multi-VPC private connectivity)."""


def run(smoke: Smoke) -> None:
    if smoke.has_own_cluster:
        make_cluster(smoke)
    else:
        smoke.state.note(cluster_arn=network.find_named_cluster(smoke))
    info = smoke.cluster()
    if info["State"] == "CREATING":
        _ask_for_brokers(smoke)
    begun = smoke.now()
    smoke.until(smoke.is_active, "the cluster is ACTIVE", MINUTES)
    if smoke.has_own_cluster:
        passed = (smoke.now() - begun).total_seconds() / 60
        smoke.state.note(creation_minutes=round(passed))
    smoke.say(f"  cluster {smoke.cluster_arn}")


def make_cluster(smoke: Smoke) -> None:
    """
    Create the cluster of the smoke test.

    It has unauthenticated access beside IAM and SCRAM, since whether MSK then allows private
    connectivity is a question. In that case it is created once more without (fact `unmixed`).
    Nobody reaches it: its VPC has no gateway, and without ACLs its topics are closed.
    """

    def create_configuration() -> str:
        made = smoke.kafka.create_configuration(Name=smoke.name, ServerProperties=PROPERTIES)
        return str(made["Arn"])

    configuration = ensure(smoke, "owner", "configuration", smoke.name, create_configuration)
    mixed = not smoke.state.fact("unmixed")
    name = smoke.name if mixed else f"{smoke.name}-2"

    def create() -> str:
        made = smoke.kafka.create_cluster_v2(**description(smoke, name, configuration, mixed=mixed))
        return str(made["ClusterArn"])

    smoke.state.note(cluster_arn=ensure(smoke, "owner", "cluster", name, create))


def description(
    smoke: Smoke, name: str, configuration: str, *, mixed: bool = False
) -> dict[str, Any]:
    """Return the parameters of CreateClusterV2."""
    return {
        "ClusterName": name,
        "Tags": smoke.tags,
        "Provisioned": {
            "KafkaVersion": smoke.options.kafka_version,
            "NumberOfBrokerNodes": ZONES,
            "BrokerNodeGroupInfo": {
                "InstanceType": INSTANCE_TYPE,
                "ClientSubnets": network.subnets(smoke, network.OWNER_VPC),
                "StorageInfo": {"EbsStorageInfo": {"VolumeSize": STORAGE_GB}},
            },
            "ClientAuthentication": {
                "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}},
                "Unauthenticated": {"Enabled": mixed},
            },
            "ConfigurationInfo": {"Arn": configuration, "Revision": 1},
        },
    }


def _ask_for_brokers(smoke: Smoke) -> None:
    found = attempt(smoke.kafka.get_bootstrap_brokers, ClusterArn=smoke.cluster_arn)
    smoke.judge(
        "bootstrap_while_creating",
        confirmed=found.code == "ConflictException",
        reason=found.code or "it was answered",
        evidence=found.evidence,
    )
