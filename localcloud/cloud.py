"""Start the embedded AWS for a test or the demo, deploy to it, and stop it."""

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
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError

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
from localcloud.trails import make_trails

START_SECONDS = 30
STOP_SECONDS = 10
MOST_HOURS = 12
PACE_SECONDS = 0.1
TURN_SECONDS = 300


@dataclass(frozen=True)
class KafkaEndpoint:
    """The port of the Kafka proxy, and the files that its clients need."""

    port: int
    ca_file: Path
    trust_store: Path
    """The CA as a trust store of Java."""
    hosts_file: Path
    """The names of all brokers, as in /etc/hosts, at the time of the answer."""
    broker_ports: bool
    """Whether the proxy also listens on the ports that bootstrap strings carry."""
    reason: str
    """Why it does not, if that was tried."""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        paths = {name: Path(answer[name]) for name in ("ca_file", "trust_store", "hosts_file")}
        return cls(**(dict(answer) | paths))

    def environment(self) -> dict[str, str]:
        """Return the environment variables by which a client process finds the port and the CA."""
        return {PORT_VARIABLE: str(self.port), "SSL_CERT_FILE": str(self.ca_file)}


@dataclass(frozen=True)
class Cloud:
    """The running server, with an owner account and two client accounts."""

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
        """The log file of the server."""
        return self.settings.state / "server.log"

    def session(self, account: str) -> boto3.Session:
        """Return a session as the root of *account*; its clients need `endpoint_url`."""
        return session(account)

    def client(self, service: str, account: str) -> Any:
        """Return a boto3 client of *service* as the root of *account*."""
        return _client(self.endpoint, service, account)

    def calls(self, since: int = 0) -> list[Call]:
        """Return the API calls from number *since* on, in order."""
        answer = json.loads(self._ask("GET", f"/_localcloud/calls?since={since}"))
        return [Call(**call) for call in answer["calls"]]

    def decisions(self) -> list[Decision]:
        """Return IAM's decisions about roles so far."""
        answer = json.loads(self._ask("GET", "/_localcloud/decisions"))
        return [Decision(**decision) for decision in answer]

    def fault(self, operation: str, **fields: Any) -> None:
        """Inject a fault into the next *operation* of MSK; *fields* as in msk.faults.Fault."""
        self._ask("POST", "/_localcloud/faults", {"operation": operation, **fields})

    def assume(self, **answers: Any) -> None:
        """Change assumptions of the emulator of MSK, by the fields of msk.Assumptions."""
        self._ask("POST", "/_localcloud/assumptions", answers)

    def kafka(self) -> KafkaEndpoint:
        """Return where Kafka clients connect; localcloud.kafka.resolver resolves names to it."""
        return KafkaEndpoint.of(json.loads(self._ask("GET", "/_localcloud/kafka")))

    @contextmanager
    def broker_ports(self) -> Iterator[KafkaEndpoint]:
        """
        Serve Kafka on the ports of bootstrap strings until the block ends.

        Waits while another embedded AWS on this machine has them. Raises RuntimeError if it keeps
        them.
        """
        deadline = time.monotonic() + TURN_SECONDS
        while "message" in (answer := self._claim_broker_ports()):
            if time.monotonic() > deadline:
                raise RuntimeError(answer["message"])
            time.sleep(PACE_SECONDS)
        try:
            yield KafkaEndpoint.of(answer)
        finally:
            self._ask("DELETE", "/_localcloud/kafka/ports")

    def _claim_broker_ports(self) -> dict[str, Any]:
        """Return the endpoint, or a message why the ports cannot be had."""
        try:
            answer = self._ask("POST", "/_localcloud/kafka/ports")
        except HTTPError as error:
            if error.code != HTTPStatus.CONFLICT:
                raise
            answer = error.read()
        read: dict[str, Any] = json.loads(answer)
        return read

    def now(self) -> datetime:
        """Return the time of the server's clock."""
        return self._time(json.loads(self._ask("GET", "/_localcloud/time")))

    def settle(self) -> datetime:
        """Wait until no work is in progress, and return the time."""
        return self._time(json.loads(self._ask("POST", "/_localcloud/time", {})))

    def step(self, until: datetime) -> datetime:
        """Advance the clock to the next event, at most to *until*, and return the time."""
        asked = {"until": until.isoformat()}
        return self._time(json.loads(self._ask("POST", "/_localcloud/time", asked)))

    def advance(self, seconds: float) -> datetime:
        """Advance the clock by *seconds*, and return the time."""
        asked = {"advance": seconds}
        return self._time(json.loads(self._ask("POST", "/_localcloud/time", asked)))

    def until[Seen](
        self, condition: Callable[[], Seen], hours: float = MOST_HOURS, speed: float = 0
    ) -> Seen:
        """
        Advance the clock from event to event until *condition* is true, and return its value.

        With *speed* the clock runs so many times faster than on AWS, for people who watch.
        Raises TimeoutError if *condition* is not true within *hours* of the server's clock.
        """
        now = self.settle()
        end = now + timedelta(hours=hours)
        while not (seen := condition()):
            if now >= end:
                raise TimeoutError(f"{condition} was still {seen!r}")
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
    """Run the server in a child process until the block ends; its state starts empty."""
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
            start_new_session=True,  # Ctrl-C reaches only this process, which ends the server
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

    *chosen* are parameters of the owner stack that differ from their defaults.
    """
    with running_server(settings) as cloud:
        with ThreadPoolExecutor(1) as beside:
            networks = beside.submit(make_networks, cloud.endpoint)
            beside.submit(make_trails, cloud.endpoint).result()
            deployed = deploy(cloud.endpoint, settings.grace_hours, **chosen)
        yield replace(cloud, deployed=deployed, networks=networks.result())


@contextmanager
def temporary_aws(
    time_scale: float = PAUSED,
    grace_hours: float = DEFAULT_GRACE_HOURS,
    **chosen: str,
) -> Iterator[Cloud]:
    """Yield the same on a free port, with its state in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="localcloud-") as folder:
        state = Path(folder) / "state"
        with embedded_aws(Settings(free_port(), time_scale, state, grace_hours), **chosen) as cloud:
            yield cloud
