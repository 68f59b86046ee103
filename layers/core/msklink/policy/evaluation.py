"""Decide, as IAM does, whether a resource policy admits a call of our role in another account.

IAM user guide: "Policy evaluation logic" (a Deny wins), "Principal", "NotPrincipal", "Action",
"Resource", "Condition operators". Some conditions depend on facts that only AWS knows during the
call. They cannot be judged here, so they count as not admitted, and are named. No library for IAM
policies is small enough for the layer (decision record 0028).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from msklink.policy.document import Statement, as_list


class Verdict(Enum):
    """Whether a part of a statement applies to a call."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RoleCall:
    """One call by a session of *role* on *resource*, which are both ARNs."""

    role: str
    action: str
    resource: str

    @property
    def account(self) -> str:
        return self.role.split(":")[4]

    @property
    def whole_account(self) -> frozenset[str]:
        """All principals that mean the whole account (IAM user guide, AWS account principals)."""
        return frozenset({self.account, f"{self.role.rpartition(':')[0]}:root"})

    @property
    def facts(self) -> Mapping[str, str]:
        """The values of condition keys that are known before the call; keys are in lower case."""
        return {
            "aws:principalaccount": self.account,
            "aws:principalarn": self.role,
            "aws:principaltype": "AssumedRole",
            "aws:principalisawsservice": "false",
            "aws:requestedregion": self.resource.split(":")[3],
            "aws:securetransport": "true",
            "aws:viaawsservice": "false",
        }


@dataclass(frozen=True)
class Judgement:
    """Whether a policy admits a call, and the parts that could not be judged, if they matter."""

    admitted: bool
    unjudged: tuple[str, ...] = ()


def describe_unjudged(unjudged: Iterable[str]) -> str:
    """Return a sentence about what could not be judged, after a space; empty if there is none."""
    named = ", ".join(unjudged)
    return f" This could not be judged and counts against it: {named}." if named else ""


def judge(statements: Iterable[Statement], call: RoleCall) -> Judgement:
    """Decide whether *statements*, those of one resource policy, admit *call*."""
    doubts: dict[str, list[str]] = {"Allow": [], "Deny": []}
    allowed = False
    for statement in statements:
        effect = statement.get("Effect")
        if effect not in doubts:
            continue
        applies, reasons = _applies(statement, call)
        if applies is Verdict.YES and effect == "Deny":
            return Judgement(admitted=False)
        allowed |= applies is Verdict.YES
        doubts[effect] += reasons
    if allowed:
        return Judgement(not doubts["Deny"], tuple(doubts["Deny"]))
    return Judgement(admitted=False, unjudged=tuple(doubts["Allow"]))


def _applies(statement: Statement, call: RoleCall) -> tuple[Verdict, list[str]]:
    """Decide whether *statement* applies to *call*, and name the parts that cannot be judged."""
    parts = [
        (_names(statement, call), "NotPrincipal"),
        (_covers(statement, "Action", call, ignore_case=True), "Action"),
        (_covers(statement, "Resource", call), "Resource"),
        *_conditions(statement, call),
    ]
    if any(verdict is Verdict.NO for verdict, _ in parts):
        return Verdict.NO, []
    sid = statement.get("Sid") or "without a Sid"
    unknown = [
        f"{what} of statement {sid}" for verdict, what in parts if verdict is Verdict.UNKNOWN
    ]
    return (Verdict.UNKNOWN if unknown else Verdict.YES), unknown


def _names(statement: Statement, call: RoleCall) -> Verdict:
    """
    Decide whether the principals of *statement* include the role.

    An ARN in a principal has no wildcards. Another role or a user of the account is not our role. A
    policy cannot name a session, since each run's session has another name. NotPrincipal must name
    both account and role to exempt the role, and is not supported with Allow (IAM user guide,
    NotPrincipal).
    """
    if "NotPrincipal" in statement:
        names = _aws_names(statement["NotPrincipal"])
        exempt = [bool(names & call.whole_account), call.role in names]
        if "*" in names or all(exempt):
            return Verdict.NO
        is_clear = statement.get("Effect") == "Deny" and not any(exempt)
        return Verdict.YES if is_clear else Verdict.UNKNOWN
    names = _aws_names(statement.get("Principal"))
    return _verdict(bool(names & {"*", call.role, *call.whole_account}))


def _aws_names(principal: Any) -> set[str]:
    if isinstance(principal, Mapping):
        return {str(name) for name in as_list(principal.get("AWS"))}
    return {"*"} if principal == "*" else set()


def _covers(
    statement: Statement, element: str, call: RoleCall, *, ignore_case: bool = False
) -> Verdict:
    """Decide whether Action or Resource, or its negation, matches the call."""
    negated = f"Not{element}" in statement
    patterns = as_list(statement.get(f"Not{element}" if negated else element))
    value = call.action if element == "Action" else call.resource
    hit = _any(_like(value, str(one), call, ignore_case=ignore_case) for one in patterns)
    return _not(hit) if negated else hit


def _conditions(statement: Statement, call: RoleCall) -> Iterator[tuple[Verdict, str]]:
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items():
            wanted = [
                str(one).lower() if isinstance(one, bool) else str(one) for one in as_list(values)
            ]
            verdict = _holds(operator.lower(), call.facts.get(key.lower()), wanted, call)
            yield verdict, f"condition {operator} on {key}"


def _holds(operator: str, fact: str | None, wanted: list[str], call: RoleCall) -> Verdict:
    """Decide whether one condition holds; IAM ignores the case of operators and keys."""
    if fact is None:
        return Verdict.UNKNOWN
    if operator == "null":
        return _verdict("false" in (one.lower() for one in wanted))
    name = operator.removesuffix("ifexists")
    positive = name.replace("not", "", 1)
    if positive not in _TESTS:
        return Verdict.UNKNOWN
    hit = _any(_TESTS[positive](fact, one, call) for one in wanted)
    return _not(hit) if name != positive else hit


def _equal(fact: str, wanted: str, call: RoleCall) -> Verdict:
    text = _filled_in(wanted, call)
    return Verdict.UNKNOWN if text is None else _verdict(fact == text)


def _equal_in_any_case(fact: str, wanted: str, call: RoleCall) -> Verdict:
    text = _filled_in(wanted, call)
    return Verdict.UNKNOWN if text is None else _verdict(fact.lower() == text.lower())


def _arn_like(fact: str, wanted: str, call: RoleCall) -> Verdict:
    """Compare the six parts of two ARNs one by one."""
    facts, patterns = fact.split(":", 5), wanted.split(":", 5)
    if len(facts) != len(patterns):
        return Verdict.NO
    parts = [_like(one, pattern, call) for one, pattern in zip(facts, patterns, strict=True)]
    return _not(_any(map(_not, parts)))


def _equal_bool(fact: str, wanted: str, _call: RoleCall) -> Verdict:
    return _verdict(fact == wanted.lower())


def _like(value: str, pattern: str, call: RoleCall, *, ignore_case: bool = False) -> Verdict:
    text = _filled_in(pattern, call)
    if text is None:
        return Verdict.UNKNOWN
    return _verdict(_expression(text, ignore_case=ignore_case).fullmatch(value) is not None)


_TESTS: Mapping[str, Callable[[str, str, RoleCall], Verdict]] = {
    "stringequals": _equal,
    "stringequalsignorecase": _equal_in_any_case,
    "stringlike": _like,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": _equal_bool,
}
"""By operator, without its negation. Sets (ForAnyValue…), numbers, dates and addresses are missing:
no known fact is one."""


def _filled_in(pattern: str, call: RoleCall) -> str | None:
    """Replace policy variables such as `${aws:PrincipalAccount}`; None for an unknown one."""
    known = {name: value for name, value in call.facts.items() if f"${{{name}}}" in pattern.lower()}
    for name, value in known.items():
        pattern = re.sub(re.escape(f"${{{name}}}"), value, pattern, flags=re.IGNORECASE)
    return None if "${" in pattern else pattern


@cache
def _expression(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    """Return *pattern* as a regular expression; only `*` and `?` are special."""
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _verdict(holds: bool) -> Verdict:
    return Verdict.YES if holds else Verdict.NO


def _any(verdicts: Iterable[Verdict]) -> Verdict:
    """Return YES if any is YES, NO if all are NO, and otherwise UNKNOWN."""
    found = set(verdicts)
    if Verdict.YES in found:
        return Verdict.YES
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.NO


def _not(verdict: Verdict) -> Verdict:
    opposite = {Verdict.YES: Verdict.NO, Verdict.NO: Verdict.YES}
    return opposite.get(verdict, verdict)
