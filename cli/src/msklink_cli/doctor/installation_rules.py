"""Find reasons in the owner stack and what it needs around it; no calls to AWS."""

from collections.abc import Iterable, Iterator

from msklink.policy.document import Policy, Statement, accounts_of, as_list, aws_principals
from msklink_cli.doctor.installation import (
    NEARLY_ALL_PARAMETERS,
    PARAMETERS,
    Installation,
)
from msklink_cli.findings import Finding, Severity

ENOUGH_CONCURRENCY = 50
"""Concurrent executions for a few runs with ten clients each; a new account can have ten."""


def of_installation(found: Installation) -> Iterator[Finding]:
    """Yield what keeps the whole installation from working as it should."""
    yield from _trails(found)
    for rule in found.rules:
        if not rule.is_enabled:
            yield Finding(
                code="RuleDisabled",
                severity=Severity.PROBLEM,
                about=rule.name,
                message=_effect(rule.name),
                remedy="Enable it.",
                command=f"aws events enable-rule --event-bus-name {rule.bus} --name {rule.name}",
            )
    for queue, messages in found.queues.items():
        if messages:
            yield Finding(
                code="MessagesInQueue",
                severity=Severity.PROBLEM,
                about=queue,
                message=f"{messages} events failed or could not be delivered, and are kept here.",
                remedy="Find out why by the log of the function, then replay them: "
                "docs/operations.md, Messages in a queue.",
                command="make redrive",
            )
    for alarm, description in found.alarms.items():
        yield Finding(
            code="AlarmOn",
            severity=Severity.PROBLEM,
            about=alarm,
            message=description or "The alarm is on.",
            remedy="docs/operations.md says what each alarm means.",
        )
    if found.parameters >= NEARLY_ALL_PARAMETERS:
        yield Finding(
            code="ParametersNearlyFull",
            severity=Severity.WARNING,
            about="AWS Systems Manager",
            message=f"The account has {found.parameters:,} parameters or more in this Region, of "
            f"{PARAMETERS:,} that it can have; MSKLink cannot publish beyond that.",
            remedy="Delete parameters that are not used, or allow advanced parameters by default.",
        )
    if found.stack_version != found.command_version:
        yield Finding(
            code="VersionsDiffer",
            severity=Severity.WARNING,
            about="msklink",
            message=f"This command is {found.command_version}, and the owner stack is "
            f"{found.stack_version or 'older than 0.1.0'}: it may read or plan what the stack does "
            "not know.",
            remedy="Use both of one version: docs/upgrading.md.",
        )
    if found.concurrency < ENOUGH_CONCURRENCY:
        yield Finding(
            code="FewConcurrentExecutions",
            severity=Severity.WARNING,
            about="AWS Lambda",
            message=f"Lambda allows {found.concurrency} concurrent executions in this account and "
            "Region, which a few runs use up; they are throttled then, and take longer.",
            remedy="Ask for more: Service Quotas, AWS Lambda, Concurrent executions.",
        )


def _effect(rule: str) -> str:
    """Return what does not happen while *rule* is disabled; its name has its logical id."""
    if "SweepClusters" in rule:
        return (
            "The rule is disabled, so no sweep runs: removals that are due, windows that open, "
            "retries, and changes that no event reports do not begin."
        )
    return (
        "The rule is disabled, so the events that it matches start nothing before the next sweep."
    )


def _trails(found: Installation) -> Iterator[Finding]:
    if any(trail.is_logging and trail.has_writes for trail in found.trails):
        return
    names = ", ".join(trail.name for trail in found.trails)
    yield Finding(
        code="NoTrail",
        severity=Severity.WARNING,
        about="AWS CloudTrail",
        message=f"No trail logs management events that write ({names or 'there is none'}), so one "
        "of the two sources of tag events is missing. The sweep finds what the other one misses.",
        remedy="Create a trail with management events, or turn its logging on.",
    )


def of_bus(policy: str, accounts: Iterable[str]) -> Iterator[Finding]:
    """Yield the *accounts* that the *policy* of the bus does not let send events."""
    for account in sorted(accounts):
        if not _lets_in(policy, account):
            yield Finding(
                code="AccountCannotSendEvents",
                severity=Severity.WARNING,
                about=account,
                message=f"The policy of the event bus does not name account {account}, so tags of "
                "its VPCs arrive only with the sweep, and its requests not at all.",
                remedy="Deploy the owner stack with the account in ClientAccounts, or with "
                "OrganizationId.",
            )


def _lets_in(policy: str, account: str) -> bool:
    """
    Return whether a statement of *policy* allows the account to put events.

    A statement for all principals has the organization as its condition, in which a client account
    is taken to be.
    """
    return any(
        one.get("Effect") == "Allow"
        and "events:PutEvents" in as_list(one.get("Action"))
        and (_is_for_all(one) or account in accounts_of(one))
        for one in Policy.parse(policy).statements
    )


def _is_for_all(statement: Statement) -> bool:
    return statement.get("Principal") == "*" or "*" in aws_principals(statement)
