"""Which client runs which steps by which scheme, as the table in docs/local-kafka.md has it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.e2e.clients.owner import SCHEMES
from tests.e2e.clients.steps import STEPS

HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Runner:
    """A module of this package that runs a client, and what it needs beside Python."""

    module: str
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    schemes: tuple[str, ...] = SCHEMES
    steps: tuple[str, ...] = STEPS

    @property
    def missing(self) -> str:
        """What is not installed, with the remedy; empty if nothing is missing."""
        if absent := [one for one in self.programs if shutil.which(one) is None]:
            return f"{', '.join(absent)} not installed: see `.ci/run` for the packages of Debian"
        if absent := [one for one in self.files if not any(HERE.glob(one))]:
            return f"{', '.join(absent)} not installed: make clients"
        return ""


CLIENTS: Final = {
    "confluent-kafka": Runner("confluent_client"),
    "kafka-python": Runner("kafka_python_client"),
    "aiokafka": Runner("aiokafka_client"),
    "KafkaJS": Runner("node_client", ("node",), ("node/node_modules/kafkajs",)),
    "kcat": Runner(
        "kcat_client",
        ("kcat",),
        schemes=("scram", "tls"),
        steps=("connect", "produce", "consume", "transaction"),
    ),
    "Java": Runner(
        "java_client",
        ("java", "javac"),
        ("java/lib/kafka-clients-*.jar", "java/lib/slf4j-api-*.jar"),
        schemes=("scram", "tls"),
    ),
}

RUNS: Final = [
    (client, scheme, step)
    for client, runner in CLIENTS.items()
    for scheme in runner.schemes
    for step in runner.steps
]
"""Everything that is tested."""
