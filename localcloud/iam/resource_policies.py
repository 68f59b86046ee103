"""
Resource-based policies of resources that other accounts use by their ARN.

MiniStack looks such a resource up in the account of the caller, so it finds no policy of another
account's, and lets the root of an account use everything. On AWS both sides must allow a call
across accounts (IAM User Guide, cross-account policy evaluation logic).
"""

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, request_scope
from ministack.services import kms, secretsmanager

from localcloud.iam.checks import Check

Policy = tuple[str, str]
"""A policy, or "", and the account of its resource."""

_OF_OTHER_ACCOUNTS = {"acm-pca", "kms", "secretsmanager"}

Lookup = Callable[[str], Policy | None]


def install(further: dict[str, Lookup]) -> None:
    """Look policies up in the account of the resource; *further* has services MiniStack lacks."""
    lookups: dict[str, Lookup] = {
        "kms": kms.key_policy_for_arn,
        "secretsmanager": secretsmanager.secret_policy_for_arn,
        **further,
    }
    iam_evaluator._resource_policy = _resource_policy(iam_evaluator._resource_policy, lookups)
    iam_evaluator.combine_resource_policy = _combine(iam_evaluator.combine_resource_policy)


def _resource_policy(
    original: Callable[[str, str], Any], lookups: dict[str, Lookup]
) -> Callable[[str, str], Any]:
    def resource_policy(service: str, resource_arn: str) -> Any:
        if service not in lookups or not resource_arn.startswith("arn:"):
            return original(service, resource_arn)
        _, _, _, region, owner, *_ = resource_arn.split(":")
        with request_scope(owner, region):
            found = lookups[service](resource_arn)
        if found is None and owner != get_account_id():
            return "", owner  # an account cannot tell what another one has
        return found

    return resource_policy


def _combine(original: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a denial for want of an Allow in the resource's policy, for the text of the error."""

    def combine(identity: Any, context: Any, *rest: Any, **options: Any) -> Any:
        result = original(identity, context, *rest, **options)
        if result is not identity and result.decision == "ImplicitDeny":
            result.by_resource = True
        return result

    return combine


def decided(denied: Any) -> bool:
    """Return whether the policy of the resource was what denied, explicitly or not."""
    explicitly = bool(getattr(denied, "resource_policy_arn", ""))
    return explicitly or getattr(denied, "by_resource", False)


def denial_of_root(caller: str, service: str, region: str, check: Check) -> Any:
    """Return the denial of a root of another account by the resource's policy, else None."""
    if not caller.endswith(":root") or service not in _OF_OTHER_ACCOUNTS:
        return None
    account = caller.split(":")[4]
    found = iam_evaluator._resource_policy(service, check.resource)
    if found is None or found[1] == account:
        return None
    context = iam_evaluator.EvalContext(
        principal_arn=caller,
        principal_type="Account",
        principal_account=account,
        action=check.action,
        resource_arn=check.resource,
        region=region,
        service_context={key.lower(): value for key, value in check.context.items()},
    )
    everything = iam_evaluator.EvalResult("Allow", caller)
    result = iam_evaluator.combine_resource_policy(everything, context, *found)
    return None if result.decision == "Allow" else result
