"""Print the demo: a line for each change, and a panel with the current state."""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from localcloud.demo.observer import Observation

COLOURS = {
    "ACTIVE": "green",
    "AVAILABLE": "green",
    "SUCCEEDED": "green",
    "FAILED": "red",
    "UPDATING": "yellow",
    "CREATING": "yellow",
    "RUNNING": "yellow",
}


class Screen:
    """A live panel in a terminal, plain lines elsewhere. *now* is the simulated time."""

    def __init__(self, now: Callable[[], datetime], console: Console) -> None:
        self.console = console
        self._now = now
        self._started = now(), time.monotonic()
        self._seen = Observation()
        self._live = Live(console=self.console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def say(self, text: str, style: str = "") -> None:
        """Print one line, with the simulated and the real time."""
        simulated, real = self._times()
        line = Text.assemble((f"{simulated} ", "cyan"), (f"{real:>6}  ", "dim"), (text, style))
        self.console.print(line)

    def show(self, observation: Observation) -> None:
        """Print what has changed since the last *observation*, and draw the panel."""
        if self.console.is_terminal:
            self._live.update(self._draw(observation), refresh=True)
        for text in changes(self._seen, observation):
            self.say(text)
        self._seen = observation

    def parameters(self, parameters: Mapping[str, str]) -> None:
        """Print parameters, one broker a line, with whole names that can be copied."""
        width = max(map(len, parameters), default=0) + 2
        for name, value in sorted(parameters.items()):
            shown = json.loads(value)["state"] if name.endswith("/status") else value
            first, *others = shown.split(",b-")
            self.console.print(Text.assemble((name.ljust(width), "cyan"), first))
            for broker in others:
                self.console.print(" " * width + "b-" + broker)

    def _draw(self, observation: Observation) -> Panel:
        simulated, real = self._times()
        play = Table.grid(padding=(0, 2))
        play.add_row("run", observation.run or "-", _coloured(observation.status))
        play.add_row("state", observation.state or "-", f"{observation.transitions} transitions")
        play.add_row(
            "cluster",
            _coloured(observation.cluster),
            " ".join(observation.private) or "not private",
        )
        for account, scheme, state in observation.connections:
            play.add_row("connection", f"{account} {scheme}", _coloured(state))
        polls = observation.entered["InspectCluster"], observation.entered["InspectConnections"]
        play.add_row("polls", f"{polls[0]} of the cluster", f"{polls[1]} of all connections")
        title = f"{simulated} on AWS's clock, {real.strip()} here"
        return Panel(Group(play), title=title, title_align="left", expand=False)

    def _times(self) -> tuple[str, str]:
        simulated, real = self._started
        minutes, seconds = divmod((self._now() - simulated).seconds, 60)
        return f"{minutes:3d}:{seconds:02d}", f"{time.monotonic() - real:.1f} s"


def changes(before: Observation, now: Observation) -> list[str]:
    """Return the changes to print."""
    lines = []
    if now.run != before.run:
        lines.append(f"run {now.run} started")
    if now.cluster != before.cluster:
        lines.append(f"cluster is {now.cluster}")
    if now.private != before.private:
        lines.append(f"private connectivity is on for {' and '.join(now.private)}")
    known = set(before.connections)
    lines += [
        f"connection of {account} by {scheme} is {state}"
        for account, scheme, state in now.connections
        if (account, scheme, state) not in known
    ]
    entered = [state for state in now.entered if state not in before.entered]
    lines += [f"entered {state}" for state in entered if not state.startswith("Choose")]
    return lines


def _coloured(state: str) -> Text:
    return Text(state or "-", COLOURS.get(state, ""))
