"""Draw states, times and refusals alike in all tables."""

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from msklink.refusals import Refusal

# A sign as well as a colour: not everybody sees colours, and not every terminal has them.
SIGNS = {
    "published": ("✓", "green"),
    "ready": ("✓", "green"),
    "asked": ("…", "cyan"),
    "connected": ("…", "cyan"),
    "connecting": ("…", "cyan"),
    "planned": ("…", "cyan"),
    "waiting": ("‖", "yellow"),
    "closing": ("↓", "yellow"),
    "abandoned": ("!", "yellow"),
    "refused": ("✗", "red"),
    "failed": ("✗", "red"),
    "granted": ("✓", "green"),
    "leaving": ("↓", "yellow"),
    "warning": ("!", "yellow"),
    "problem": ("✗", "red"),
}

_CLUSTER_COLOURS = {"ACTIVE": "green", "FAILED": "red", "DELETED": "red", "DELETING": "yellow"}


def table(*heads: str, title: str = "") -> Table:
    """Return an empty table with the columns *heads*."""
    drawn = Table(box=None, title=title or None, title_justify="left", pad_edge=False)
    for head in heads:
        drawn.add_column(head, overflow="fold", no_wrap=head == "CALL", header_style="bold")
    return drawn


def state(name: str, count: int | None = None) -> Text:
    """Return a state with its sign and colour, and *count* where there are several."""
    sign, colour = SIGNS.get(name, ("·", "white"))
    number = f"{count} " if count is not None else ""
    return Text(f"{sign} {number}{name}", style=colour)


def cluster_state(name: str) -> Text:
    return Text(name, style=cluster_colour(name))


def cluster_colour(state: str) -> str:
    """Return the colour of a state of MSK; all but a few pass by themselves."""
    return _CLUSTER_COLOURS.get(state, "cyan")


def status(name: str) -> Text:
    """Return the status of a run, as Step Functions has it."""
    colours = {"SUCCEEDED": "green", "RUNNING": "cyan"}
    return Text(name, style=colours.get(name, "red"))


def moment(time: datetime | None) -> str:
    """Return a time in UTC to the minute; empty for None."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%MZ}" if time else ""


def heading(console: Console, text: str) -> None:
    console.print()
    console.print(text, style="bold")


def refusal(console: Console, one: Refusal, about: str = "") -> None:
    """Print a refusal with its remedy."""
    reason(console, f"{about}: {one.code}" if about else one.code, one.message, one.remedy)


def reason(
    console: Console,
    title: str,
    message: str,
    remedy: str,
    command: str = "",
    severity: str = "problem",
) -> None:
    """Print what is in the way with its remedy, and the *command* that carries it out."""
    sign, colour = SIGNS[severity]
    text = Text(f"{sign} {title}", style=colour)
    console.print(text.append(f"  {message}", style="default"), soft_wrap=True)
    console.print(f"    {remedy}", style="italic", soft_wrap=True)
    if command:
        console.print(f"    $ {command}", style="bold", soft_wrap=True)
