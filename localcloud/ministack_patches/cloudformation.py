"""CloudFormation: add Fn::Join in conditions, which templates use to test for an empty list."""

from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, stacks


def install() -> None:
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
