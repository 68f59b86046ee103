"""What PutClusterPolicy takes and keeps; asked on an own cluster without a policy."""

import json
from typing import Any

from tools.smoke.accounts import Outcome, attempt
from tools.smoke.smoke import Smoke

NOBODY = "AROASMOKETESTNOBODY01"
"""The unique id of a role that does not exist, as a policy shows a deleted one."""

ACTIONS = [
    "kafka:CreateVpcConnection",
    "kafka:GetBootstrapBrokers",
    "kafka:DescribeCluster",
    "kafka:DescribeClusterV2",
]


def ask(smoke: Smoke) -> None:
    kafka, arn = smoke.kafka, smoke.cluster_arn
    attempt(kafka.delete_cluster_policy, ClusterArn=arn)  # of an interrupted step
    text = document(smoke, principals=[smoke.client.id])
    stale = attempt(
        kafka.put_cluster_policy, ClusterArn=arn, Policy=text, CurrentVersion="K000000000000"
    )
    _refused(smoke, "version_without_policy", stale)
    attempt(kafka.delete_cluster_policy, ClusterArn=arn)
    _ask_about_principals(smoke)
    other = arn.rpartition("/")[0] + "/00000000-0000-4000-8000-000000000000-1"
    _refused(smoke, "resource_of_another", put(smoke, document(smoke, resource=other)))
    _ask_about_text(smoke, text)


def document(smoke: Smoke, *, principals: list[str] | None = None, resource: str = "") -> str:
    """Return a policy that lets accounts connect; by default the client account."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principals or [smoke.client.id]},
        "Action": ACTIONS,
        "Resource": resource or smoke.cluster_arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def put(smoke: Smoke, text: str) -> Outcome:
    """Put a policy in place of whatever there is."""
    kafka, arn = smoke.kafka, smoke.cluster_arn
    current = attempt(kafka.get_cluster_policy, ClusterArn=arn).answer or {}
    version = current.get("CurrentVersion")
    more = {"CurrentVersion": version} if version else {}
    return attempt(kafka.put_cluster_policy, ClusterArn=arn, Policy=text, **more)


def _refused(smoke: Smoke, key: str, outcome: Outcome) -> None:
    smoke.judge(
        key,
        confirmed=outcome.code == "BadRequestException",
        reason=outcome.code or "it is accepted",
        evidence=outcome.evidence,
    )


def _ask_about_principals(smoke: Smoke) -> None:
    with_orphan = put(smoke, document(smoke, principals=[NOBODY]))
    named = NOBODY in with_orphan.message
    if with_orphan.accepted:
        reason = "it is accepted"
    else:
        reason = f"{with_orphan.code}, a text that names {'it' if named else 'nobody'}"
    smoke.judge(
        "bad_principal_is_named",
        confirmed=not with_orphan.accepted and not named,
        reason=reason,
        evidence=with_orphan.evidence,
    )
    but: dict[str, Any] = json.loads(document(smoke))
    [statement] = but["Statement"]
    statement["NotPrincipal"] = statement.pop("Principal")
    _refused(smoke, "not_principal", put(smoke, json.dumps(but)))


def _ask_about_text(smoke: Smoke, text: str) -> None:
    """Answer whether GetClusterPolicy returns the text that was put, and delete the policy."""
    kafka, arn = smoke.kafka, smoke.cluster_arn
    done = put(smoke, text)
    if not done.accepted:
        smoke.leave_open("policy_is_normalised", f"{done.code}: {done.message}", done.evidence)
        return
    kept = kafka.get_cluster_policy(ClusterArn=arn)["Policy"]
    smoke.judge(
        "policy_is_normalised",
        confirmed=kept == text,
        reason="the same text" if kept == text else "another text",
        evidence={"put": text, "got": kept},
    )
    kafka.delete_cluster_policy(ClusterArn=arn)
