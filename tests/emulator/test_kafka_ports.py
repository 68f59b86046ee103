"""The ports that bootstrap strings carry, on demand, and the names of brokers in a file."""

import json
import os
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from localcloud.cloud import Cloud, running_server
from localcloud.kafka import broker_ports, in_vpc
from localcloud.kafka.broker_ports import BrokerPorts, PortTaken
from localcloud.kafka.trust_store import PASSWORD
from localcloud.settings import HOST, PAUSED, REPOSITORY, Settings, free_port
from tests.emulator.kafka_builders import RawKafkaClient, RunningBrokers, running_brokers, token
from tests.support.optional import skip_or_fail

pytestmark = pytest.mark.xdist_group("kafka-server")


@pytest.fixture(scope="module")
def brokers() -> Iterator[RunningBrokers]:
    with running_brokers() as made:
        yield made


@pytest.fixture
def ports(brokers: RunningBrokers, monkeypatch: pytest.MonkeyPatch) -> BrokerPorts:
    """Return the ports of the proxy, with three others that no other test takes."""
    three = [free_port() for _ in range(3)]
    monkeypatch.setattr(broker_ports, "BROKER_PORTS", three)
    return BrokerPorts(brokers.proxy.listen_on)


def test_a_client_connects_on_a_claimed_port(brokers: RunningBrokers, ports: BrokerPorts) -> None:
    ports.claim()
    ports.claim()

    for port in broker_ports.BROKER_PORTS:
        client = RawKafkaClient(port, brokers.raw_client.trust)
        assert client.authenticate(token(), brokers.host()) is None
    ports.release()


def test_released_ports_are_free_and_connections_stay(
    brokers: RunningBrokers, ports: BrokerPorts
) -> None:
    ports.claim()
    client = RawKafkaClient(broker_ports.BROKER_PORTS[0], brokers.raw_client.trust)
    with client.connected(brokers.host()) as connection:
        ports.release()
        ports.release()

        assert not ports.claimed
        for port in broker_ports.BROKER_PORTS:
            socket.create_server((HOST, port)).close()
        assert connection.version()


def test_a_taken_port_is_named_and_none_is_claimed(ports: BrokerPorts) -> None:
    first, taken, _ = broker_ports.BROKER_PORTS
    with socket.create_server((HOST, taken)):
        with pytest.raises(PortTaken, match=f"port {taken} of {HOST} is taken .* DELETE"):
            ports.claim()

        assert not ports.claimed
        socket.create_server((HOST, first)).close()


def test_two_embedded_aws_take_turns(cloud: Cloud) -> None:
    with cloud.broker_ports() as claimed:
        state = claimed.hosts_file.parent.parent / "second"
        second = Settings(free_port(), PAUSED, state, broker_ports=True)
        with running_server(second) as other:
            refused = other.kafka()
            assert not refused.broker_ports
            assert "port 14001 of 127.0.0.1 is taken by another process" in refused.reason
            ports = f"{other.endpoint}/_localcloud/kafka/ports"
            with pytest.raises(HTTPError) as caught:
                urllib.request.urlopen(urllib.request.Request(ports, method="POST"))
            with caught.value as answer:
                assert answer.code == 409
                assert json.load(answer)["message"] == refused.reason
            urllib.request.urlopen(
                urllib.request.Request(f"{cloud.endpoint}/_localcloud/kafka/ports", method="DELETE")
            ).close()
            with other.broker_ports() as now:
                assert now.broker_ports
    assert not cloud.kafka().broker_ports


def test_a_command_needs_the_ports(cloud: Cloud) -> None:
    with pytest.raises(RuntimeError, match="nobody asked for them; claim them by POST"):
        in_vpc.environment(cloud.kafka())


def test_a_command_runs_with_the_names_and_the_ca(cloud: Cloud) -> None:
    skip_or_fail(in_vpc.missing())
    with cloud.broker_ports() as kafka:
        with kafka.hosts_file.open("a") as hosts:
            hosts.write(f"{HOST} b-1.iam.orders.example\n")
        given = in_vpc.environment(kafka)
        ask = "import socket; print(socket.gethostbyname('b-1.iam.orders.example'))"
        done = subprocess.run(
            [sys.executable, "-c", ask],
            env=os.environ | given,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.stdout, done.stderr) == (f"{HOST}\n", "")
    assert ssl.create_default_context(cafile=given["SSL_CERT_FILE"]).get_ca_certs()
    assert PASSWORD in given["JAVA_TOOL_OPTIONS"]


def test_the_guide_starts_commands_so(cloud: Cloud) -> None:
    """The process becomes the command, so signals and its exit code are those of the command."""
    skip_or_fail(in_vpc.missing())
    with cloud.broker_ports():
        command = [sys.executable, "-m", "localcloud.kafka.in_vpc", "sh", "-c", "exit 7"]
        environment = os.environ | {"AWS_ENDPOINT_URL": cloud.endpoint}
        done = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False)

    assert done.returncode == 7


def test_the_trust_store_is_for_java(cloud: Cloud) -> None:
    store = Path(cloud.kafka().trust_store).read_bytes()

    assert pkcs12.load_pkcs12(store, PASSWORD.encode()).additional_certs
