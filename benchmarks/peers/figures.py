"""What one way of doing the work took, and the file that keeps it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.peers.workload import Size

MINUTES_PER_STEP = 1
"""Of a person, to fill in, run and check one command; waits do not count."""


@dataclass(frozen=True)
class Figures:
    """None where a figure cannot be known."""

    way: str
    clients: int
    requests: int
    reboots: int
    minutes: int
    """From the last request until every client has its brokers."""
    calls: int
    transitions: int
    dollars: float
    steps: int | None
    """Commands that a person runs; a repeated look while waiting is none."""
    lost_grants: int | None
    """Accounts that a put of the policy removed, without anybody's intention."""
    ungranted: int | None
    """Clients with a connection that the policy no longer admits at the end."""
    wrong_subnets: int | None
    """Connections refused by MSK because of the zones of their subnets."""

    @property
    def size(self) -> Size:
        return Size(self.clients, self.requests)

    @property
    def hours(self) -> float | None:
        """Of a person."""
        return None if self.steps is None else self.steps * MINUTES_PER_STEP / 60


FILE = Path(__file__).parent / "measured.json"


def save(measured: Iterable[Figures]) -> None:
    lines = ",\n".join(json.dumps(asdict(one)) for one in measured)
    FILE.write_text(f"[\n{lines}\n]\n")


def load() -> list[Figures]:
    return [Figures(**one) for one in json.loads(FILE.read_text())]


def further_client_calls(measured: Iterable[Figures], one: Figures) -> float:
    """Return the API calls for each client between 10 and 100, of the way and requests of *one*."""
    totals = {
        other.clients: other.calls
        for other in measured
        if (other.way, other.requests) == (one.way, one.requests)
    }
    return (totals[100] - totals[10]) / 90
