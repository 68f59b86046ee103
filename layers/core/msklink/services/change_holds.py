"""Record and report what waits for the owner's terms, and start a run when a window begins."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aws_lambda_powertools import Logger

from msklink import clock
from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.aws import cluster_item, scheduler, ssm
from msklink.aws.errors import aws_refusals
from msklink.aws.session import AWS_ERRORS
from msklink.change_control.change_request import HeldChange
from msklink.change_control.holds import Hold, RecordedHold, common_holds, freeze_hold
from msklink.cluster.next_move import Move
from msklink.connections.wanted_connections import ClusterFacts
from msklink.errors import Refused
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.task_input import HeldTask, Survey
from msklink.services import notifications
from msklink.settings import settings

logger = Logger(child=True)


def hold_changes(task: HeldTask, record: ClusterRecord) -> dict[str, Any]:
    """
    Record what this run may not do yet, notify the owner once, and return what the run does next.

    A hold that has ended since the run inspected the cluster is not recorded: the run inspects it
    again.
    """
    now = clock.now()
    held = _held_schemes(task)
    if any(hold.is_over(now) for hold in held.values()):
        return {"move": Move.INSPECT}
    holds = []
    for hold, schemes in _reasons(held, task):
        alike = [one for one in record.holds if one.is_like(hold, schemes)]
        since = min((one.since for one in alike), default=now)
        holds.append(RecordedHold(hold=hold, schemes=schemes, since=since))
        if schemes not in {one.schemes for one in alike}:
            _report(task, holds[-1])
    _write_plan(task, record, is_held=bool(holds))
    if tuple(holds) != record.holds:
        cluster_item.record_holds(task.cluster_arn, holds)
    schedule_sweeps(task.cluster, holds)
    return {"move": Move.HOLD if task.freeze else Move.PROCEED}


def _write_plan(task: HeldTask, record: ClusterRecord, *, is_held: bool) -> None:
    """
    Write the plan of what is held into the owner's parameter, and delete it with the last hold.

    It is for people: where AWS refuses it, the run goes on.
    """
    try:
        with aws_refusals():
            if is_held and task.plan:
                ssm.write_plan(task.cluster.name, task.plan.text)
            elif record.holds and not is_held:
                ssm.delete_plan(task.cluster.name)
    except Refused as error:
        logger.warning("plan not written", refusal=error.refusal.model_dump(mode="json"))


def _held_schemes(task: HeldTask) -> dict[Scheme, Hold]:
    """Return the schemes that clients, vendors or a repair need and that wait, with the reason."""
    if "arn" not in task.facts:
        return {}
    facts = ClusterFacts.model_validate(task.facts)
    needed = {scheme for survey in task.surveys for scheme in survey.held}
    needed |= set(facts.waiting)
    return {scheme: hold for scheme, hold in facts.holds.items() if scheme in needed}


def _reasons(
    held: Mapping[Scheme, Hold], task: HeldTask
) -> Iterator[tuple[Hold, tuple[Scheme, ...]]]:
    """Yield each reason once, with its schemes; a freeze is one also where only removals wait."""
    yield from common_holds(task.cluster, settings().namespace, held)
    frozen = freeze_hold(task.freeze, task.cluster)
    if frozen and not held and any(survey.removal_due for survey in task.surveys):
        yield frozen, ()


def _report(task: HeldTask, hold: RecordedHold) -> None:
    waiting = sorted(survey.account for survey in task.surveys if _waits(survey, hold))
    facts = ClusterFacts.model_validate(task.facts) if "arn" in task.facts else None
    is_reboot = facts and not set(hold.schemes) <= set(facts.enabled_schemes)
    held = HeldChange(
        cluster=task.cluster,
        hold=hold,
        accounts=waiting,
        brokers=facts.brokers if facts else 0,
        minutes=facts.update_seconds // 60 if facts and is_reboot else 0,
        window=facts.window if facts else "always",
        freeze=task.freeze,
        plan=task.plan.summary if task.plan else "",
        key=settings().namespace,
    )
    logger.info("held", hold=hold.model_dump(mode="json"), accounts=waiting)
    notifications.connectivity_held(task.run, held)


def _waits(survey: Survey, hold: RecordedHold) -> bool:
    """Return whether a client waits for one of the schemes, or for a removal if there is none."""
    return bool(set(survey.held) & set(hold.schemes)) or (not hold.schemes and survey.removal_due)


def schedule_sweeps(cluster: ClusterArn, holds: Iterable[RecordedHold]) -> None:
    """
    Schedule a sweep at the beginning of each window, unless there is one already.

    Where that fails, the next regular sweep tries it again, or starts the run itself.
    """
    for when in sorted({one.hold.until for one in holds if one.hold.until}):
        try:
            scheduler.sweep_at(f"{cluster.name}-{cluster.uuid[:8]}-{when:%Y%m%d%H%M}", when)
        except AWS_ERRORS as error:
            logger.warning("no sweep scheduled", cluster=cluster.text, error=str(error))
