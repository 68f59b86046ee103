"""Read which metrics the dashboard of the owner stack shows."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.cloudformation import filled_in, resources
from tests.support.functions import NAMESPACE, REGION

VALUES = {"Namespace": NAMESPACE, "AWS::Region": REGION}

SEARCH = re.compile(
    r"SEARCH\('\{([\w/]+)((?:,\w+)*)\} MetricName=\"(\w+)\" service=\"([\w-]+)\"', '(\w+)', (\d+)\)"
)

MetricKey = tuple[str, str, frozenset[str]]
"""Namespace, name, and names of the dimensions of a metric."""


def body() -> dict[str, Any]:
    [dashboard] = resources("AWS::CloudWatch::Dashboard").values()
    parsed: dict[str, Any] = json.loads(filled_in(dashboard["DashboardBody"], VALUES))
    return parsed


def widgets(kind: str) -> list[dict[str, Any]]:
    """Return the properties of the widgets of the type *kind*."""
    return [one["properties"] for one in body()["widgets"] if one["type"] == kind]


def metrics() -> Iterator[tuple[MetricKey, Mapping[str, str]]]:
    """Yield each metric with the values of its dimensions, as far as the dashboard has them."""
    for widget in widgets("metric"):
        for line in widget["metrics"]:
            namespace, *rest = line
            if isinstance(namespace, dict):
                found = SEARCH.fullmatch(namespace["expression"])
                assert found, namespace["expression"]
                dimensions = frozenset(found[2].strip(",").split(","))
                yield (found[1], found[3], dimensions), {"service": found[4]}
                continue
            name, *pairs = [one for one in rest if isinstance(one, str)]
            values = dict(zip(pairs[::2], pairs[1::2], strict=True))
            yield (namespace, name, frozenset(values)), values
