"""
Each alarm of the owner stack goes off, and not before, by the metrics that functions emit.

`tests.support.alarms` evaluates them, with the simulated clock.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import change_control, functions
from tests.support.alarms import ALARM, OK, Alarm
from tests.support.aws import CLIENT, Accounts
from tests.support.cloudformation import resources
from tests.support.functions import invoke
from tests.support.metrics import Metrics
from tests.support.step_functions import Engine

TAGS = {"msklink": "iam", "msklink/clients": CLIENT}

EveryHour = Callable[[Alarm, int], list[str]]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def sweep(
    accounts: Accounts, engine: Engine, metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> Callable[[], None]:
    """Sweep, wait for the runs that this starts, also where they fail, and keep the metrics."""

    def sweep() -> None:
        for run in invoke("SweepClustersFunction", {"id": "1"})["runs"]:
            engine.wait(run)
        metrics.read(capsys.readouterr().out, accounts.clock.now())

    return sweep


@pytest.fixture
def hourly(accounts: Accounts, metrics: Metrics, sweep: Callable[[], None]) -> EveryHour:
    """Sweep every hour; return the states of the alarm, evaluated after each sweep."""

    def run(alarm: Alarm, hours: int) -> list[str]:
        states = []
        for _ in range(hours):
            accounts.clock.advance(3600)
            sweep()
            states.append(alarm.evaluate(metrics.points, accounts.clock.now()))
        return states

    return run


# -------------------------------------------------------------------------------- oldest request


def broken(_: dict[str, Any], __: Any) -> None:
    raise RuntimeError("a defect")


def test_a_request_that_is_worked_on_for_too_long_goes_off_until_it_is_done(
    accounts: Accounts, engine: Engine, hourly: EveryHour, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = Alarm.of_template("RequestOverdue", RequestAlarmHours=4)
    cluster = accounts.make_cluster(tags=TAGS)
    accounts.make_tagged_vpc(CLIENT)
    with monkeypatch.context() as patch:
        patch.setattr(functions.load("grant_access"), "handler", broken)
        assert engine.reconcile(cluster) == "FAILED"

        # The update of connectivity took the first minutes.
        assert hourly(alarm, 5) == [OK, OK, OK, ALARM, ALARM]

    hourly(alarm, 3)
    assert accounts.status(CLIENT)["state"] == "published"
    assert alarm.went == [OK, ALARM, OK]


def test_a_request_by_event_that_no_run_processes_goes_off(
    accounts: Accounts, engine: Engine, hourly: EveryHour, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = Alarm.of_template("RequestOverdue", RequestAlarmHours=4)
    accounts.make_cluster(tags=TAGS)
    accounts.deploy_client(CLIENT)
    monkeypatch.setattr(functions.load("inspect_cluster"), "handler", broken)
    engine.receive(
        {
            "id": "1",
            "source": "a.client",
            "detail-type": "Client Onboarding Requested",
            "account": CLIENT,
            "time": accounts.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "detail": {
                "cluster": "orders",
                "vpc_id": accounts.make_network(CLIENT),
                "schemes": ["iam"],
            },
        }
    )

    assert hourly(alarm, 5) == [OK, OK, OK, OK, ALARM]


def test_a_request_that_is_held_or_refused_does_not_go_off(
    accounts: Accounts, engine: Engine, hourly: EveryHour
) -> None:
    alarm = Alarm.of_template("RequestOverdue", RequestAlarmHours=1)
    held = accounts.make_cluster(tags=TAGS | {"msklink/approval": "required"})
    refused = accounts.make_cluster("sales", tags={**TAGS, "msklink": "scram"})
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.client("ec2", CLIENT).create_tags(
        Resources=[vpc_id], Tags=[{"Key": "msklink/sales", "Value": "tls"}]
    )
    engine.reconcile(held)
    engine.reconcile(refused)
    assert accounts.status(CLIENT)["state"] == "waiting"
    assert len(accounts.take_events("Client Refused")) == 1

    assert hourly(alarm, 4) == [OK] * 4


# ----------------------------------------------------------------------------------- oldest hold


def test_a_hold_that_lasts_too_long_goes_off_until_the_owner_lets_it_go(
    accounts: Accounts, engine: Engine, hourly: EveryHour
) -> None:
    alarm = Alarm.of_template("HoldOverdue", HoldAlarmHours=3)
    cluster = accounts.make_cluster(tags=TAGS | {"msklink/approval": "required"})
    accounts.make_tagged_vpc(CLIENT)
    engine.reconcile(cluster)

    assert hourly(alarm, 5) == [OK, OK, OK, ALARM, ALARM]

    change_control.set_terms(accounts, cluster, approved="iam")
    engine.reconcile(cluster)
    assert hourly(alarm, 1) == [OK]


def test_between_two_sweeps_an_alarm_keeps_its_state(
    accounts: Accounts, engine: Engine, metrics: Metrics, hourly: EveryHour
) -> None:
    alarm = Alarm.of_template("HoldOverdue", HoldAlarmHours=1)
    cluster = accounts.make_cluster(tags=TAGS | {"msklink/approval": "required"})
    accounts.make_tagged_vpc(CLIENT)
    engine.reconcile(cluster)
    hourly(alarm, 2)

    accounts.clock.advance(24 * 3600)

    assert alarm.evaluate(metrics.points, accounts.clock.now()) == ALARM
    assert alarm.went == [OK, ALARM]


# ---------------------------------------------------------------------------------------- sweeps


def test_three_periods_without_a_sweep_go_off_until_the_next(
    accounts: Accounts, metrics: Metrics, hourly: EveryHour, sweep: Callable[[], None]
) -> None:
    alarm = Alarm.of_template("SweepMissing")
    assert hourly(alarm, 5) == [OK] * 5

    states = []
    for _ in range(4):
        accounts.clock.advance(3600)
        states.append(alarm.evaluate(metrics.points, accounts.clock.now()))
    assert states == [OK, OK, ALARM, ALARM]

    sweep()
    assert alarm.evaluate(metrics.points, accounts.clock.now()) == OK


def test_a_stack_that_never_sweeps_goes_off(accounts: Accounts, metrics: Metrics) -> None:
    alarm = Alarm.of_template("SweepMissing")

    assert alarm.evaluate(metrics.points, accounts.clock.now()) == ALARM


def test_a_sweep_that_fails_as_a_whole_is_none(
    accounts: Accounts,
    metrics: Metrics,
    hourly: EveryHour,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alarm = Alarm.of_template("SweepMissing")
    hourly(alarm, 3)
    monkeypatch.setattr("msklink.aws.run_state.tracked_clusters", broken)
    for _ in range(3):
        accounts.clock.advance(3600)
        with pytest.raises(TypeError):
            invoke("SweepClustersFunction", {"id": "1"})
        metrics.read(capsys.readouterr().out, accounts.clock.now())

    assert alarm.evaluate(metrics.points, accounts.clock.now()) == ALARM


# ---------------------------------------------------------------------------------------- queues


@pytest.mark.parametrize(
    ("name", "queue"),
    [("EventsUndelivered", "UndeliveredEvents"), ("InvocationsFailed", "FailedInvocations")],
)
def test_a_message_in_a_queue_goes_off_until_it_is_gone(
    accounts: Accounts, metrics: Metrics, name: str, queue: str
) -> None:
    alarm = Alarm.of_template(name)
    assert queue in resources("AWS::SQS::Queue")
    sqs = accounts.client("sqs")
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]

    def measured() -> str:
        """Measure the queue every minute, as SQS does, and evaluate the alarm after a period."""
        for _ in range(6):
            accounts.clock.advance(60)
            found = sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )["Attributes"]
            metrics.add(
                "AWS/SQS ApproximateNumberOfMessagesVisible",
                int(found["ApproximateNumberOfMessages"]),
                accounts.clock.now(),
                QueueName=f"<{queue}.QueueName>",
            )
        return alarm.evaluate(metrics.points, accounts.clock.now())

    assert alarm.evaluate(metrics.points, accounts.clock.now()) == OK
    assert measured() == OK
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert measured() == ALARM
    sqs.purge_queue(QueueUrl=url)
    assert measured() == OK


def test_every_alarm_of_the_owner_stack_is_tested_here() -> None:
    tested = {"RequestOverdue", "HoldOverdue", "SweepMissing"}
    tested |= {"EventsUndelivered", "InvocationsFailed"}

    assert set(resources("AWS::CloudWatch::Alarm")) == tested
