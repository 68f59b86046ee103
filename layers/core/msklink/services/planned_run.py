"""Perform a run as the state machine does, for a dry run in which nothing is changed.

The services decide; only the order of the states stands here again, because the state machine
cannot be executed without its writes. `tests/faults/test_plan.py` compares both.
"""

from collections.abc import Iterable
from itertools import repeat
from typing import Any

from msklink.aws import cluster_item
from msklink.cluster.next_move import Move
from msklink.runs.task_input import (
    AccessRevocation,
    AccountPublication,
    ClientSurvey,
    ClientTask,
    ClusterInspection,
    ConnectionInspection,
    ConnectivityUpdate,
    HeldTask,
    SummaryPublication,
    Survey,
    SurveyedTask,
    Task,
    TopicCreation,
    UserCreation,
)
from msklink.services import (
    change_holds,
    client_survey,
    cluster_inspection,
    connection_inspection,
    connection_removal,
    connection_upkeep,
    connectivity,
    policy_grants,
    publication,
    summary,
    topic_creation,
    user_creation,
    user_removal,
)

RUN = "plan"
"""The name of a planned run, where services need one."""

MOST_ROUNDS = 10
"""Each wait of a run is over at once in a dry run, so more rounds would change nothing."""

MOST_CLOSING = 100
"""Accounts from which one run removes connections, as in the state machine."""


def perform(cluster_arn: str) -> None:
    """Perform a run for the cluster, with the services that its task states call."""
    for _ in repeat(None, MOST_ROUNDS):
        if _go_round(cluster_arn):
            return
    raise RuntimeError(f"a planned run goes round more than {MOST_ROUNDS} times")


def _go_round(cluster_arn: str) -> bool:
    """Perform one round; return whether the run ends with it."""
    task = ClusterInspection(run=RUN, cluster_arn=cluster_arn, waited_seconds=0)
    inspected = cluster_inspection.inspect(task)
    if inspected["move"] == Move.STOP:
        return True
    facts, is_managed = inspected["facts"], inspected["managed"]
    surveys = [
        client_survey.survey_account(
            ClientSurvey(run=RUN, cluster_arn=cluster_arn, facts=facts, **account)
        )
        for account in inspected["accounts"]
    ]
    held = HeldTask(run=RUN, cluster_arn=cluster_arn, surveys=surveys, facts=facts, freeze="")
    change_holds.hold_changes(held, cluster_item.read_cluster(cluster_arn))
    brokers: dict[str, str] = {}
    if is_managed:
        found = _serve_clients(cluster_arn, surveys, facts)
        if found is None:
            return False
        brokers = found
    _close_connections(cluster_arn, surveys)
    if user_removal.is_due(cluster_arn):
        user_removal.remove_users(Task(run=RUN, cluster_arn=cluster_arn))
    summary.publish_summary(
        SummaryPublication(
            run=RUN,
            cluster_arn=cluster_arn,
            bootstrap_brokers=brokers,
            freeze="",
            managed=is_managed,
        )
    )
    return True


def _serve_clients(
    cluster_arn: str, surveys: list[Survey], facts: dict[str, Any]
) -> dict[str, str] | None:
    """Return the brokers that are published; None where the run inspects the cluster again."""
    common = {"run": RUN, "cluster_arn": cluster_arn, "surveys": surveys}
    record = cluster_item.read_cluster(cluster_arn)
    answer = connectivity.enable_schemes(ConnectivityUpdate(**common, facts=facts), record)
    if answer["move"] == Move.WAIT:
        return None
    record = cluster_item.read_cluster(cluster_arn)
    accounts: Iterable[str] = policy_grants.grant(SurveyedTask(**common), record)
    if topic_creation.first_move(cluster_arn, accounts) == Move.CREATE:
        creation = TopicCreation(
            run=RUN, cluster_arn=cluster_arn, accounts=tuple(sorted(accounts)), waited_seconds=0
        )
        topic_creation.create_topics(creation)
    if user_creation.is_needed(cluster_arn, accounts):
        user_creation.create_users(
            UserCreation(run=RUN, cluster_arn=cluster_arn, accounts=tuple(sorted(accounts)))
        )
    for _ in repeat(None, MOST_ROUNDS):
        for account in sorted(accounts):
            connection_upkeep.connect_account(
                ClientTask(run=RUN, cluster_arn=cluster_arn, account=account)
            )
        inspected = connection_inspection.inspect(
            ConnectionInspection(**common, facts=facts, waited_seconds=0)
        )
        if inspected["move"] == Move.PUBLISH:
            break
        accounts = inspected.get("accounts", ())
    brokers: dict[str, str] = inspected["bootstrap_brokers"]
    for account in inspected.get("accounts", ()):
        publication.publish_to_account(
            AccountPublication(
                run=RUN, cluster_arn=cluster_arn, account=account, bootstrap_brokers=brokers
            )
        )
    return brokers


def _close_connections(cluster_arn: str, surveys: list[Survey]) -> None:
    """Remove what is due, until nothing is pending: a dry run deletes at once."""
    closing = [survey.account for survey in surveys if survey.removal_due][:MOST_CLOSING]
    for waited_seconds in (0, 1):
        tasks = [
            ClientTask(run=RUN, cluster_arn=cluster_arn, account=account) for account in closing
        ]
        closing = [task.account for task in tasks if connection_removal.disconnect_account(task)]
        revocation = AccessRevocation(
            run=RUN,
            cluster_arn=cluster_arn,
            surveys=tuple(surveys),
            closing=tuple(closing),
            waited_seconds=waited_seconds,
        )
        policy_grants.revoke(revocation, cluster_item.read_cluster(cluster_arn))
        if not closing:
            return
