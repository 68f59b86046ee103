"""What the user sees, and the questions."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import typer
from rich.console import Console

from msklink_cli.errors import CommandError
from msklink_cli.output import console
from tools.smoke.answers import Answer, Question, Verdict

COLOURS = {
    Verdict.CONFIRMED: "green",
    Verdict.DIFFERENT: "bold yellow",
    Verdict.NOT_ANSWERED: "bright_black",
}


class Screen(Protocol):
    def say(self, text: str, style: str = "") -> None: ...

    def answered(self, question: Question, answer: Answer) -> None: ...

    def agrees(self, question: str) -> bool:
        """Ask for yes or no. Raises CommandError where nobody can answer."""
        ...

    def typed(self, question: str) -> str:
        """Ask for a text. Raises CommandError where nobody can answer."""
        ...

    def is_attended(self) -> bool:
        """Return whether somebody can answer."""
        ...


class Terminal:
    """Standard output for what happens, and the terminal for questions."""

    def __init__(self, drawn: Console | None = None) -> None:
        self.console = drawn or console()

    def say(self, text: str, style: str = "") -> None:
        self.console.print(text, style=style or None, soft_wrap=True)

    def answered(self, question: Question, answer: Answer) -> None:
        colour = COLOURS[answer.verdict]
        self.say(f"  {answer.verdict}: {question.text}: {answer.reason}", colour)

    def agrees(self, question: str) -> bool:
        self._check()
        with _interruptible():
            return typer.confirm(question)

    def typed(self, question: str) -> str:
        self._check()
        with _interruptible():
            return str(typer.prompt(question, default="", show_default=False)).strip()

    def is_attended(self) -> bool:
        return bool(sys.stdin and sys.stdin.isatty())

    def _check(self) -> None:
        if not self.is_attended():
            raise CommandError(
                "NotConfirmed",
                "nobody can be asked, as the standard input is no terminal; nothing was done",
                "Use --yes where nobody has to be asked.",
            )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C and the end of the input, as elsewhere."""
    try:
        yield
    except typer.Abort as error:
        raise KeyboardInterrupt from error
