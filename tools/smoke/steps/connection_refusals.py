"""Connections that MSK should refuse. One that it makes all the same is deleted at once."""

from typing import Any

from tools.smoke.accounts import Account, Outcome, attempt
from tools.smoke.kinds import msk, network
from tools.smoke.smoke import Smoke
from tools.smoke.steps import first_connection
from tools.smoke.steps.network import OWNER_VPC, PROBE_VPC, subnets


def ask(smoke: Smoke) -> None:
    wanted = first_connection.parameters(smoke, "SASL_SCRAM")
    fewer = wanted | {"ClientSubnets": wanted["ClientSubnets"][:1]}
    _ask(smoke, "connection_subnets", smoke.client, fewer, "one subnet of two is enough")
    _ask_without_dns(smoke, wanted)
    own = str(smoke.state.find("vpc", OWNER_VPC))
    in_own = wanted | {
        "VpcId": own,
        "ClientSubnets": subnets(smoke, OWNER_VPC),
        "SecurityGroups": [network.default_group(smoke, "owner", own)],
    }
    _ask(smoke, "connection_own_vpc", smoke.owner, in_own, "it is made")
    _ask_for_a_missing_cluster(smoke)


def _ask(
    smoke: Smoke, key: str, account: Account, parameters: dict[str, Any], accepted: str
) -> Outcome:
    asked = attempt(account.client("kafka").create_vpc_connection, **parameters)
    smoke.judge(
        key,
        confirmed=asked.code == "BadRequestException",
        reason=asked.code or accepted,
        evidence=asked.evidence,
    )
    if asked.answer:
        msk.delete_connection(smoke, account.role, asked.answer["VpcConnectionArn"])
    return asked


def _ask_without_dns(smoke: Smoke, wanted: dict[str, Any]) -> None:
    ec2, vpc_id = smoke.client.client("ec2"), str(smoke.state.find("vpc", PROBE_VPC))
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": False})
    try:
        _ask(smoke, "connection_dns", smoke.client, wanted, "it is made without DNS hostnames")
    finally:
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})


def _ask_for_a_missing_cluster(smoke: Smoke) -> None:
    if not smoke.has_two_accounts:
        smoke.leave_open("missing_cluster", "It needs a second account.")
        return
    arn = smoke.cluster_arn.rpartition("/")[0] + "/00000000-0000-4000-8000-000000000000-1"
    seen = attempt(smoke.client.client("kafka").describe_cluster_v2, ClusterArn=arn)
    smoke.judge(
        "missing_cluster",
        confirmed=seen.code in first_connection.DENIED,
        reason=seen.code or "it is described",
        evidence=seen.evidence,
    )
