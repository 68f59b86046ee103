"""Read the Terraform module as data, with given values for its references."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2

_WHOLE = re.compile(r"\$\{([^${}]+)}")


class Module:
    """
    The blocks of the files in *folder*.

    *values* are the values of references such as `var.namespace`. Locals are resolved. Any other
    reference raises KeyError, and so does any function but jsonencode.
    """

    def __init__(self, folder: Path, values: Mapping[str, Any]) -> None:
        self._blocks: dict[str, list[dict[str, Any]]] = {}
        for path in sorted(folder.glob("*.tf")):
            with path.open() as file:
                for kind, blocks in hcl2.load(file).items():
                    self._blocks.setdefault(kind, []).extend(blocks)
        self._values = values
        self._locals = {
            _unquoted(name): value
            for block in self._blocks["locals"]
            for name, value in block.items()
        }

    def resources(self) -> dict[str, Any]:
        """Return the arguments of each resource, by address such as `aws_iam_role.client`."""
        return {
            f"{_unquoted(kind)}.{_unquoted(name)}": self._resolved(arguments)
            for block in self._blocks["resource"]
            for kind, named in block.items()
            for name, arguments in named.items()
        }

    def data_sources(self) -> set[str]:
        return {
            f"data.{_unquoted(kind)}.{_unquoted(name)}"
            for block in self._blocks["data"]
            for kind, named in block.items()
            for name in named
        }

    def outputs(self) -> dict[str, Any]:
        return self._named("output", self._resolved)

    def variables(self) -> dict[str, Any]:
        """Return the variables; conditions are not evaluated."""
        return self._named("variable", _plain)

    def _named(self, kind: str, read: Any) -> dict[str, Any]:
        return {
            _unquoted(name): read(body)
            for block in self._blocks[kind]
            for name, body in block.items()
        }

    def _resolved(self, node: Any) -> Any:
        return _plain(node, self._text)

    def _text(self, text: str) -> Any:
        if whole := _WHOLE.fullmatch(text):
            return self._value(whole[1])
        return _WHOLE.sub(lambda match: str(self._value(match[1])), text)

    def _value(self, expression: str) -> Any:
        if encoded := re.fullmatch(r"jsonencode\((.+)\)", expression):
            return self._value(encoded[1])
        if expression.startswith("local."):
            return self._resolved(self._locals[expression.removeprefix("local.")])
        return self._values[expression]


def _plain(node: Any, text: Any = str) -> Any:
    """Return *node* without the additions of the parser, and with *text* applied to its strings."""
    match node:
        case dict():
            return {
                _unquoted(key): _plain(child, text)
                for key, child in node.items()
                if not key.startswith("__")
            }
        case list():
            return [_plain(child, text) for child in node]
        case str():
            return text(_unquoted(node))
    return node


def _unquoted(text: str) -> str:
    return text[1:-1] if text.startswith('"') and text.endswith('"') else text
