"""Read the templates as data; intrinsic functions become `{"Fn::X": …}`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    pass


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1)} if suffix == "GetAtt" else {name: value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template(name: str = "template.yaml") -> dict[str, Any]:
    with (ROOT / name).open() as file:
        parsed: dict[str, Any] = yaml.load(file, _Loader)
    return parsed


def resources(kind: str, name: str = "template.yaml") -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of the type *kind*, by logical id."""
    found: dict[str, dict[str, Any]] = template(name)["Resources"]
    return {
        key: resource["Properties"] for key, resource in found.items() if resource["Type"] == kind
    }


def filled_in(node: Any, values: Mapping[str, Any]) -> Any:
    """Return *node* with its references resolved from *values*; unknown ones become `<Name>`."""
    filled: Any = node
    match node:
        case {"Ref": name}:
            filled = values.get(name, f"<{name}>")
        case {"Fn::GetAtt": [name, attribute]}:
            filled = f"<{name}.{attribute}>"
        case {"Fn::Sub": [text, more]}:
            filled = filled_in({"Fn::Sub": text}, {**values, **filled_in(more, values)})
        case {"Fn::Sub": text}:
            filled = re.sub(r"\$\{(.+?)}", lambda at: str(values.get(at[1], f"<{at[1]}>")), text)
        case {"Fn::If": [condition, yes, no]}:
            filled = filled_in(yes if values.get(condition) else no, values)
        case {"Fn::FindInMap": [name, first, second]}:
            filled = template()["Mappings"][name][first][second]
        case {"Fn::Select": [number, {"Fn::Split": [separator, text]}]}:
            filled = filled_in(text, values).split(separator)[number]
        case dict():
            filled = {key: filled_in(child, values) for key, child in node.items()}
        case list():
            filled = [filled_in(child, values) for child in node]
    return filled


def handlers() -> dict[str, str]:
    """Return the handler module of each function, by logical id."""
    functions = resources("AWS::Serverless::Function")
    return {key: function["Handler"].split(".")[0] for key, function in functions.items()}


def definition_text() -> str:
    return (ROOT / "statemachine/reconcile_cluster.asl.yaml").read_text()


def definition(substitutions: dict[str, str]) -> dict[str, Any]:
    """Return the state machine as CloudFormation reads it: substitute in the text, then parse."""
    text = definition_text()
    for name, value in substitutions.items():
        text = text.replace("${" + name + "}", value)
    parsed: dict[str, Any] = _parsed(text)
    return parsed


# Every test that runs the state machine parses it.
_parsed = cache(yaml.safe_load)
