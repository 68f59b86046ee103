"""CloudFormation: add what the templates use and MiniStack lacks."""

from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks


def install() -> None:
    _join_in_conditions()
    _save_queries()
    _take_alarms_on_math()


def _join_in_conditions() -> None:
    """Evaluate Fn::Join in conditions, which templates use to test for an empty list."""
    original = engine._evaluate_conditions

    def evaluate(template: dict[str, Any], params: dict[str, Any]) -> Any:
        conditions = _joined(template.get("Conditions", {}), params)
        return original({**template, "Conditions": conditions}, params)

    for module in (engine, changesets, handlers, stacks):
        module._evaluate_conditions = evaluate


def _joined(node: Any, params: dict[str, Any]) -> Any:
    """Return *node* with each Fn::Join of a list parameter evaluated."""
    match node:
        case {"Fn::Join": [separator, {"Ref": name}]}:
            return separator.join(str(params[name]["Value"]).split(","))
        case dict():
            return {key: _joined(value, params) for key, value in node.items()}
        case list():
            return [_joined(value, params) for value in node]
    return node


def _save_queries() -> None:
    """Accept saved queries of CloudWatch Logs Insights, which has no API here."""

    def create(logical_id: str, _: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
        name = f"{stack_name}-{logical_id}"
        return name, {"QueryDefinitionId": name}

    provisioners._RESOURCE_HANDLERS["AWS::Logs::QueryDefinition"] = {
        "create": create,
        "delete": lambda *_: None,
    }


def _take_alarms_on_math() -> None:
    """Create an alarm on an expression of one metric as an alarm on that metric."""
    original = provisioners._cw_metric_alarm_record

    def record(name: str, properties: dict[str, Any]) -> Any:
        queries = properties.get("Metrics", [])
        found = [query["MetricStat"] for query in queries if "MetricStat" in query]
        if len(found) != 1:
            return original(name, properties)
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        [of] = found
        return original(
            name, rest | of["Metric"] | {"Statistic": of["Stat"], "Period": of["Period"]}
        )

    provisioners._cw_metric_alarm_record = record
