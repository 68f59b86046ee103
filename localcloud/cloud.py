"""The embedded AWS for a test or the demo: started, deployed to, and stopped again."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from localcloud.call_log import Call
from localcloud.deploy import Deployed, deploy, session
from localcloud.iam.decisions import Decision
from localcloud.kafka.resolver import PORT_VARIABLE
from localcloud.networks import Network, make_networks
from localcloud.settings import (
    ACCOUNTS,
    CLIENTS,
    DEFAULT_GRACE_HOURS,
    OWNER,
    PAUSED,
    REGION,
    REPOSITORY,
    Settings,
    clean_environment,
    free_port,
    is_free,
)

START_SECONDS = 30
STOP_SECONDS = 10
MOST_HOURS = 12
PACE_SECONDS = 0.1


@dataclass(frozen=True)
class KafkaEndpoint:
    """Where the brokers of all clusters listen, and the authority of their certificates."""

    port: int
    ca_file: Path

    def environment(self) -> dict[str, str]:
        """What a client process is told: by it the resolver finds the port, OpenSSL the CA."""
        return {PORT_VARIABLE: str(self.port), "SSL_CERT_FILE": str(self.ca_file)}


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
    def log(self) -> Path:
        """What the server said."""
        return self.settings.state / "server.log"

    def session(self, account: str) -> boto3.Session:
        """A session as the root of *account*; clients made from it need `endpoint_url`."""
        return session(account)

    def client(self, service: str, account: str) -> Any:
        """A boto3 client of *service* as the root of *account*."""
        return _client(self.endpoint, service, account)

    def calls(self, since: int = 0) -> list[Call]:
        """The API calls that the server took from number *since* on, in order."""
        answer = json.loads(self._ask("GET", f"/_localcloud/calls?since={since}"))
        return [Call(**call) for call in answer["calls"]]

    def decisions(self) -> list[Decision]:
        """What IAM said to roles so far."""
        answer = json.loads(self._ask("GET", "/_localcloud/decisions"))
        return [Decision(**decision) for decision in answer]

    def fault(self, operation: str, **fields: Any) -> None:
        """Let MSK misbehave at the next *operation*; *fields* as in control_api.py."""
        self._ask("POST", "/_localcloud/faults", {"operation": operation, **fields})

    def kafka(self) -> KafkaEndpoint:
        """Where a Kafka client connects; localcloud.kafka.resolver leads it there."""
        answer = json.loads(self._ask("GET", "/_localcloud/kafka"))
        return KafkaEndpoint(answer["port"], Path(answer["ca_file"]))

    def now(self) -> datetime:
        """The time that the clock of the server says."""
        return self._time(json.loads(self._ask("GET", "/_localcloud/time")))

    def settle(self) -> datetime:
        """Let all come to its end that is under way, and return the time."""
        return self._time(json.loads(self._ask("POST", "/_localcloud/time", {})))

    def step(self, until: datetime) -> datetime:
        """Let time go on to the next moment that is due, at most *until*; return the time."""
        asked = {"until": until.isoformat()}
        return self._time(json.loads(self._ask("POST", "/_localcloud/time", asked)))

    def advance(self, seconds: float) -> datetime:
        """Let time go on by *seconds*, and return the time."""
        asked = {"advance": seconds}
        return self._time(json.loads(self._ask("POST", "/_localcloud/time", asked)))

    def until[Seen](
        self, look: Callable[[], Seen], hours: float = MOST_HOURS, speed: float = 0
    ) -> Seen:
        """
        Return what *look* returns once it is true, letting time go on from moment to moment.

        With *speed* it goes on so many times faster than on AWS, for people who look on.
        Raises TimeoutError when *look* is not true within so many *hours* of the server's clock.
        """
        now = self.settle()
        end = now + timedelta(hours=hours)
        while not (seen := look()):
            if now >= end:
                raise TimeoutError(f"{look} saw {seen!r} to the end")
            if speed:
                time.sleep(PACE_SECONDS)
                now = self.step(min(end, now + timedelta(seconds=PACE_SECONDS * speed)))
            else:
                now = self.step(end)
        return seen

    def _time(self, answer: Mapping[str, Any]) -> datetime:
        return datetime.fromisoformat(answer["now"])

    def clear_faults(self) -> None:
        self._ask("DELETE", "/_localcloud/faults")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.endpoint}{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            content: bytes = answer.read()
            return content


@cache
def _client(endpoint: str, service: str, account: str) -> Any:
    return session(account).client(service, endpoint_url=endpoint)  # type: ignore[call-overload]  # any service


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
            deployed = deploy(cloud.endpoint, settings.grace_hours, **chosen)
        yield replace(cloud, deployed=deployed, networks=networks.result())


@contextmanager
def temporary_aws(
    time_scale: float = PAUSED,
    grace_hours: float = DEFAULT_GRACE_HOURS,
    **chosen: str,
) -> Iterator[Cloud]:
    """The same on a free port, with its state in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="localcloud-") as folder:
        state = Path(folder) / "state"
        with embedded_aws(Settings(free_port(), time_scale, state, grace_hours), **chosen) as cloud:
            yield cloud
