"""Each reason for which nothing happens, found in what was read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from msklink.change_control.plan import Kind, Plan, PlannedClient, Step
from msklink.change_control.terms import STACK_FREEZE
from msklink.connections.record import ProbeResult, State
from msklink.policy.document import SIZE_LIMIT
from msklink.refusals import Code, refuse
from msklink.runs.cluster_record import RunFailure
from msklink_cli.doctor.cluster_rules import of_cluster
from msklink_cli.doctor.installation import (
    NEARLY_ALL_PARAMETERS,
    Installation,
    Rule,
    Trail,
    _logs_writes,
)
from msklink_cli.doctor.installation_rules import of_bus, of_installation
from msklink_cli.findings import Finding, Severity
from msklink_cli.report import ClusterDetail, PolicyReport, Run
from tests.cli.test_report import REFUSED, detail, snapshot
from tests.unit.factories import ARN, CLIENT, NOW, OTHER_CLIENT, connection

HEALTHY = Installation(
    trails=(Trail("all", is_logging=True, has_writes=True),),
    rules=(Rule("default", "msklink-Sweep", is_enabled=True),),
    bus_policy="",
    queues={"FailedInvocations": 0, "UndeliveredEvents": 0},
    alarms={},
    concurrency=1000,
    parameters=12,
    stack_version="0.1.0",
    command_version="0.1.0",
)
CONNECTED = connection(state=State.PUBLISHED)
TAGS = {"msklink": "iam", "msklink/clients": CLIENT}
STEP = Step(call="ssm:PutParameter", account=CLIENT, parameters={}, kind=Kind.REST, reason="-")


def codes(found: Any) -> list[tuple[str, str]]:
    return [(one.code, one.about) for one in found]


def well(**changes: Any) -> ClusterDetail:
    """Return a cluster whose one client is connected, with *changes*."""
    return detail(snapshot(CONNECTED), tags=TAGS).model_copy(update=changes)


def test_a_healthy_installation_has_no_findings() -> None:
    assert not list(of_installation(HEALTHY))
    assert not list(of_cluster(well()))


@pytest.mark.parametrize(
    "trails",
    [
        (),
        (Trail("off", is_logging=False, has_writes=True),),
        (Trail("reads", is_logging=True, has_writes=False),),
        (
            Trail("off", is_logging=False, has_writes=True),
            Trail("reads", is_logging=True, has_writes=False),
        ),
    ],
)
def test_without_a_trail_that_logs_writes_one_source_of_events_is_missing(
    trails: tuple[Trail, ...],
) -> None:
    [found] = of_installation(replace(HEALTHY, trails=trails))

    assert (found.code, found.severity) == ("NoTrail", Severity.WARNING)
    assert all(trail.name in found.message for trail in trails)


@pytest.mark.parametrize(
    ("selectors", "logs"),
    [
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}, True),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}, True),
        (
            {"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]},
            False,
        ),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": False}]}, False),
        (
            {
                "AdvancedEventSelectors": [
                    {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
                ]
            },
            True,
        ),
        (
            {
                "AdvancedEventSelectors": [
                    {
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "readOnly", "Equals": ["true"]},
                        ]
                    },
                    {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]},
                ]
            },
            False,
        ),
        ({}, False),
    ],
)
def test_selectors_of_a_trail_are_read_as_cloudtrail_does(
    selectors: dict[str, Any], logs: bool
) -> None:
    """CloudTrail API reference, EventSelector and AdvancedFieldSelector."""
    assert _logs_writes(selectors) is logs


def test_rules_queues_alarms_and_quotas_are_named() -> None:
    found = list(
        of_installation(
            replace(
                HEALTHY,
                rules=(Rule("msklink", "msklink-Asked", is_enabled=False), *HEALTHY.rules),
                queues={"FailedInvocations": 3, "UndeliveredEvents": 0},
                alarms={"msklink-NoSweep": "No sweep has ended."},
                concurrency=10,
                parameters=NEARLY_ALL_PARAMETERS,
            )
        )
    )

    assert codes(found) == [
        ("RuleDisabled", "msklink-Asked"),
        ("MessagesInQueue", "FailedInvocations"),
        ("AlarmOn", "msklink-NoSweep"),
        ("ParametersNearlyFull", "AWS Systems Manager"),
        ("FewConcurrentExecutions", "AWS Lambda"),
    ]
    assert "--event-bus-name msklink" in found[0].command


@pytest.mark.parametrize(("stack", "said"), [("", "older than 0.1.0"), ("0.2.0", "0.2.0")])
def test_a_command_of_another_version_than_the_owner_stack_is_named(stack: str, said: str) -> None:
    [found] = of_installation(replace(HEALTHY, stack_version=stack))

    assert (found.code, found.severity) == ("VersionsDiffer", Severity.WARNING)
    assert said in found.message


def test_a_disabled_sweep_says_what_does_not_begin() -> None:
    rule = Rule("default", "msklink-SweepClustersFunctionSweep-1", is_enabled=False)

    [found] = of_installation(replace(HEALTHY, rules=(rule,)))

    assert "removals that are due" in found.message


def bus_policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": list(statements)})


@pytest.mark.parametrize(
    ("principal", "missing"),
    [
        ({"AWS": CLIENT}, []),
        ({"AWS": [f"arn:aws:iam::{CLIENT}:root", f"arn:aws-cn:iam::{OTHER_CLIENT}:root"]}, []),
        ("*", []),
        ({"AWS": "*"}, []),
        ({"AWS": OTHER_CLIENT}, [CLIENT]),
        ({"AWS": f"arn:aws:iam::{CLIENT}:role/root"}, [CLIENT]),
        ({"Service": "events.amazonaws.com"}, [CLIENT]),
    ],
)
def test_accounts_that_the_bus_does_not_let_in_are_named(
    principal: Any, missing: list[str]
) -> None:
    policy = bus_policy({"Effect": "Allow", "Action": "events:PutEvents", "Principal": principal})

    assert [one.about for one in of_bus(policy, [CLIENT])] == missing


@pytest.mark.parametrize(
    "policy",
    [
        "",
        bus_policy({"Effect": "Deny", "Action": "events:PutEvents", "Principal": "*"}),
        bus_policy({"Effect": "Allow", "Action": "events:PutRule", "Principal": "*"}),
    ],
)
def test_a_policy_that_allows_no_events_lets_nobody_in(policy: str) -> None:
    assert codes(of_bus(policy, [CLIENT])) == [("AccountCannotSendEvents", CLIENT)]


def only(found: ClusterDetail, **others: Any) -> Finding:
    [one] = of_cluster(found, **others)
    return one


@pytest.mark.parametrize(
    ("changes", "code", "command"),
    [
        ({"managed": False, "asked": ""}, "NotOptedIn", "msklink enable orders auto"),
        ({"refusals": (REFUSED,)}, REFUSED.code, ""),
        (
            {"run": Run(name="o-7", status="ABORTED", since=NOW, phase=None, expected=None)},
            "LeaseOfDeadRun",
            "",
        ),
        (
            {"failure": RunFailure(run="o-7", status="FAILED", state="Conclude", ended=NOW)},
            "RunFailed",
            "msklink runs orders o-7",
        ),
        (
            {"policy": PolicyReport(bytes=int(SIZE_LIMIT * 0.95), accounts=())},
            "PolicyNearlyFull",
            "",
        ),
        ({"listed": (CLIENT, OTHER_CLIENT)}, "NothingAsked", ""),
        ({"freeze": "tag msklink/freeze of the cluster"}, "Frozen", "msklink thaw orders"),
        ({"freeze": STACK_FREEZE}, "Frozen", ""),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_reason_in_the_cluster_is_found(changes: dict[str, Any], code: str, command: str) -> None:
    found = only(well(**changes))

    assert (found.code, found.command) == (code, command)
    assert found.remedy


def test_a_run_at_work_is_no_finding() -> None:
    run = Run(name="o-7", status="RUNNING", since=NOW, phase=None, expected=None)

    assert not list(of_cluster(well(run=run)))


def test_refusals_and_failed_checks_of_clients_are_found() -> None:
    probe = ProbeResult(at=NOW, good=False, servers="b", layer="tcp", detail="none", remedy="Open.")
    found = detail(
        snapshot(
            connection(state=State.REFUSED, refusal=REFUSED),
            connection(vpc_id="vpc-2", state=State.FAILED, failure="It failed."),
            connection(vpc_id="vpc-3", state=State.PUBLISHED, probe_result=probe),
        ),
        tags=TAGS,
    )

    assert [one.code for one in of_cluster(found)] == [
        REFUSED.code,
        "ConnectionFailed",
        "CheckFailed",
    ]


def test_an_account_that_is_not_listed_gets_the_command_that_lists_it() -> None:
    found = only(well(), account=OTHER_CLIENT)

    assert found.code == Code.ACCOUNT_NOT_ALLOWED
    assert found.command == f"msklink allow orders {OTHER_CLIENT}"


def planned(**changes: Any) -> Plan:
    return Plan(cluster=ARN, asked={}, **changes)


def test_what_no_run_has_begun_is_found_by_the_plan() -> None:
    assert only(well(), plan=planned(steps=(STEP,))).code == "ChangesPending"
    assert not list(of_cluster(well(), planned()))


def test_what_is_refused_now_is_found_once() -> None:
    missing = refuse(Code.CLIENT_STACK_MISSING, role="r", account=OTHER_CLIENT, owner="1")
    client = PlannedClient(
        account=OTHER_CLIENT, vpc_id="", scheme="", subnets=(), security_groups=(), refusal=missing
    )
    of_now = well(listed=(CLIENT, OTHER_CLIENT))
    known = connection(
        account=OTHER_CLIENT, vpc_id="", scheme=None, state=State.REFUSED, refusal=missing
    )
    recorded = detail(snapshot(CONNECTED, known), tags=TAGS)

    assert only(of_now, plan=planned(clients=(client,))).code == Code.CLIENT_STACK_MISSING
    assert only(recorded, plan=planned(clients=(client,))).code == Code.CLIENT_STACK_MISSING
