"""The dashboard, the alarms and the saved queries of the owner stack are ones that AWS accepts."""

import re
from itertools import combinations
from typing import Any

import pytest

from tests.support import dashboard
from tests.support.alarms import Alarm, defaults
from tests.support.cloudformation import ROOT, filled_in, resources, template

ALARMS = resources("AWS::CloudWatch::Alarm")
QUERIES = resources("AWS::Logs::QueryDefinition")
DAY = 86_400


# -------------------------------------------------------------------------------------- dashboard


def test_the_dashboard_shows_every_alarm() -> None:
    [shown] = dashboard.widgets("alarm")

    assert {one.strip("<>").removesuffix(".Arn") for one in shown["alarms"]} == set(ALARMS)


def test_no_widget_covers_another_or_leaves_the_grid() -> None:
    """The grid has 24 columns (CloudWatch API reference, dashboard body structure)."""
    placed = dashboard.body()["widgets"]

    assert all(one["x"] >= 0 and one["x"] + one["width"] <= 24 for one in placed)
    for one, other in combinations(placed, 2):
        is_beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        is_below = (
            one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        )
        assert is_beside or is_below


def test_every_widget_has_a_title_and_each_graph_the_region_of_the_stack() -> None:
    graphs = dashboard.widgets("metric") + dashboard.widgets("log")

    assert all(one["region"] == "eu-west-1" for one in graphs)
    assert all(one["title"] for one in graphs + dashboard.widgets("alarm"))


def test_every_metric_is_of_this_installation_or_of_its_queues() -> None:
    queues = {f"<{name}.QueueName>" for name in resources("AWS::SQS::Queue")}

    for (namespace, name, _), values in dashboard.metrics():
        if namespace == "AWS/SQS":
            assert values["QueueName"] in queues, name
        else:
            assert (namespace, values["service"]) == ("MSKLink", "msklink"), name


def test_the_dashboard_can_be_left_out() -> None:
    [shown] = [
        one for one in template()["Resources"].values() if one["Type"].endswith("::Dashboard")
    ]

    assert template()["Conditions"][shown["Condition"]] == {
        "Fn::Equals": [{"Ref": "Dashboard"}, "true"]
    }


def test_the_names_of_two_dashboards_of_an_account_differ() -> None:
    """Dashboards of all Regions share their names; they may have letters, digits, - and _."""
    [shown] = resources("AWS::CloudWatch::Dashboard").values()
    names = {
        filled_in(shown["DashboardName"], {"Namespace": namespace, "AWS::Region": region})
        for namespace in ("msklink", "n" * 20)
        for region in ("eu-west-1", "us-east-1")
    }

    assert len(names) == 4
    assert all(re.fullmatch(r"[\w-]{1,255}", name) for name in names)


# ----------------------------------------------------------------------------------------- alarms


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_looks_back_no_longer_than_cloudwatch_allows(name: str) -> None:
    """At most a day, or seven days where the period is an hour or longer (API, PutMetricAlarm)."""
    alarm = Alarm.of_template(name)
    parameters = template()["Parameters"]
    periods = ALARMS[name]["EvaluationPeriods"]
    most = parameters[periods["Ref"]]["MaxValue"] if isinstance(periods, dict) else periods
    seconds = alarm.period.total_seconds()

    assert seconds % 60 == 0
    assert most * seconds <= (7 * DAY if seconds >= 3600 else DAY)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_notifies_the_topic_and_names_the_page(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == [{"Ref": "Alerts"}]
    assert "docs/operations.md" in ALARMS[name]["AlarmDescription"]
    assert f"**{name}**" in (ROOT / "docs/operations.md").read_text()


def test_no_sweep_is_missed_before_three_periods_of_the_schedule() -> None:
    values = defaults()
    rate = re.fullmatch(r"rate\((\d+) hours?\)", values["SweepSchedule"])
    assert rate

    assert values["SweepAlarmHours"] == 3 * int(rate[1])


def test_a_week_passes_before_a_hold_is_overdue() -> None:
    """A weekly window is at most a week away."""
    assert defaults()["HoldAlarmHours"] >= 7 * 24


# ---------------------------------------------------------------------------------------- queries


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_names_its_parameters_and_the_log_of_the_functions(name: str) -> None:
    """API reference, QueryParameter: the name of a parameter, and its place in the query."""
    query: dict[str, Any] = QUERIES[name]
    named = set(re.findall(r"\{\{(\w+)}}", query["QueryString"]))

    assert named == {one["Name"] for one in query.get("Parameters", ())}
    assert query["LogGroupNames"] == [{"Ref": "FunctionLogs"}]
    title = filled_in(query["Name"], {"Namespace": "msklink"}).removeprefix("msklink/")
    assert f"**{title}**" in (ROOT / "docs/operations.md").read_text()
