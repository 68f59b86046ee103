"""Read the metrics that functions emit in CloudWatch's embedded metric format."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Dimensions = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Point:
    """One value of a metric."""

    namespace: str
    name: str
    dimensions: Dimensions
    value: float
    unit: str
    at: datetime


@dataclass
class Metrics:
    """All points so far, as CloudWatch has them."""

    points: list[Point] = field(default_factory=list)

    def read(self, output: str, now: datetime) -> list[Point]:
        """Add the points in what functions wrote to *output* until *now*, and return them."""
        found = [*points_of(output.splitlines(), now)]
        self.points += found
        return found

    def add(self, name: str, value: float, now: datetime, **dimensions: str) -> None:
        """Add a point of a metric of AWS, named like `AWS/SQS NumberOfMessagesSent`."""
        namespace, _, metric = name.partition(" ")
        self.points.append(
            Point(namespace, metric, frozenset(dimensions.items()), value, "None", now)
        )


def points_of(lines: Iterable[str], now: datetime) -> Iterator[Point]:
    """Yield the points in the log lines, with the time of the simulated clock."""
    for line in lines:
        if '"_aws"' not in line:
            continue
        event: dict[str, Any] = json.loads(line)
        for directive in event["_aws"]["CloudWatchMetrics"]:
            for dimensions in directive["Dimensions"]:
                values = frozenset((name, event[name]) for name in dimensions)
                for metric in directive["Metrics"]:
                    found = event[metric["Name"]]
                    for value in found if isinstance(found, list) else [found]:
                        yield Point(
                            directive["Namespace"],
                            metric["Name"],
                            values,
                            value,
                            metric["Unit"],
                            now,
                        )
