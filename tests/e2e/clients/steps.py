"""
What each client does on a cluster, and how it reports.

A client process gets the name of the cluster, the scheme and a prefix for its topics, groups and
transactional ids. It prints one JSON object: what each step returned, or its error.
"""

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any, Final, Protocol

STEPS: Final = ("connect", "create", "produce", "consume", "transaction")
"""
connect      the addresses of all brokers, as the cluster tells them
create       the number of partitions of a topic, after the admin client created it with two
produce      the partition and offset of `one`, the first message of the topic that exists
consume      what a member of a group reads there
transaction  what the next member reads of what is committed, after `two` was sent in a transaction
"""

SECONDS: Final = 60
"""The patience of a client with each request."""


def topic(prefix: str) -> str:
    """Return the name of the topic that exists for a client."""
    return f"{prefix}.sent"


class Client(Protocol):
    def brokers(self) -> list[str]: ...

    def create_topic(self, topic: str, partitions: int) -> int:
        """Create a topic, and return how many partitions it has."""

    def send(self, topic: str, value: str) -> list[int]:
        """Send a message to partition 0 by an idempotent producer; return partition and offset."""

    def read_one(self, topic: str, group: str) -> str:
        """Return the next committed message as a member of *group*, and commit its offset."""

    def send_in_transaction(self, topic: str, value: str, transactional_id: str) -> None: ...


def run(make: Callable[[str, str], Client]) -> None:
    """Run the steps with the client that *make* returns for a cluster and a scheme."""
    cluster, scheme, prefix = sys.argv[1:]
    client = make(cluster, scheme)
    sent, group = topic(prefix), f"{prefix}.group"

    def transaction() -> str:
        client.send_in_transaction(sent, "two", f"{prefix}.transactions")
        return client.read_one(sent, group)

    steps: dict[str, Callable[[], Any]] = {
        "connect": lambda: sorted(client.brokers()),
        "create": lambda: client.create_topic(f"{prefix}.created", 2),
        "produce": lambda: client.send(sent, "one"),
        "consume": lambda: client.read_one(sent, group),
        "transaction": transaction,
    }
    sys.stdout.write(json.dumps({name: _outcome(step) for name, step in steps.items()}))


def _outcome(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Exception:  # noqa: BLE001 the test shows it
        return {"error": traceback.format_exc()}
