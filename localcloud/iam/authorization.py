"""
Correct the actions and resources on which MiniStack authorizes a call.

MiniStack authorizes each call once, on one resource, often on "*". AWS does so on every resource
that the call names, and for its dependent actions. The rules given to `install` define these
checks. A service without a rule is left to MiniStack, and so is the evaluation of policies.
"""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam, sts

from localcloud.iam import decisions, resource_policies
from localcloud.iam.checks import Check, Request
from localcloud.settings import ACCOUNTS

# The three accounts are one organization; MiniStack has one for each account.
ORGANIZATION = "o-localcloud"

Rules = Mapping[str, Callable[[Request], list[Check]]]


@dataclass
class _Evaluation:
    """The checks of the current request, shared by the patched functions."""

    checks: list[Check] = field(default_factory=list)
    denied: Check | None = None
    by_resource: bool = False


_current: ContextVar[_Evaluation | None] = ContextVar("localcloud_evaluation", default=None)


def install(rules: Rules) -> None:
    iam_actions.extract_resource_arn = _resource_arn(iam_actions.extract_resource_arn, rules)
    iam_actions.access_denied_response = _denial(iam_actions.access_denied_response)
    iam_evaluator.enforce = _enforce(iam_evaluator.enforce)
    iam_evaluator._principal_matches = _principal(iam_evaluator._principal_matches)
    iam_evaluator._principal_org_id = lambda account: ORGANIZATION if account in ACCOUNTS else None
    iam_evaluator._resolve_condition_key = _condition_key(iam_evaluator._resolve_condition_key)


def _resource_arn(original: Callable[..., str], rules: Rules) -> Callable[..., str]:
    def extract_resource_arn(  # noqa: PLR0913, PLR0917 MiniStack's signature
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        _current.set(None)
        action = iam_actions.extract_iam_action(service, method, path, headers, body, query_params)
        if action is not None and service in rules:
            request = Request(service, action, path, query_params, body, region, account_id)
            if checks := rules[service](request):
                _current.set(_Evaluation(checks))
                return checks[0].resource
        return original(service, method, path, headers, body, query_params, region, account_id)

    return extract_resource_arn


def _enforce(original: Callable[..., Any]) -> Callable[..., Any]:
    def enforce(  # noqa: PLR0913, PLR0917 MiniStack's signature
        access_key: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        evaluation = _current.get()
        if evaluation is None or evaluation.checks[0].action != iam_action:
            evaluation = _Evaluation([Check(iam_action, resource_arn)])
        caller, scope = iam_evaluator.caller_arn(), _scope(access_key)
        for check in evaluation.checks:
            context = {**(service_context or {}), **check.context}
            of = _service(check, iam_action, service)
            denied = original(access_key, check.action, of, region, check.resource, context)
            denied = denied or resource_policies.denial_of_root(caller, of, region, check)
            decisions.record(caller, scope, check.action, check.resource, allowed=not denied)
            if denied:
                evaluation.denied = check
                evaluation.by_resource = resource_policies.decided(denied)
                return denied
        return None

    return enforce


def _service(check: Check, iam_action: str, service: str) -> str:
    """Return the service whose resource policies count for *check*, a dependent action's own."""
    namespace = check.action.partition(":")[0]
    return service if namespace == iam_action.partition(":")[0] else namespace


def _scope(access_key: str) -> str:
    """Return the session policy of the session of *access_key*, or ""."""
    policies = (sts._sessions.get(access_key) or {}).get("SessionPolicies") or {}
    return str(policies.get("Policy") or "")


def _denial(original: Callable[..., Any]) -> Callable[..., Any]:
    """Name the denied action and resource in the error of a denied call."""

    def access_denied_response(
        service: str, action: str, principal: str, request_id: str, **kwargs: Any
    ) -> Any:
        evaluation = _current.get()
        if evaluation is not None and (check := evaluation.denied):
            action = check.action
            explicit = kwargs.get("explicit_deny", False)
            named = check.named or check.resource
            denied = Denied(action, named, principal, explicit, evaluation.by_resource)
            kwargs |= {"resource_arn": check.resource, "message": check.refusal or str(denied)}
        return original(service, action, principal, request_id, **kwargs)

    return access_denied_response


def _condition_key(original: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(key: str, context: Any) -> Any:
        # For a role session aws:PrincipalArn is the role, with its path (IAM User Guide, global
        # condition context keys). MiniStack uses the session.
        if key.lower() == "aws:principalarn" and ":assumed-role/" in context.principal_arn:
            return role_of_session(context.principal_arn)
        return original(key, context)

    return resolve


def _principal(original: Callable[[Any, str], bool]) -> Callable[[Any, str], bool]:
    """Match a service in a trust policy only with that service; MiniStack admits account roots."""

    def matches(principal: Any, caller: str) -> bool:
        if isinstance(principal, dict):
            principal = {kind: names for kind, names in principal.items() if kind != "Service"}
        return original(principal, caller)

    return matches


def role_of_session(session_arn: str) -> str:
    """Return the ARN of the role of *session_arn*, with its path."""
    account = session_arn.split(":")[4]
    name = session_arn.split("/")[1]
    role = iam._roles.get_scoped(account, None, name) or {}
    return str(role.get("Arn", f"arn:aws:iam::{account}:role/{name}"))


@dataclass(frozen=True)
class Denied:
    """A denial, explicit or because no policy allows the action."""

    action: str
    resource: str
    principal: str
    explicit: bool
    by_resource: bool = False
    """Whether the policy of the resource decided, not one of the principal."""

    def __str__(self) -> str:
        if self.explicit:
            policy = "a resource-based" if self.by_resource else "an identity-based"
            reason = f"with an explicit deny in {policy} policy"
        else:
            policy = "resource-based" if self.by_resource else "identity-based"
            reason = f"because no {policy} policy allows the {self.action} action"
        return (
            f"User: {self.principal} is not authorized to perform: {self.action} "
            f"on resource: {self.resource} {reason}"
        )


def authorize_caller(access_key: str, service: str, region: str, check: Check) -> Denied | None:
    """Authorize a further check for the caller of the current request."""
    _current.set(None)
    denied = iam_evaluator.enforce(
        access_key, check.action, service, region, check.resource, check.context
    )
    if not denied:
        return None
    return Denied(
        check.action,
        check.resource,
        getattr(denied, "principal_arn", "unknown"),
        getattr(denied, "decision", "") == "Deny",
        resource_policies.decided(denied),
    )


def authorize_role(role_arn: str, service: str, region: str, check: Check) -> Denied | None:
    """Authorize a check for *role_arn*, assumed by the AWS service *service* (a host name)."""
    account = role_arn.split(":")[4]
    name = role_arn.rsplit("/", 1)[-1]
    session = f"arn:aws:sts::{account}:assumed-role/{name}/{service.split('.', maxsplit=1)[0]}"
    role = iam._roles.get_scoped(account, None, name)
    if role is None or not _trusts(role, service, account):
        return Denied("sts:AssumeRole", role_arn, service, explicit=False)
    context = iam_evaluator.EvalContext(
        principal_arn=session,
        principal_type="AssumedRole",
        principal_account=account,
        action=check.action,
        resource_arn=check.resource,
        region=region,
        service_context={key.lower(): value for key, value in check.context.items()},
    )
    result = iam_evaluator.evaluate(
        context,
        iam_evaluator._gather_role_policies(name, account),
        *iam_evaluator._permissions_boundary(iam._roles, name, account),
    )
    allowed = result.decision == "Allow"
    decisions.record(session, "", check.action, check.resource, allowed=allowed)
    if allowed:
        return None
    return Denied(check.action, check.resource, session, result.decision == "Deny")


def _trusts(role: dict[str, Any], service: str, account: str) -> bool:
    """Return whether *service* may assume *role* on behalf of a resource in *account*."""
    context = iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account="",
        action="sts:AssumeRole",
        resource_arn=role.get("Arn", ""),
        region="",
        service_context={"aws:sourceaccount": account},
    )
    result = iam_evaluator.evaluate_resource_policy(
        _with_any_resource(role.get("AssumeRolePolicyDocument", "{}")), context, service=service
    )
    return bool(result.decision == "Allow")


def _with_any_resource(document: str | dict[str, Any]) -> dict[str, Any]:
    """Return a trust policy with the Resource that MiniStack's evaluator requires."""
    parsed: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
    statements = parsed.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    return {**parsed, "Statement": [{"Resource": "*", **each} for each in statements]}
