"""Connect a VPC to the own cluster by MSK's API alone, and ask MSK at each stage."""

from typing import Any

from tools.smoke.accounts import attempt
from tools.smoke.creation import ensure
from tools.smoke.kinds import msk
from tools.smoke.smoke import Smoke
from tools.smoke.steps import connection_refusals, first_connection, policy_questions
from tools.smoke.steps.network import PROBE_VPC

AVAILABLE_MINUTES = 60
IN_FORCE_MINUTES = 15
SETTLED_SECONDS = 120
"""After which a removed statement would have taken effect."""

EXPECTED_MINUTES = {"creation_minutes": 20, "update_minutes": 45, "connection_minutes": 4}
"""Of the embedded AWS, for a cluster of this size."""

Json = dict[str, Any]


def run(smoke: Smoke) -> None:
    first_connection.prepare(smoke)
    drop_if_deleting(smoke)
    arn = make(smoke, "SASL_SCRAM")
    if msk.connection_state(smoke, "client", arn) == "CREATING":
        arn = _ask_while_creating(smoke, arn)
    wait_until_available(smoke, arn)
    _ask_while_available(smoke, arn)
    _ask_while_deleting(smoke, arn)
    connection_refusals.ask(smoke)
    _judge_durations(smoke)


def make(smoke: Smoke, scheme: str) -> str:
    """Return the connection of the probe VPC, created unless it exists."""
    create = first_connection.creation(smoke, scheme)
    begun = smoke.now()
    arn = ensure(smoke, "client", "connection", PROBE_VPC, create)
    if smoke.state.fact("connection_begun") is None:
        smoke.state.note(connection_begun=begun.isoformat())
    return arn


def wait_until_available(smoke: Smoke, arn: str) -> None:
    begun = smoke.now()
    smoke.until(
        lambda: msk.connection_state(smoke, "client", arn) == "AVAILABLE",
        "the connection is AVAILABLE",
        AVAILABLE_MINUTES,
    )
    if smoke.state.fact("connection_minutes") is None:
        minutes = round((smoke.now() - begun).total_seconds() / 60)
        smoke.state.note(connection_minutes=minutes)


def drop(smoke: Smoke) -> None:
    """Forget the connection, which is gone."""
    for entry in [one for one in smoke.state.resources if one["kind"] == "connection"]:
        smoke.state.drop(entry)


def drop_if_deleting(smoke: Smoke) -> None:
    """Wait for the end of a connection that an interrupted step was deleting, and forget it."""
    arn = smoke.state.find("connection", PROBE_VPC)
    if arn and msk.connection_state(smoke, "client", arn) in {None, "DELETING"}:
        msk.delete_connection(smoke, "client", arn)
        drop(smoke)


def _ask_while_creating(smoke: Smoke, arn: str) -> str:
    info = smoke.cluster()
    idle = smoke.state.fact("operation_idle")
    smoke.judge(
        "C7",
        confirmed=not info.get("ActiveOperationArn") and not idle,
        reason=f"{'there' if info.get('ActiveOperationArn') else 'absent'} while a connection is "
        f"made, {'there' if idle else 'absent'} when idle",
        evidence={"call": "kafka:DescribeClusterV2", "state": info["State"], "idle": idle},
    )
    _ask_for_a_second(smoke, "CREATING")
    deleted = attempt(smoke.client.client("kafka").delete_vpc_connection, Arn=arn)
    smoke.judge(
        "deletion_while_creating",
        confirmed=deleted.code == "BadRequestException",
        reason=deleted.code or "it is deleted",
        evidence=deleted.evidence,
    )
    if deleted.accepted:
        msk.delete_connection(smoke, "client", arn)
        drop(smoke)
        return make(smoke, "SASL_SCRAM")
    return arn


def _ask_for_a_second(smoke: Smoke, stage: str) -> None:
    """Ask for the same connection again; one that MSK makes is deleted."""
    parameters = first_connection.parameters(smoke, "SASL_SCRAM")
    asked = attempt(smoke.client.client("kafka").create_vpc_connection, **parameters)
    made_before = stage == "DELETING" and smoke.state.fact("second_was_made")
    if not made_before:
        smoke.state.note(second_was_made=asked.accepted)
        smoke.judge(
            "second_connection",
            confirmed=asked.code == "BadRequestException",
            reason=f"{asked.code or 'it is made'}, while the first is {stage}",
            evidence=asked.evidence,
        )
    if asked.answer:
        msk.delete_connection(smoke, "client", asked.answer["VpcConnectionArn"])


def _ask_while_available(smoke: Smoke, arn: str) -> None:
    operations = smoke.kafka.list_cluster_operations_v2(ClusterArn=smoke.cluster_arn)
    kinds = {one["OperationType"] for one in operations["ClusterOperationInfoList"]}
    smoke.judge(
        "connection_operations",
        confirmed="CREATE_VPC_CONNECTION" in kinds and smoke.cluster()["State"] == "ACTIVE",
        reason=f"the types are {', '.join(sorted(kinds))}",
        evidence={"call": "kafka:ListClusterOperationsV2", "types": sorted(kinds)},
    )
    if not smoke.has_two_accounts:
        smoke.leave_open("shown_by_policy", "It needs a second account.")
        smoke.leave_open("statement_removed", "It needs a second account.")
        return
    seen = attempt(smoke.client.client("kafka").describe_cluster_v2, ClusterArn=smoke.cluster_arn)
    info = (seen.answer or {}).get("ClusterInfo", {})
    zones = info.get("Provisioned", {}).get("BrokerNodeGroupInfo", {}).get("ZoneIds")
    smoke.judge(
        "shown_by_policy",
        confirmed=bool(zones and info.get("Tags")),
        reason=seen.code or f"zones: {bool(zones)}, tags: {bool(info.get('Tags'))}",
        evidence=seen.evidence,
    )
    attempt(smoke.kafka.delete_cluster_policy, ClusterArn=smoke.cluster_arn)
    smoke.clock.sleep(SETTLED_SECONDS)
    state = msk.connection_state(smoke, "client", arn)
    smoke.judge(
        "statement_removed",
        confirmed=state == "AVAILABLE",
        reason=f"two minutes later the connection is {state}",
        evidence={"call": "kafka:DescribeVpcConnection", "State": state},
    )
    policy_questions.put(smoke, policy_questions.document(smoke))
    describe = smoke.client.client("kafka").describe_cluster_v2
    smoke.until(
        lambda: attempt(describe, ClusterArn=smoke.cluster_arn).accepted,
        "the policy is in force again",
        IN_FORCE_MINUTES,
        every=5,
    )


def _ask_while_deleting(smoke: Smoke, arn: str) -> None:
    ec2, vpc_id = smoke.client.client("ec2"), smoke.state.find("vpc", PROBE_VPC)
    attempt(smoke.client.client("kafka").delete_vpc_connection, Arn=arn)
    if msk.connection_state(smoke, "client", arn) == "DELETING":
        here = [{"Name": "vpc-id", "Values": [vpc_id]}]
        left = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
        states = sorted(one["State"] for one in left)
        smoke.judge(
            "endpoint_gone",
            confirmed=not set(states) - {"deleting", "deleted"},
            reason=f"while the connection is DELETING it is {', '.join(states) or 'gone'}",
            evidence={"call": "ec2:DescribeVpcEndpoints", "states": states},
        )
        _ask_for_a_second(smoke, "DELETING")
    msk.delete_connection(smoke, "client", arn)
    drop(smoke)


def _judge_durations(smoke: Smoke) -> None:
    """Compare times with those of the embedded AWS; up to twice as long is as expected."""
    seen = {name: smoke.state.fact(name) for name in EXPECTED_MINUTES}
    known = {name: minutes for name, minutes in seen.items() if minutes is not None}
    long = [name for name, minutes in known.items() if minutes > 2 * EXPECTED_MINUTES[name]]
    words = ", ".join(f"{name.removesuffix('_minutes')} {known[name]} min" for name in known)
    smoke.judge("durations", confirmed=not long, reason=words, evidence=seen)
