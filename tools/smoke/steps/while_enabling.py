"""Ask MSK while MSKLink's update turns on IAM and the brokers reboot."""

from typing import Any

from tools.smoke.accounts import attempt
from tools.smoke.kinds import msk
from tools.smoke.smoke import Smoke
from tools.smoke.steps import first_connection

Json = dict[str, Any]


def look(smoke: Smoke) -> None:
    """Look once; what is answered already is not asked again."""
    info = smoke.cluster()
    operation = _update_in_progress(smoke)
    if operation is None:
        return
    if info["State"] == "UPDATING" and smoke.state.fact("asked_while_busy") is None:
        _ask_for_a_connection(smoke)
    if "active_operation" not in smoke.state.answers:
        during = bool(info.get("ActiveOperationArn"))
        smoke.state.note(operation_during=during)
    if _is_express(info) and "express_stays_active" not in smoke.state.answers:
        smoke.judge(
            "express_stays_active",
            confirmed=info["State"] == "ACTIVE",
            reason=f"during its update the cluster is {info['State']}",
            evidence={"call": "kafka:DescribeClusterV2", "State": info["State"]},
        )


def judge(smoke: Smoke) -> None:
    """Answer what the end of the update shows, for a cluster that is not our own."""
    info, answers = smoke.cluster(), smoke.state.answers
    during, idle = smoke.state.fact("operation_during"), bool(info.get("ActiveOperationArn"))
    if during is not None and "active_operation" not in answers:
        smoke.judge(
            "active_operation",
            confirmed=during and not idle,
            reason=f"{'there' if during else 'absent'} during an update, "
            f"{'there' if idle else 'absent'} after it",
            evidence={"during": during, "after": idle},
        )
    if _is_express(info):
        smoke.confirm("express_brokers", "a client is connected", {"brokers": "Express"})
        return
    for key in ("express_brokers", "express_stays_active"):
        smoke.leave_open(key, "The cluster has Standard brokers; name one with Express brokers.")


def _is_express(info: Json) -> bool:
    nodes = info.get("Provisioned", {}).get("BrokerNodeGroupInfo", {})
    return str(nodes.get("InstanceType", "")).startswith("express.")


def _update_in_progress(smoke: Smoke) -> Json | None:
    operations = smoke.kafka.list_cluster_operations_v2(ClusterArn=smoke.cluster_arn)
    found: list[Json] = operations.get("ClusterOperationInfoList", [])
    return next(
        (
            one
            for one in found
            if one["OperationType"] == "UPDATE_CONNECTIVITY"
            and one["OperationState"] in {"PENDING", "UPDATE_IN_PROGRESS"}
        ),
        None,
    )


def _ask_for_a_connection(smoke: Smoke) -> None:
    """Connect the probe VPC by SCRAM, which is on, while the cluster is UPDATING."""
    if not smoke.has_own_cluster:
        return
    smoke.state.note(asked_while_busy=True)
    asked = attempt(
        smoke.client.client("kafka").create_vpc_connection,
        **first_connection.parameters(smoke, "SASL_SCRAM"),
    )
    smoke.judge(
        "busy_takes_connections",
        confirmed=asked.code == "BadRequestException",
        reason=asked.code or "the connection is made",
        evidence=asked.evidence,
    )
    if asked.answer:
        msk.delete_connection(smoke, "client", asked.answer["VpcConnectionArn"])
