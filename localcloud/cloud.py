"""The embedded AWS for a test or the demo: started, deployed to, and stopped again."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3

from localcloud.call_log import Call
from localcloud.deploy import Deployed, deploy, session
from localcloud.iam.verdicts import Verdict
from localcloud.networks import Network, make_networks
from localcloud.settings import (
    ACCOUNTS,
    CLIENTS,
    DEFAULT_GRACE_HOURS,
    DEFAULT_TIME_SCALE,
    OWNER,
    REGION,
    REPOSITORY,
    Settings,
    clean_environment,
    free_port,
    is_free,
)

START_SECONDS = 30
STOP_SECONDS = 10


@dataclass(frozen=True)
class Cloud:
    """What a user of the running server needs; the accounts are the owner and two clients."""

    settings: Settings
    deployed: Deployed = field(default_factory=lambda: Deployed({}, {}))
    networks: Mapping[str, Network] = field(default_factory=dict)

    owner: str = OWNER
    clients: tuple[str, ...] = CLIENTS
    accounts: tuple[str, ...] = ACCOUNTS
    region: str = REGION

    @property
    def endpoint(self) -> str:
        return self.settings.endpoint

    @property
    def scale(self) -> float:
        """Real seconds for one second of AWS's own waiting."""
        return self.settings.time_scale

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.settings.state / "server.log"

    def session(self, account: str) -> boto3.Session:
        """A session as the root of *account*; clients made from it need `endpoint_url`."""
        return session(account)

    def client(self, service: str, account: str) -> Any:
        """A boto3 client of *service* as the root of *account*."""
        return session(account).client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]  # any service

    def calls(self, since: int = 0) -> list[Call]:
        """The API calls that the server took from number *since* on, in order."""
        answer = json.loads(self._ask("GET", f"/_localcloud/calls?since={since}"))
        return [Call(**call) for call in answer["calls"]]

    def verdicts(self) -> list[Verdict]:
        """What IAM said to roles so far."""
        answer = json.loads(self._ask("GET", "/_localcloud/verdicts"))
        return [Verdict(**verdict) for verdict in answer]

    def fault(self, operation: str, **fields: Any) -> None:
        """Let MSK misbehave at the next *operation*; *fields* as in private_api.py."""
        self._ask("POST", "/_localcloud/faults", {"operation": operation, **fields})

    def no_faults(self) -> None:
        self._ask("DELETE", "/_localcloud/faults")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.endpoint}{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            content: bytes = answer.read()
            return content


@contextmanager
def running_server(settings: Settings) -> Iterator[Cloud]:
    """Run the server in a process of its own until the block is left; state starts empty."""
    if not is_free(settings.port):
        raise RuntimeError(f"port {settings.port} is taken: set MSKLINK_PORT to another")
    shutil.rmtree(settings.state, ignore_errors=True)
    settings.state.mkdir(parents=True)
    cloud = Cloud(settings)
    with (
        cloud.log.open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "localcloud.server", "--until-eof"],
            cwd=REPOSITORY,
            env=clean_environment(settings.endpoint) | settings.environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal ends us first, and then we end it
        ) as process,
    ):
        try:
            _wait_until_ready(process, cloud)
            yield cloud
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _wait_until_ready(process: "subprocess.Popen[bytes]", cloud: Cloud) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            cloud._ask("GET", "/_ministack/ready")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{cloud.log.read_text()}")


@contextmanager
def embedded_aws(settings: Settings, **chosen: str) -> Iterator[Cloud]:
    """
    Yield a cloud with both stacks deployed and a network in each account.

    *chosen* are parameters of the owner stack, where they are not to have their defaults.
    """
    with running_server(settings) as cloud:
        with ThreadPoolExecutor(1) as beside:
            networks = beside.submit(make_networks, cloud.endpoint)
            grace_hours = settings.grace_hours * settings.time_scale
            deployed = deploy(cloud.endpoint, grace_hours, **chosen)
        yield replace(cloud, deployed=deployed, networks=networks.result())


@contextmanager
def temporary_aws(
    time_scale: float = DEFAULT_TIME_SCALE,
    grace_hours: float = DEFAULT_GRACE_HOURS,
    **chosen: str,
) -> Iterator[Cloud]:
    """The same on a free port, with its state in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="localcloud-") as folder:
        state = Path(folder) / "state"
        with embedded_aws(Settings(free_port(), time_scale, state, grace_hours), **chosen) as cloud:
            yield cloud
