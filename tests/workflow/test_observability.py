"""What the dashboard, alarms and saved queries of the stack name is there once things happened."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from msklink.settings import settings
from tests.support import change_control, dashboard, external_changes, functions
from tests.support.alarms import Alarm
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts
from tests.support.cloudformation import handlers, resources
from tests.support.functions import NAMESPACE, invoke
from tests.support.insights import (
    LAMBDA_FIELDS,
    SYSTEM_FIELDS,
    fields_of,
    matching,
    named_fields,
)
from tests.support.metrics import Point, points_of
from tests.support.step_functions import Engine, tag_event

pytestmark = pytest.mark.xdist_group("observability")

VENDOR = "444444444444"
TAGS = {
    "msklink": "iam",
    "msklink/clients": f"{CLIENT} {OTHER_CLIENT}",
    "msklink/approval": "required",
}
QUERIES = {
    name: query["QueryString"] for name, query in resources("AWS::Logs::QueryDefinition").items()
}


@dataclass
class Seen:
    """What functions have written: metrics and log lines."""

    points: list[Point]
    lines: list[str]
    runs: list[str]


SEEN = pytest.StashKey[Seen]()


@pytest.fixture
def log(accounts: Accounts) -> Iterator[io.StringIO]:  # noqa: ARG001 the environment of the functions
    """Receive the log lines of all functions, which tests otherwise turn off."""
    for module in handlers().values():
        functions.load(module)
    logger = logging.getLogger(NAMESPACE)
    [written] = logger.handlers
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(written.formatter)
    loggers = [logger, *logger.manager.loggerDict.values()]
    quiet = [
        one
        for one in loggers
        if isinstance(one, logging.Logger) and one.name.partition(".")[0] == NAMESPACE
    ]
    levels = [one.level for one in quiet]
    logger.addHandler(handler)
    for one in quiet:
        one.setLevel(logging.INFO)
    yield text
    logger.removeHandler(handler)
    for one, level in zip(quiet, levels, strict=True):
        one.setLevel(level)


def broken(_: dict[str, Any], __: Any) -> None:
    raise RuntimeError("a defect")


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Seen:
    """Return what functions have written in `events`, which happen once in a worker."""
    if SEEN not in request.config.stash:
        request.config.stash[SEEN] = request.getfixturevalue("events")
    return request.config.stash[SEEN]


@pytest.fixture
def events(  # noqa: PLR0917 fixtures have no keywords
    accounts: Accounts,
    engine: Engine,
    stack: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    log: io.StringIO,
) -> Seen:
    """Let everything happen to a cluster that the dashboard and the queries show."""
    runs: list[str] = []

    def sweep() -> None:
        for run in invoke("SweepClustersFunction", {"id": "1"})["runs"]:
            engine.wait(run)
            runs.append(run)

    cluster = accounts.make_cluster(tags=TAGS)
    vpc_id = accounts.make_tagged_vpc(CLIENT)
    accounts.make_tagged_vpc(OTHER_CLIENT, "imam")  # a refusal
    runs += engine.receive(tag_event(cluster))  # a hold
    sweep()
    change_control.set_terms(accounts, cluster, approved="iam")
    runs += engine.receive(tag_event(cluster))
    assert accounts.is_onboarded(CLIENT)
    external_changes.add_to_our_statement(accounts, cluster, VENDOR)
    sweep()  # repairs the policy
    stack(REPAIR="")
    external_changes.overwrite_bootstrap_servers(accounts, CLIENT)
    external_changes.add_vendor_statement(accounts, cluster, VENDOR)
    external_changes.connect_manually(accounts, cluster, VENDOR)
    sweep()  # leaves the parameters, and reports the connection
    with monkeypatch.context() as patch:
        patch.setattr(functions.load("survey_client"), "handler", broken)
        runs += engine.receive(tag_event(cluster))  # fails for the clients
        patch.setattr(functions.load("inspect_cluster"), "handler", broken)
        runs += engine.receive(tag_event(cluster))  # fails as a whole
        sweep()
    accounts.untag_vpc(CLIENT, vpc_id)
    runs += engine.receive(tag_event(cluster))
    accounts.clock.advance(25 * 3600)
    sweep()
    settings.cache_clear()
    points = [*points_of(capsys.readouterr().out.splitlines(), accounts.clock.now())]
    return Seen(points, log.getvalue().splitlines(), runs)


def test_every_metric_of_the_dashboard_and_of_an_alarm_is_emitted(seen: Seen) -> None:
    emitted = {
        (point.namespace, point.name, frozenset(name for name, _ in point.dimensions))
        for point in seen.points
    }
    named = {key for key, _ in dashboard.metrics()}
    for name in resources("AWS::CloudWatch::Alarm"):
        metric = Alarm.of_template(name).metric
        dimensions = frozenset(one["Name"] for one in metric["Dimensions"])
        named.add((metric["Namespace"], metric["MetricName"], dimensions))

    ours = {key for key in named if not key[0].startswith("AWS/")}
    assert ours == emitted
    assert named - ours == {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", frozenset({"QueueName"}))
    }


def test_every_metric_is_of_the_installation_and_of_no_client(seen: Seen) -> None:
    dimensions = {one for point in seen.points for one in point.dimensions}

    assert {value for name, value in dimensions if name == "service"} == {NAMESPACE}
    assert {name for name, _ in dimensions} == {"service", "phase", "state", "code", "what"}
    assert not {value for _, value in dimensions} & {CLIENT, OTHER_CLIENT, VENDOR}


# ---------------------------------------------------------------------------------------- queries


@pytest.mark.parametrize("name", QUERIES)
def test_every_field_of_a_query_is_in_a_log_line(seen: Seen, name: str) -> None:
    logged = {field for line in seen.lines for field in fields_of(line)} | SYSTEM_FIELDS

    named = named_fields(QUERIES[name])

    assert named <= logged | LAMBDA_FIELDS


def test_the_query_for_a_run_finds_its_lines_only(seen: Seen) -> None:
    run = seen.runs[1]

    found = matching(QUERIES["RunQuery"].replace("{{run}}", run), seen.lines)

    assert {one["correlation_id"] for one in found} == {run}
    assert {"cluster inspected", "client surveyed", "round concluded"} <= {
        one["message"] for one in found
    }


def test_the_query_for_a_client_finds_what_concerns_it(seen: Seen) -> None:
    query = QUERIES["ClientQuery"].replace("{{account}}", OTHER_CLIENT)

    found = matching(query, seen.lines)

    assert {"client surveyed", "client refused", "client failed"} <= {
        one["message"] for one in found
    }
    assert all(OTHER_CLIENT in one["@message"] for one in found)
    assert not [one for one in found if "dry_run" in one]


def test_the_query_for_refusals_finds_each_once_with_its_facts(seen: Seen) -> None:
    found = matching(QUERIES["RefusalsQuery"], seen.lines)
    of_other = [one for one in found if one.get("account") == OTHER_CLIENT]

    counted = [point for point in seen.points if point.name == "Refusals"]
    assert len(found) == len(counted)
    assert [one["refusal.code"] for one in of_other] == ["UnknownScheme"]
    assert of_other[0]["vpc_id"].startswith("vpc-")


def test_the_query_for_slow_steps_reads_the_name_of_the_function() -> None:
    """Lambda developer guide, "Configuring CloudWatch log groups": the name of a log stream."""
    pattern = re.search(r"parse @logStream /(.*)/\n", QUERIES["SlowStepsQuery"])
    assert pattern
    stream = "2026/01/01/msklink-SurveyClientFunction-1A2B3C[$LATEST][0123456789abcdef]"

    found = re.search(pattern[1].replace("(?<", "(?P<"), stream)

    assert found
    assert found["step"] == "msklink-SurveyClientFunction-1A2B3C"


def test_the_table_of_sweeps_on_the_dashboard_reads_lines_of_the_sweep(seen: Seen) -> None:
    [table] = dashboard.widgets("log")
    source, _, query = table["query"].partition(" | ")

    found = matching(query, seen.lines)

    assert source == "SOURCE '<FunctionLogs>'"
    assert len(found) == 5
    assert named_fields(query) <= set(found[0]) | SYSTEM_FIELDS
