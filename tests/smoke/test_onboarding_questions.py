"""Questions while MSKLink enables, about a scheme left out, and the question before a reboot."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.smoke.builders import SmokeInMoto
from tests.support.aws_view import TABLE
from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.steps import onboard, while_enabling
from tools.smoke.steps.fresh import private_schemes


def enable_iam(smoke: Smoke) -> None:
    """Turn on IAM beside what is on, as MSKLink does."""
    on = private_schemes(smoke.cluster())
    flags = {"Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": "Scram" in on}}}
    smoke.kafka.update_connectivity(
        ClusterArn=smoke.cluster_arn,
        CurrentVersion=smoke.cluster()["CurrentVersion"],
        ConnectivityInfo={"VpcConnectivity": {"ClientAuthentication": flags}},
    )


@pytest.mark.parametrize(("takes", "verdict"), [(False, "confirmed"), (True, "different")])
def test_a_connection_is_tried_once_while_the_brokers_reboot(
    smoked: SmokeInMoto, takes: bool, verdict: str
) -> None:
    smoked.run("network", "cluster", "update")
    smoked.accounts.msk.assume(busy_takes_connections=takes)
    while_enabling.look(smoked.smoke)
    assert "busy_takes_connections" not in smoked.smoke.state.answers
    enable_iam(smoked.smoke)

    for _ in range(2):
        while_enabling.look(smoked.smoke)

    assert smoked.verdict("busy_takes_connections") == verdict
    client = smoked.smoke.client.client("kafka")
    assert client.list_vpc_connections()["VpcConnections"] == []


@pytest.mark.parametrize(("active", "verdict"), [(True, "confirmed"), (False, "different")])
def test_an_express_cluster_is_looked_at_during_its_update(
    smoked: SmokeInMoto, active: bool, verdict: str
) -> None:
    smoked.accounts.msk.assume(express_stays_active=active)
    smoked.accounts.make_cluster("fast", instance_type="express.m7g.large")
    smoked.run("network", "cluster", cluster="fast")
    enable_iam(smoked.smoke)

    while_enabling.look(smoked.smoke)
    smoked.accounts.clock.advance(7200)
    while_enabling.judge(smoked.smoke)

    assert smoked.verdict("express_stays_active") == verdict
    assert smoked.verdict("express_brokers") == "confirmed"
    assert smoked.verdict("active_operation") == "confirmed"


@pytest.mark.parametrize(
    ("off", "verdicts"),
    [
        (True, {"omitted_scheme_is_off": "confirmed", "connections_switched_off": "confirmed"}),
        (False, {"omitted_scheme_is_off": "different", "connections_switched_off": "not answered"}),
    ],
)
def test_a_scheme_that_an_update_leaves_out_is_asked_about(
    smoked: SmokeInMoto, off: bool, verdicts: dict[str, str]
) -> None:
    smoked.run("network", "cluster", "update")
    enable_iam(smoked.smoke)
    smoked.accounts.clock.advance(7200)
    smoked.accounts.msk.assume(omitted_scheme_is_off=off)

    smoked.run("scheme-off")

    assert smoked.verdicts(verdicts) == verdicts
    client = smoked.smoke.client.client("kafka")
    assert client.list_vpc_connections()["VpcConnections"] == []


def named(smoked: SmokeInMoto, **changes: Any) -> Smoke:
    smoked.accounts.make_cluster("payments", **changes)
    smoked.run("network", "cluster", cluster="payments")
    return smoked.smoke


def test_a_named_cluster_reboots_only_for_a_user_who_types_its_name(smoked: SmokeInMoto) -> None:
    smoke = named(smoked)
    for wrong in ("", "yes", "Payments", "payments-eu"):
        smoked.reader.answers = [wrong]
        with pytest.raises(StepFailed, match="may not reboot"):
            onboard.run(smoke)
        assert smoke.cluster()["Tags"] == {}

    smoked.reader.answers = ["payments"]
    onboard.ask_for_the_reboot(smoke)

    assert "(payments)" in smoked.reader.questions[-1]


@pytest.mark.parametrize("allowed", ["", "payments-eu"])
def test_scripts_need_the_name_of_the_cluster_as_well(smoked: SmokeInMoto, allowed: str) -> None:
    smoke = named(smoked)
    script = replace(smoke, options=replace(smoke.options, yes=True, allow_reboot=allowed))

    with pytest.raises(StepFailed) as caught:
        onboard.run(script)
    assert "--allow-reboot payments" in caught.value.remedy

    onboard.ask_for_the_reboot(
        replace(smoke, options=replace(smoke.options, yes=True, allow_reboot="payments"))
    )


def test_a_named_cluster_without_iam_is_refused_before_anything_is_tagged(
    smoked: SmokeInMoto,
) -> None:
    scram = {"Sasl": {"Scram": {"Enabled": True}}}
    smoke = named(smoked, ClientAuthentication=scram)

    with pytest.raises(StepFailed, match="no IAM"):
        onboard.run(smoke)

    assert smoke.cluster()["Tags"] == {}


@pytest.mark.parametrize("at_work", [True, False])
def test_a_refusal_of_msklink_ends_the_step_once_no_run_is_at_work(
    smoked: SmokeInMoto, at_work: bool
) -> None:
    smoke = named(smoked)
    smoke.state.note(table=TABLE)
    refusal = {"code": "DnsOff", "message": "DNS is off.", "remedy": "Turn it on."}
    status = {"state": "refused", "refusal": refusal}
    ssm = smoked.accounts.client("ssm", smoke.client.id)
    name = f"/{smoke.options.namespace}/payments/status"
    ssm.put_parameter(Name=name, Value=json.dumps(status), Type="String")
    key = {"cluster_arn": {"S": smoke.cluster_arn}, "item": {"S": "cluster"}}
    item = key | ({"holder": {"S": "payments-1"}} if at_work else {})
    smoked.accounts.client("dynamodb").put_item(TableName=TABLE, Item=item)

    if at_work:
        assert not onboard.has_ended_well(smoke, "vpc-1")
    else:
        with pytest.raises(StepFailed, match="DnsOff: DNS is off") as caught:
            onboard.has_ended_well(smoke, "vpc-1")
        assert caught.value.remedy == "Turn it on."
