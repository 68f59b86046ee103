"""
Policy variables: `${aws:PrincipalAccount}`, `${key, 'default'}`, `${*}`, `${?}` and `${$}`.

MiniStack compares them as plain text. On AWS a policy of Version 2012-10-17 has them in Resource
and NotResource after the fifth colon of the ARN, and in the values of string and ARN operators
(IAM User Guide, IAM policy elements: Variables and tags). A variable without a value matches no
resource and no condition value, so a negated operator is true.

Unverified: a wildcard in the value of a variable, or in a default, stands for itself here. The
guide does not say so.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ministack.core import iam_evaluator

VERSION: Final = "2012-10-17"

_VARIABLE: Final = re.compile(r"\$\{(?:([*?$])|\s*([^{}',]+?)\s*(?:,\s*'([^']*)'\s*)?)\}")
_TAIL_OF_ARN: Final = re.compile(r"((?:[^:$]*:){5})(.*)", re.DOTALL)
_HAS_WILDCARDS: Final = ("stringlike", "stringnotlike", "arn")

# Characters for private use take the place of those that are no wildcards in a pattern.
_LITERAL: Final = str.maketrans({"*": "\ue000", "?": "\ue001"})
_WRITTEN: Final = str.maketrans({"\ue000": "*", "\ue001": "?"})
_NOTHING: Final = "\ue002"


def install() -> None:
    iam_evaluator.parse_policy_document = _parse(iam_evaluator.parse_policy_document)
    iam_evaluator.evaluate_resource_policy = _keep_version(iam_evaluator.evaluate_resource_policy)
    iam_evaluator.evaluate_trust_policy = _of_trust(iam_evaluator.evaluate_trust_policy)
    iam_evaluator._first_match = _substitute(iam_evaluator._first_match)
    iam_evaluator._fnmatch_compile = _compile(iam_evaluator._fnmatch_compile)


def _parse(original: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    def parse(document: Any) -> list[Any]:
        parsed = original(document)
        if _loaded(document).get("Version") == VERSION:
            for statement in parsed:
                statement.has_variables = "${" in str(statement)
        return parsed

    return parse


def _keep_version(original: Callable[..., Any]) -> Callable[..., Any]:
    """Evaluate the variables of a resource policy, whose version MiniStack drops."""

    def evaluate(document: Any, context: Any, *rest: Any, **options: Any) -> Any:
        loaded = _loaded(document)
        if loaded.get("Version") == VERSION:
            document = {**loaded, "Statement": _substituted(loaded.get("Statement", []), context)}
        return original(document, context, *rest, **options)

    return evaluate


def _of_trust(original: Callable[..., bool]) -> Callable[..., bool]:
    def evaluate(document: Any, caller: str, context: Any = None) -> bool:
        loaded = _loaded(document)
        if context is not None and loaded.get("Version") == VERSION:
            document = {**loaded, "Statement": _substituted(loaded.get("Statement", []), context)}
        return original(document, caller, context)

    return evaluate


def _substituted(statements: Any, context: Any) -> list[Any]:
    """Return the statements of a document with the values of their variables."""
    listed = statements if isinstance(statements, list) else [statements]
    return [
        {
            name: _conditions(element, context)
            if name == "Condition"
            else _resources(element, context)
            if name in ("Resource", "NotResource")
            else element
            for name, element in statement.items()
        }
        for statement in listed
        if isinstance(statement, dict)
    ]


def _substitute(original: Callable[..., Any]) -> Callable[..., Any]:
    def first_match(context: Any, statements: list[Any], effect: str) -> Any:
        def valued(statement: Any) -> Any:
            if not getattr(statement, "has_variables", False):
                return statement
            return replace(
                statement,
                resources=_resources(statement.resources, context),
                not_resources=_resources(statement.not_resources, context),
                conditions=_conditions(statement.conditions, context),
            )

        return original(context, [valued(statement) for statement in statements], effect)

    return first_match


def _compile(original: Callable[[str, bool], Any]) -> Callable[[str, bool], Any]:
    """Compile a pattern in which some characters stand for themselves."""

    def compiled(pattern: str, ignore_case: bool) -> Any:
        if pattern.isascii():
            return original(pattern, ignore_case)
        expression = original(pattern, ignore_case).pattern
        literal = expression.replace("\ue000", r"\*").replace("\ue001", r"\?")
        return re.compile(literal, re.IGNORECASE if ignore_case else 0)

    return compiled


def _resources(patterns: Any, context: Any) -> Any:
    if isinstance(patterns, str):
        return _resources([patterns], context)[0]
    return [_resource(str(pattern), context) for pattern in patterns]


def _resource(pattern: str, context: Any) -> str:
    found = _TAIL_OF_ARN.fullmatch(pattern)
    if "${" not in pattern or not found:
        return pattern
    tail = _text(found[2], context)
    return _NOTHING if tail is None else found[1] + tail


def _conditions(conditions: Any, context: Any) -> Any:
    if not isinstance(conditions, Mapping):
        return conditions
    return {
        operator: {key: _values(operator, value, context) for key, value in values.items()}
        if isinstance(values, Mapping)
        else values
        for operator, values in conditions.items()
    }


def _values(operator: str, values: Any, context: Any) -> Any:
    """Return the values that a condition compares; those without a value are left out."""
    base = operator.lower().rpartition(":")[2]
    listed = values if isinstance(values, list) else [values]
    if not base.startswith(("string", "arn")) or not any("${" in str(one) for one in listed):
        return values
    found = [text for one in listed if (text := _text(str(one), context)) is not None]
    if base.startswith(_HAS_WILDCARDS):
        return found
    return [text.translate(_WRITTEN) for text in found]


def _text(pattern: str, context: Any) -> str | None:
    """Return *pattern* with the values of its variables; None if one has no value."""
    has_all = True

    def value(match: re.Match[str]) -> str:
        nonlocal has_all
        character, key, default = match.groups()
        if character:
            return str(character).translate(_LITERAL)
        found = iam_evaluator._resolve_condition_key(key, context)
        # A key with several values cannot be a variable, and an AWS service has no account.
        if isinstance(found, list) or found in (None, ""):
            found = default
        has_all = has_all and found is not None
        return str(found).translate(_LITERAL)

    text = _VARIABLE.sub(value, pattern)
    return text if has_all else None


def _loaded(document: Any) -> dict[str, Any]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return {}
    return document if isinstance(document, dict) else {}
