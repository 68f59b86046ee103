"""
Turn on SCRAM for private connectivity of the own cluster, and ask MSK while its brokers reboot.

SCRAM, so that MSKLink has IAM left to turn on: its update must keep SCRAM as it is.
"""

from datetime import datetime
from typing import Any

from tools.smoke.accounts import Outcome, attempt
from tools.smoke.kinds import msk
from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.steps import cluster, policy_questions, topics
from tools.smoke.steps.fresh import private_schemes

MINUTES = 240
"""A rolling reboot takes 30 to 75 minutes, and longer has been seen."""

Json = dict[str, Any]


def run(smoke: Smoke) -> None:
    if not _is_begun(smoke):
        _ask_for_a_scheme_that_is_off(smoke)
        smoke.state.note(version_before=smoke.cluster()["CurrentVersion"])
        _begin(smoke)
    if "Scram" not in private_schemes(smoke.cluster()):
        _ask_meanwhile(smoke)
    wait_for_update(smoke)
    _judge(smoke)


def authentication(*, iam: bool | None = None, scram: bool = False, tls: bool = False) -> Json:
    """Return ConnectivityInfo with the flags; without *iam* that flag is left out."""
    sasl: Json = {"Scram": {"Enabled": scram}}
    if iam is not None:
        sasl["Iam"] = {"Enabled": iam}
    flags: Json = {"Sasl": sasl} | ({} if iam is None else {"Tls": {"Enabled": tls}})
    return {"VpcConnectivity": {"ClientAuthentication": flags}}


def update(smoke: Smoke, info: Json) -> Outcome:
    """Call UpdateConnectivity with the current version."""
    return attempt(
        smoke.kafka.update_connectivity,
        ClusterArn=smoke.cluster_arn,
        CurrentVersion=smoke.cluster()["CurrentVersion"],
        ConnectivityInfo=info,
    )


def wait_for_update(smoke: Smoke) -> int:
    """Wait until the update has ended, and return its minutes. Raises StepFailed if it failed."""
    begun = datetime.fromisoformat(smoke.state.fact("update_begun"))
    smoke.until(lambda: _has_ended(smoke), "the update has ended", MINUTES)
    minutes = round((smoke.now() - begun).total_seconds() / 60)
    found = operation(smoke)
    if found.get("OperationState") == "UPDATE_FAILED":
        raise StepFailed(
            "UpdateFailed",
            f"the update has failed: {found.get('ErrorInfo')}",
            "Delete everything with make smoke CLEANUP=1, and report it to AWS.",
        )
    return minutes


def operation(smoke: Smoke) -> Json:
    """Return the operation of the last update."""
    arn = smoke.state.fact("update_operation")
    found = attempt(smoke.kafka.describe_cluster_operation_v2, ClusterOperationArn=arn)
    info: Json = (found.answer or {}).get("ClusterOperationInfo", {})
    return info


def _has_ended(smoke: Smoke) -> bool:
    return smoke.is_active() and operation(smoke).get("OperationState", "").endswith(
        ("COMPLETE", "FAILED")
    )


def keep_operation(smoke: Smoke, outcome: Outcome) -> None:
    """Keep what an accepted UpdateConnectivity has begun."""
    assert outcome.answer
    smoke.state.note(
        update_operation=outcome.answer["ClusterOperationArn"],
        update_begun=smoke.now().isoformat(),
    )


def _is_begun(smoke: Smoke) -> bool:
    """Return whether an interrupted step has begun the update."""
    if smoke.state.fact("update_operation"):
        return True
    for one in smoke.kafka.list_cluster_operations_v2(ClusterArn=smoke.cluster_arn).get(
        "ClusterOperationInfoList", []
    ):
        if one["OperationType"] == "UPDATE_CONNECTIVITY":
            smoke.state.note(
                update_operation=one["OperationArn"], update_begun=one["StartTime"].isoformat()
            )
            return True
    return False


def _ask_for_a_scheme_that_is_off(smoke: Smoke) -> None:
    asked = update(smoke, authentication(iam=False, tls=True))
    smoke.judge(
        "unfit_cluster",
        confirmed=asked.code == "BadRequestException",
        reason=asked.code or "an update to a scheme that is off for the cluster is accepted",
        evidence=asked.evidence,
    )
    if asked.accepted:
        keep_operation(smoke, asked)
        wait_for_update(smoke)


def _begin(smoke: Smoke) -> None:
    """Turn on SCRAM; on a cluster without unauthenticated access, if MSK wants it so."""
    mixed = not smoke.state.fact("unmixed")
    asked = update(smoke, authentication(iam=False, scram=True))
    if mixed:
        smoke.judge(
            "mixed_is_refused",
            confirmed=asked.accepted,
            reason=asked.code or "private connectivity is accepted beside unauthenticated access",
            evidence=asked.evidence,
        )
    if not asked.accepted and mixed and asked.code == "BadRequestException":
        _replace_cluster(smoke)
        smoke.state.note(version_before=smoke.cluster()["CurrentVersion"])
        asked = update(smoke, authentication(iam=False, scram=True))
    if not asked.accepted:
        raise StepFailed(
            "UpdateRefused",
            f"MSK does not turn on SCRAM: {asked.code}: {asked.message}",
            "Nothing has rebooted. Delete everything with make smoke CLEANUP=1.",
        )
    keep_operation(smoke, asked)


def _replace_cluster(smoke: Smoke) -> None:
    """Delete the cluster, and create one without unauthenticated access."""
    smoke.say("  a cluster without unauthenticated access takes its place")
    smoke.state.note(unmixed=True)
    entries = [one for one in smoke.state.resources if one["kind"] == "cluster"]
    cluster.make_cluster(smoke)
    for entry in entries:
        msk.KINDS["cluster"].delete(smoke, entry)
        smoke.state.drop(entry)
    smoke.until(smoke.is_active, "the cluster is ACTIVE", cluster.MINUTES)


def _ask_meanwhile(smoke: Smoke) -> None:
    """Ask what MSK does while the update is in progress."""

    def in_progress() -> Json | None:
        info = smoke.cluster()
        return info if info["State"] == "UPDATING" or info.get("ActiveOperationArn") else None

    info = smoke.until(in_progress, "the update is in progress", 10)
    assert info
    smoke.state.note(
        operation_during=bool(info.get("ActiveOperationArn")),
        version_during=info["CurrentVersion"],
        state_during=info["State"],
    )
    put = policy_questions.put(smoke, policy_questions.document(smoke))
    smoke.judge(
        "policy_while_updating",
        confirmed=put.accepted,
        reason=put.code or f"it works while the cluster is {info['State']}",
        evidence=put.evidence,
    )
    created = topics.create(smoke, "smoke-while-updating")
    smoke.judge(
        "topics_while_updating",
        confirmed=created.code == "BadRequestException",
        reason=created.code or "a topic is created",
        evidence=created.evidence,
    )


def _judge(smoke: Smoke) -> None:
    """Answer what the end of the update shows."""
    info, fact = smoke.cluster(), smoke.state.fact
    begun = datetime.fromisoformat(fact("update_begun"))
    if fact("update_minutes") is None:
        smoke.state.note(update_minutes=round((smoke.now() - begun).total_seconds() / 60))
    smoke.state.note(operation_idle=bool(info.get("ActiveOperationArn")))
    if fact("operation_during") is None:
        return  # the step was interrupted, and the update has ended meanwhile
    during, idle = fact("operation_during"), fact("operation_idle")
    smoke.judge(
        "active_operation",
        confirmed=during and not idle,
        reason=f"{'there' if during else 'absent'} during an update, "
        f"{'there' if idle else 'absent'} after it",
        evidence={"during": during, "after": idle, "operation": operation(smoke)},
    )
    versions = [fact("version_before"), fact("version_during"), info["CurrentVersion"]]
    smoke.judge(
        "new_version",
        confirmed=versions[0] == versions[1] != versions[2],
        reason="the version changed "
        + ("at the beginning" if versions[0] != versions[1] else "at the end"),
        evidence={"before": versions[0], "during": versions[1], "after": versions[2]},
    )
