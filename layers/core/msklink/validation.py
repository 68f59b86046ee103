"""What is wrong with data that people wrote, in the words of JSON rather than of Python."""

from typing import Any

from pydantic import ValidationError

# Types of error, and what they tell beside the input (pydantic's documentation, validation errors).
_WORDS = {
    "enum": "must be one of {expected}",
    "extra_forbidden": "is not a field that is known here",
    "json_invalid": "is not JSON: {error}",
    "missing": "is missing",
    "string_pattern_mismatch": "does not match {pattern}",
    "string_too_long": "must have {max_length} characters at most",
    "string_too_short": "must have {min_length} characters at least",
    "string_type": "must be a text",
    "string_unicode": "must be a text of whole characters",
    "too_long": "must have {max_length} entries at most",
    "too_short": "must have {min_length} entries at least",
    "tuple_type": "must be a list",
}
_OBJECT = "must be an object"


def problems(error: ValidationError, whole: str, most: int) -> str:
    """
    Return the first problems of *error*, at most so many, field by field.

    *whole* is what the data as a whole is called. What was given is not repeated.
    """
    found = error.errors(include_url=False, include_input=False)[:most]
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or whole} {_said(one['type'], one.get('ctx', {}))}"
        if one["type"] in _WORDS or one["type"].startswith("model")
        else f"{'.'.join(map(str, one['loc'])) or whole}: {one['msg']}"
        for one in found
    )


def _said(kind: str, facts: dict[str, Any]) -> str:
    return _WORDS.get(kind, _OBJECT).format(**facts)
