"""
What Secrets Manager refuses, with its texts, for MiniStack and for moto.

The texts were seen on AWS, except those for a policy that is no JSON or is public. Unverified: a
policy is public here if a statement allows everyone without a condition.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

SCHEDULED: Final = (
    "You can't create this secret because a secret with this name is already scheduled for "
    "deletion."
)
MARKED: Final = "You can't perform this operation on the secret because it was marked for deletion."
NOT_ITS_STAGE: Final = (
    "You provided a VersionStage that is not associated to the provided VersionId."
)
NO_FUNCTION: Final = "No Lambda rotation function ARN is associated with this secret."
NOT_COMPLETE: Final = "A previous rotation isn't complete. That rotation will be reattempted."
NOT_INVOCABLE: Final = (
    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy "
    "grants access to the principal secretsmanager.amazonaws.com."
)

_VERSIONS: Final = {"2008-10-17", "2012-10-17"}
_ELEMENTS: Final = ("Principal", "Action", "Resource")

Refusal = tuple[str, str]
"""The code and the text of an error."""


def policy_refusal(text: str, *, block_public: bool) -> Refusal | None:
    """Return why PutResourcePolicy refuses a policy; None if it takes it."""
    try:
        document = json.loads(text)
    except ValueError:
        return "MalformedPolicyDocumentException", "This policy contains invalid Json"
    if not isinstance(document, dict) or not _is_policy(document):
        return "MalformedPolicyDocumentException", "This policy has invalid syntax."
    if block_public and any(map(_is_public, _statements(document))):
        return "PublicPolicyException", "This policy allows broad access to your secret."
    return None


def _is_policy(document: Mapping[str, Any]) -> bool:
    statements = _statements(document)
    return (
        document.get("Version", "2008-10-17") in _VERSIONS
        and bool(statements)
        and all(isinstance(one, dict) and _is_statement(one) for one in statements)
    )


def _is_statement(statement: Mapping[str, Any]) -> bool:
    """Return whether each element is there once, as itself or as its negation."""
    once = all((name in statement) is not (f"Not{name}" in statement) for name in _ELEMENTS)
    return once and statement.get("Effect") in {"Allow", "Deny"}


def _statements(document: Mapping[str, Any]) -> list[Any]:
    statements = document.get("Statement", [])
    return statements if isinstance(statements, list) else [statements]


def _is_public(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS", []) if isinstance(principal, dict) else principal
    everyone = "*" in (named if isinstance(named, list) else [named])
    return statement["Effect"] == "Allow" and everyone and not statement.get("Condition")
