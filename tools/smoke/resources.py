"""A kind of resource that the smoke test creates."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.smoke.smoke import Smoke, StepFailed
from tools.smoke.state import Json


class Stays(StepFailed):
    """A resource cannot be deleted, or AWS refuses to look for it."""

    def __init__(self, problem: str) -> None:
        super().__init__("RefusedByAws", problem, "Look at the permissions of your profile.")


@dataclass(frozen=True)
class Kind:
    look: Callable[[Smoke, Json], str | None]
    """Return the id of what was created before an interrupt; None if it was not."""
    delete: Callable[[Smoke, Json], None]
    """Delete it, and wait until it is gone. What is gone already is no error."""
    command: str
    """Command of the AWS CLI that deletes it, with the fields of its entry."""
