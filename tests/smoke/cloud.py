"""Run the smoke test in an embedded AWS of its own, where nothing is deployed."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from localcloud.build import built_template
from localcloud.cloud import Cloud, running_server
from localcloud.settings import PAUSED, Settings, free_port
from localcloud.trails import make_trails
from tests.smoke.builders import Reader
from tools.smoke import runner
from tools.smoke.accounts import Account
from tools.smoke.options import Options
from tools.smoke.smoke import Smoke
from tools.smoke.state import NAME, State
from tools.smoke.steps import NAMES


@dataclass
class CloudClock:
    """The clock of the embedded AWS, which a smoke test that waits advances."""

    cloud: Cloud
    interrupts: int = 0
    """How many of the next sleeps are interrupted."""

    def now(self) -> datetime:
        return self.cloud.now()

    def sleep(self, seconds: float) -> None:
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        self.cloud.advance(seconds)


@dataclass
class SmokeInCloud:
    """A smoke test in the owner and one client account; each run is like a new process."""

    cloud: Cloud
    folder: Path
    reader: Reader
    clock: CloudClock
    interrupt_at: int = 0
    """Which call of each step to AWS is interrupted, once; 0 for none."""
    interrupted: list[str] = field(default_factory=list)
    """The steps that were."""
    alone: bool = False
    """Whether the client VPC is in the owner account."""

    def run(self, **options: Any) -> int:
        """Run the smoke test, and return its exit code."""
        chosen = replace(Options(folder=self.folder, template=str(built_template())), **options)
        owner = self._account("owner", self.cloud.owner)
        client = self._account("client", self.cloud.owner if self.alone else self.cloud.clients[0])
        state = State(self.folder / NAME)
        place = {"owner": owner.id, "client": client.id, "cluster": chosen.cluster}
        state.settle_in(place | {"namespace": chosen.namespace})
        return runner.run(Smoke(chosen, owner, client, state, self.reader, self.clock))

    def _account(self, role: str, account: str) -> Account:
        session = self.cloud.session(account)
        session.events.register("before-call", self._interrupt)
        return Account(role, session, account, self.cloud.endpoint)

    def _interrupt(self, **_: Any) -> None:
        headings = [line for line in self.reader.lines if line.startswith("\n")]
        step = headings[-1].strip().partition(":")[0] if headings else ""
        if not self.interrupt_at or step in self.interrupted or step not in NAMES:
            return
        self._calls[step] += 1
        if self._calls[step] == self.interrupt_at:
            self.interrupted.append(step)
            raise KeyboardInterrupt

    _calls: Counter[str] = field(default_factory=Counter)


@contextmanager
def smoke_in_cloud(folder: Path) -> Iterator[SmokeInCloud]:
    settings = Settings(free_port(), PAUSED, folder / "server")
    with running_server(settings) as cloud:
        make_trails(cloud.endpoint)
        yield SmokeInCloud(cloud, folder, Reader(), CloudClock(cloud))
