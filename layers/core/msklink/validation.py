"""Describe errors in data that people wrote, in terms of JSON rather than of Python."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

# Types of errors with their texts (pydantic's documentation, validation errors).
_WORDS = {
    "enum": "must be one of {expected}",
    "extra_forbidden": "is not a known field",
    "json_invalid": "is not JSON: {error}",
    "missing": "is missing",
    "model_type": "must be an object",
    "string_pattern_mismatch": "does not match {pattern}",
    "string_too_long": "must have {max_length} characters at most",
    "string_too_short": "must have {min_length} characters at least",
    "string_type": "must be a text",
    "string_unicode": "must be a text of valid characters",
    "too_long": "must have {max_length} entries at most",
    "too_short": "must have {min_length} entries at least",
    "tuple_type": "must be a list",
}


def problems(error: ValidationError, whole: str, most: int) -> str:
    """
    Return a description of at most *most* problems of *error*, field by field.

    *whole* names the data as a whole. The input itself is not repeated.
    """
    found = error.errors(include_url=False, include_input=False)[:most]
    return "; ".join(_problem(one["type"], one, whole) for one in found)


def _problem(kind: str, facts: Mapping[str, Any], whole: str) -> str:
    where = ".".join(map(str, facts["loc"])) or whole
    if kind == "value_error":  # the words of our own rules
        return f"{where}: {facts['ctx']['error']}"
    words = _WORDS.get(kind)
    return (
        f"{where} {words.format(**facts.get('ctx', {}))}" if words else f"{where}: {facts['msg']}"
    )
