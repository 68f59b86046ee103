"""Evaluate JSONata for moto's Step Functions engine, which has no evaluator in Python.

moto writes the variables of an expression in front of it, as JSON. Parsing those as JSONata would
be the slowest part of a run, so they are read as JSON, and each expression is parsed once.
"""

import json
import re
import threading
from functools import cache
from typing import Any

import jsonata

_DECLARATION = re.compile(r"\$(\w+):=")
_FIRST_DECLARATION = re.compile(r"\((?=\$\w+:=)")
_decode = json.JSONDecoder().raw_decode
_one_at_a_time = threading.Lock()
"""A parsed expression keeps state during evaluation, and a Map evaluates in threads."""


def evaluate(text: str) -> Any:
    """Return the value of *text*: `($name:=JSON;…expression)`, possibly in a function call."""
    try:
        expression, bindings = _split(text)
    except ValueError:
        # moto does not escape quotes in a string.
        return jsonata.Jsonata(text).evaluate(None)
    with _one_at_a_time:
        parsed = _parsed(expression)
        frame = parsed.create_frame()
        for name, value in bindings.items():
            frame.bind(name, value)
        return parsed.evaluate(None, frame)


def _split(text: str) -> tuple[str, dict[str, Any]]:
    """Return the expression without its declarations, and the declared values by name."""
    start = _FIRST_DECLARATION.search(text)
    if start is None:
        return text, {}
    bindings, place = {}, start.end()
    while declaration := _DECLARATION.match(text, place):
        bindings[declaration[1]], place = _decode(text, declaration.end())
        if text[place] != ";":
            raise ValueError("not a declaration by moto")
        place += 1
    return text[: start.end()] + text[place:], bindings


@cache
def _parsed(expression: str) -> Any:
    return jsonata.Jsonata(expression)
