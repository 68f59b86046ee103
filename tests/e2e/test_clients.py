"""
Clients in several languages connect with nothing but what is published and their own login.

Each runs in a process of its own, in which the broker names resolve as in the client's VPC
(localcloud/kafka/in_vpc.py). Runs after test_main_job.py, so that only one cluster is connected
there.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.kafka.in_vpc import missing
from localcloud.settings import REPOSITORY
from tests.e2e.clients.owner import PREFIX
from tests.e2e.clients.shipping import Shipping, connected_client
from tests.e2e.clients.steps import SECONDS, STEPS, topic
from tests.e2e.clients.table import CLIENTS, RUNS
from tests.support.optional import skip_or_fail

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

AT_ONCE = 6
"""They wait for their groups most of the time."""


def prefix(client: str, scheme: str) -> str:
    """Return what the names of topics and groups of a client begin with."""
    return f"{PREFIX}{client}.{scheme}"


@pytest.fixture(scope="module")
def shipping(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipping]:
    skip_or_fail(missing())
    topics = [topic(prefix(client, scheme)) for client, scheme, _ in RUNS]
    folder = tmp_path_factory.mktemp("client")
    with connected_client(cloud, folder, dict.fromkeys(topics)) as shipping:
        yield shipping


Processes = dict[tuple[str, str], Future["subprocess.CompletedProcess[str]"]]


@pytest.fixture(scope="module")
def processes(shipping: Shipping) -> Iterator[Processes]:
    """Start each installed client with each of its schemes."""

    def run(client: str, scheme: str) -> "subprocess.CompletedProcess[str]":
        module = f"tests.e2e.clients.{CLIENTS[client].module}"
        return subprocess.run(
            [sys.executable, "-m", module, "shipping", scheme, prefix(client, scheme)],
            cwd=REPOSITORY,
            env=shipping.environment,
            capture_output=True,
            text=True,
            timeout=len(STEPS) * SECONDS,
            check=False,
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            (client, scheme): pool.submit(run, client, scheme)
            for client, runner in CLIENTS.items()
            for scheme in runner.schemes
            if not runner.missing
        }


Outcome = Callable[[str, str, str], Any]


@pytest.fixture
def outcome(processes: Processes) -> Outcome:
    """Return a function that tells what a step of a client with a scheme has returned."""

    def read(client: str, scheme: str, step: str) -> Any:
        skip_or_fail(CLIENTS[client].missing)
        done = processes[client, scheme].result()
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)[step]
        assert not isinstance(found, dict), found["error"]
        return found

    return read


@pytest.mark.parametrize(("client", "scheme", "step"), RUNS)
def test_a_client_does_each_step(
    shipping: Shipping, outcome: Outcome, client: str, scheme: str, step: str
) -> None:
    expected = {
        "connect": shipping.brokers(scheme) if step == "connect" else [],
        "create": 2,
        "produce": [0, 0],
        "consume": "one",
        "transaction": "two",
    }

    assert outcome(client, scheme, step) == expected[step]
