"""Show what a command would change, ask, and change it."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msklink_client import output
from msklink_client.errors import MskLinkError


@dataclass(frozen=True)
class Change:
    """One call that changes something."""

    text: str
    """For people, what it does."""
    details: dict[str, Any]
    """The same for programs: the call, and its parameters."""
    make: Callable[[], None]


@dataclass(frozen=True)
class Plan:
    """What a command would do, and what MSKLink does then."""

    about: dict[str, str]
    changes: list[Change]
    consequences: list[str]
    watch: str
    """The command that shows how it goes on."""
    facts: dict[str, Any] = field(default_factory=dict)
    """More for programs."""


def carry_out(plan: Plan, given: argparse.Namespace) -> int:
    """
    Show *plan* and carry it out once it is confirmed. Return the exit code.

    Where the output is for programs, all that is for people goes to standard error.
    """
    people = sys.stdout if given.output == "table" else sys.stderr

    def say(line: str) -> None:
        people.write(f"{output.plain(line)}\n")

    for line in _shown(plan):
        say(line)
    if plan.changes:
        people.flush()
        _confirm(yes=given.yes)
    for change in plan.changes:
        change.make()
        say(f"Done: {change.text}")
    say(f"Watch it: {plan.watch}")
    if given.output == "text":
        sys.stdout.write(output.text(_fields(change) for change in plan.changes))
    elif given.output != "table":
        sys.stdout.write(output.document(_document(plan), given.output))
    return 0


def _shown(plan: Plan) -> list[str]:
    place = f"account {plan.about['account']}, {plan.about['region']}"
    head = f"In {place}:" if plan.changes else f"Nothing to do in {place}."
    then = "Then:" if plan.changes else ""
    return [
        head,
        *(f"  {change.text}" for change in plan.changes),
        *filter(None, [then]),
        *(f"  {line}" for line in plan.consequences),
    ]


def _document(plan: Plan) -> dict[str, Any]:
    return {
        **plan.about,
        "changed": [change.details for change in plan.changes],
        **plan.facts,
        "then": plan.consequences,
        "watch": plan.watch,
    }


def _fields(change: Change) -> list[str]:
    return [str(value) for value in change.details.values()]


def _confirm(*, yes: bool) -> None:
    """Raise `MskLinkError` unless the answer is yes, by *yes* or at the terminal."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise MskLinkError(
            "NotConfirmed",
            "Nothing was changed: there is no terminal to ask at.",
            "Add --yes to change it without being asked.",
        )
    sys.stderr.write("Continue? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise MskLinkError(
            "NotConfirmed", "Nothing was changed: the answer was not yes.", "Answer y to change it."
        )
