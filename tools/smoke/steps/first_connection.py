"""The first connection right after its policy: whether MSK makes it at once, or when."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tools.smoke.accounts import Outcome, attempt
from tools.smoke.kinds import network
from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.steps import policy_questions
from tools.smoke.steps.network import PROBE_VPC, subnets

FIRST_SCHEME = "SASL_SCRAM"
PAUSE_SECONDS = 5
MOST_SECONDS = 600
MSKLINK_WAITS_SECONDS = 40
"""How long MSKLink repeats a call that is denied."""

ROLE_TEXT = "ervice-linked role"
"""What MSKLink recognizes (layers/core/msklink/aws/msk_vpc_connections.py)."""

DENIED = frozenset({"ForbiddenException", "AccessDeniedException", "UnauthorizedException"})
SECOND_ACCOUNT = "The cluster policy matters to a second account only."


def prepare(smoke: Smoke) -> None:
    """Have no policy, so that the one that is put next is new."""
    if smoke.has_two_accounts and not smoke.state.find("connection", PROBE_VPC):
        attempt(smoke.kafka.delete_cluster_policy, ClusterArn=smoke.cluster_arn)
        smoke.clock.sleep(60)


def parameters(smoke: Smoke, scheme: str) -> dict[str, Any]:
    """Return the parameters of CreateVpcConnection for the probe VPC."""
    vpc_id = str(smoke.state.find("vpc", PROBE_VPC))
    return {
        "TargetClusterArn": smoke.cluster_arn,
        "Authentication": scheme,
        "VpcId": vpc_id,
        "ClientSubnets": subnets(smoke, PROBE_VPC),
        "SecurityGroups": [network.default_group(smoke, "client", vpc_id)],
        "Tags": smoke.tags,
    }


def creation(smoke: Smoke, scheme: str) -> Callable[[], str]:
    """Return a function that puts the policy and makes the connection, as soon as MSK lets it."""

    def create() -> str:
        wanted = parameters(smoke, scheme)
        if smoke.has_two_accounts:
            policy_questions.put(smoke, policy_questions.document(smoke))
        kafka, begun, tried = smoke.client.client("kafka"), smoke.now(), list[Outcome]()
        while True:
            tried.append(attempt(kafka.create_vpc_connection, **wanted))
            passed = (smoke.now() - begun).total_seconds()
            if not _may_pass(tried[-1]) or passed > MOST_SECONDS:
                break
            smoke.clock.sleep(PAUSE_SECONDS)
        if scheme == FIRST_SCHEME:
            _judge(smoke, tried, begun)
        if (made := tried[-1]).answer is None:
            raise StepFailed(
                "ConnectionRefused",
                f"MSK does not make the connection: {made.code}: {made.message}",
                "Delete everything with make smoke CLEANUP=1.",
            )
        return str(made.answer["VpcConnectionArn"])

    return create


def _may_pass(outcome: Outcome) -> bool:
    return outcome.code in DENIED or ROLE_TEXT in outcome.message


def _judge(smoke: Smoke, tried: list[Outcome], begun: datetime) -> None:
    seconds = round((smoke.now() - begun).total_seconds())
    made = tried[-1].accepted
    denials = [one for one in tried if one.code in DENIED]
    evidence = [tried[0].evidence, tried[-1].evidence] if len(tried) > 1 else tried[0].evidence
    if smoke.has_two_accounts:
        reason = f"after {seconds} seconds" if denials else "at once"
        smoke.judge(
            "policy_delay_seconds",
            confirmed=made and not denials,
            reason=f"it is in force {reason}" if made else f"not {reason}",
            evidence=evidence,
        )
        in_time = made and (not denials or seconds <= MSKLINK_WAITS_SECONDS)
        smoke.judge("C1", confirmed=in_time, reason=f"allowed {reason}", evidence=evidence)
    else:
        for key in ("policy_delay_seconds", "C1"):
            smoke.leave_open(key, SECOND_ACCOUNT)
    if smoke.state.fact("had_service_role"):
        for key in ("role_delay_seconds", "C2"):
            smoke.leave_open(key, "The account had the service-linked role already.")
        return
    about_role = [one for one in tried if ROLE_TEXT in one.message]
    smoke.judge(
        "role_delay_seconds",
        confirmed=made and not about_role,
        reason=f"it took {seconds} seconds until the role was there" if about_role else "at once",
        evidence=evidence,
    )
    known = all(one.accepted or _may_pass(one) for one in tried)
    last = tried[-1]
    reason = "it is made" if made else f"{last.code}: {last.message}"
    smoke.judge("C2", confirmed=known, reason=reason, evidence=evidence)
