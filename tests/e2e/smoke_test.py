"""Run the smoke test in an embedded AWS of its own, where nothing is deployed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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


@dataclass
class CloudClock:
    """The clock of the embedded AWS, which a smoke test that waits advances."""

    cloud: Cloud
    interrupt: bool = False

    def now(self) -> datetime:
        return self.cloud.now()

    def sleep(self, seconds: float) -> None:
        if self.interrupt:
            self.interrupt = False
            raise KeyboardInterrupt
        self.cloud.advance(seconds)


@dataclass
class SmokeInCloud:
    cloud: Cloud
    folder: Path
    reader: Reader
    clock: CloudClock

    def smoke(self, **options: Any) -> Smoke:
        """Return the smoke test as a new process would find it."""
        owner = self._account("owner", self.cloud.owner)
        client = self._account("client", self.cloud.clients[0])
        state = State(self.folder / NAME)
        cluster = options.get("cluster", "")
        place = {"owner": owner.id, "client": client.id, "cluster": cluster}
        state.settle_in(place)
        template = str(built_template())
        chosen = replace(Options(folder=self.folder, template=template), **options)
        return Smoke(chosen, owner, client, state, self.reader, self.clock)

    def run(self, **options: Any) -> int:
        return runner.run(self.smoke(**options))

    def _account(self, role: str, account: str) -> Account:
        return Account(role, self.cloud.session(account), account, self.cloud.endpoint)


@contextmanager
def smoke_in_cloud(folder: Path) -> Iterator[SmokeInCloud]:
    settings = Settings(free_port(), PAUSED, folder / "server")
    with running_server(settings) as cloud:
        make_trails(cloud.endpoint)
        yield SmokeInCloud(cloud, folder, Reader(), CloudClock(cloud))
