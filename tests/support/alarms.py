"""
Evaluate the alarms of the template as CloudWatch does.

CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data": CloudWatch retrieves
more data points than EvaluationPeriods. It evaluates the newest that exist, and fills in missing
ones only where there are too few. How many more it retrieves is not documented; the guide's
examples have two more.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.cloudformation import filled_in, resources, template
from tests.support.metrics import Point

MORE = 2
"""Data points that CloudWatch retrieves beside those of EvaluationPeriods."""

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}

STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Maximum": max,
    "SampleCount": len,
}

DataPoints = list[float | None]
"""One value for each period, the oldest first; None where it is missing."""


@dataclass
class Alarm:
    """An alarm with its properties resolved, and its state."""

    properties: Mapping[str, Any]
    state: str = INSUFFICIENT_DATA
    went: list[str] = field(default_factory=list)
    """The states to which it went, in order."""

    @classmethod
    def of_template(cls, logical_id: str, **values: Any) -> "Alarm":
        """Return the alarm *logical_id* with the defaults of the parameters, or with *values*."""
        return cls(filled_in(resources("AWS::CloudWatch::Alarm")[logical_id], defaults() | values))

    @property
    def count(self) -> int:
        return int(self.properties["EvaluationPeriods"])

    @property
    def period(self) -> timedelta:
        found = self._metric_stat()["Period"]
        return timedelta(seconds=found)

    @property
    def metric(self) -> dict[str, Any]:
        """Its metric, with Namespace, MetricName and Dimensions."""
        return dict(self._metric_stat()["Metric"])

    def evaluate(self, points: Iterable[Point], now: datetime) -> str:
        """Return the state at *now*, and remember it if it has changed."""
        state = self.state_of(self._data(list(points), now))
        if state != self.state:
            self.state = state
            self.went.append(state)
        return state

    def state_of(self, data: DataPoints) -> str:
        """Return the state for the data points of the evaluation range, the newest last."""
        compare = COMPARISONS[self.properties["ComparisonOperator"]]
        threshold = float(self.properties["Threshold"])
        breaching = [compare(one, threshold) for one in data if one is not None][-self.count :]
        if False in breaching:
            return OK
        if len(breaching) == self.count:
            return ALARM
        match self.properties["TreatMissingData"]:
            case "breaching":
                return ALARM
            case "notBreaching":
                return OK
            case "ignore":
                return self.state
        return INSUFFICIENT_DATA

    def _metric_stat(self) -> dict[str, Any]:
        if "Metrics" not in self.properties:
            names = ("Namespace", "MetricName", "Dimensions")
            return {
                "Metric": {name: self.properties[name] for name in names},
                "Stat": self.properties["Statistic"],
                "Period": self.properties["Period"],
            }
        [found] = [one["MetricStat"] for one in self.properties["Metrics"] if "MetricStat" in one]
        return dict(found)

    def _data(self, points: list[Point], now: datetime) -> DataPoints:
        stat = self._metric_stat()
        metric = stat["Metric"]
        wanted = frozenset((one["Name"], one["Value"]) for one in metric["Dimensions"])
        values = [
            point
            for point in points
            if (point.namespace, point.name) == (metric["Namespace"], metric["MetricName"])
            and point.dimensions == wanted
        ]
        periods = range(self.count + MORE, 0, -1)
        data: DataPoints = []
        for number in periods:
            begin, end = now - number * self.period, now - (number - 1) * self.period
            inside = [one.value for one in values if begin < one.at <= end]
            data.append(STATISTICS[stat["Stat"]](inside) if inside else None)
        return self._filled(data) if values else data

    def _filled(self, data: DataPoints) -> DataPoints:
        """Return *data* after the expression FILL of the alarm, if it has one."""
        expressions = [
            one["Expression"] for one in self.properties.get("Metrics", ()) if "Expression" in one
        ]
        if not expressions:
            return data
        [expression] = expressions
        filler = re.fullmatch(r"FILL\(\w+, (\d+)\)", expression)
        assert filler, expression
        return [float(filler[1]) if one is None else one for one in data]


def defaults() -> dict[str, Any]:
    """Return the defaults of the template's parameters."""
    parameters = template()["Parameters"]
    return {name: one["Default"] for name, one in parameters.items() if "Default" in one}
