"""Run the steps that are left, and clean up after an interrupt or an error."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from msklink_cli.errors import CommandError, aws_error
from tools.smoke import cleanup, report
from tools.smoke.announcement import announcement, hourly
from tools.smoke.smoke import Smoke
from tools.smoke.step import Step
from tools.smoke.steps import STEPS

DONE: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 130

LOST_CREDENTIALS: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnauthorizedSSOTokenError"}
    | {"InvalidClientTokenId", "UnrecognizedClientException", "TokenRetrievalError"}
    | {"SSOTokenLoadError", "NoCredentialsError", "CredentialRetrievalError"}
)
"""Codes of AWS and names of errors of botocore, after which only a new sign-in helps."""


def run(smoke: Smoke) -> int:
    """Run what the options ask for, and return the exit code."""
    if smoke.options.cleanup:
        with _interruptible_cleanup(smoke):
            return _clean_up(smoke)
        return INTERRUPTED
    steps = remaining(smoke)
    if not steps:
        smoke.say("Every step is done.")
        return _end(smoke)
    for line in announcement(smoke, steps):
        smoke.say(line)
    if not smoke.options.yes and not smoke.screen.agrees("Go on?"):
        raise CommandError("Declined", "nothing was done", "")
    try:
        for step in steps:
            _run(smoke, step)
    except KeyboardInterrupt:
        smoke.say("\nInterrupted.", "yellow")
        return max(_after_trouble(smoke), INTERRUPTED)
    except (CommandError, BotoCoreError, ClientError) as error:
        problem = error if isinstance(error, CommandError) else aws_error(error)
        smoke.say(f"smoke: {problem.line}", "red")
        lost = problem.code in LOST_CREDENTIALS  # nothing can be deleted without them
        return max(_end(smoke) if lost else _after_trouble(smoke), FAILED)
    return _end(smoke)


def remaining(smoke: Smoke) -> list[Step]:
    """Return the steps to run now: those that are left, up to the one where to stop."""
    chosen = [step for step in STEPS if step.applies(own_cluster=smoke.has_own_cluster)]
    if only := smoke.options.step:
        return [step for step in chosen if step.name == only]
    if last := smoke.options.until:
        names = [step.name for step in STEPS]
        chosen = [step for step in chosen if names.index(step.name) <= names.index(last)]
    return [step for step in chosen if not smoke.state.is_done(step.name)]


def _run(smoke: Smoke, step: Step) -> None:
    smoke.say(f"\n{step.name}: {step.does}", "bold")
    step.run(smoke)
    smoke.state.finish(step.name)


def _after_trouble(smoke: Smoke) -> int:
    """Clean up or keep what exists, as the user chooses; by default clean up."""
    if not smoke.state.resources:
        return _end(smoke)
    with _interruptible_cleanup(smoke):
        if smoke.options.keep or (
            smoke.screen.is_attended()
            and not smoke.options.yes
            and not smoke.screen.agrees("Delete now what the smoke test has created?")
        ):
            return _end(smoke)
        return _clean_up(smoke)
    return INTERRUPTED


@contextmanager
def _interruptible_cleanup(smoke: Smoke) -> Iterator[None]:
    """Say what exists where the cleanup is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        smoke.say("\nThe cleanup was interrupted.", "yellow")
        _end(smoke)


def _clean_up(smoke: Smoke) -> int:
    left = cleanup.clean_up(smoke)
    smoke.state.reopen([step.name for step in STEPS if step.creates])
    _end(smoke)
    return FAILED if left else DONE


def _end(smoke: Smoke) -> int:
    """Write the report, and say what exists and how to go on."""
    files = report.write(smoke)
    smoke.say(f"\nReport: {files[0]}, and {files[1]} to paste into an issue (it has no ids).")
    if smoke.state.resources:
        smoke.say(f"These exist, at about ${hourly(smoke):.2f} an hour:", "yellow")
        for line in cleanup.commands(smoke):
            smoke.say(f"  {line}")
        smoke.say("To go on: make smoke. To delete them: make smoke CLEANUP=1.", "yellow")
    elif _is_over(smoke, STEPS):
        smoke.state.forget()
    return DONE


def _is_over(smoke: Smoke, steps: Sequence[Step]) -> bool:
    return all(
        smoke.state.is_done(step.name)
        for step in steps
        if step.applies(own_cluster=smoke.has_own_cluster)
    )
