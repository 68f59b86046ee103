"""The state of the emulator, for all accounts and Regions, and the current call."""

import random
import string
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from localcloud.msk.assumptions import Assumptions
from localcloud.msk.authorities import Authorities, MemoryAuthorities
from localcloud.msk.clock import Clock, Durations, Timeline
from localcloud.msk.faults import Fault
from localcloud.msk.model import (
    Caller,
    Cluster,
    Configuration,
    Connection,
    Json,
    TagChange,
    Tags,
)
from localcloud.msk.network import Network
from localcloud.msk.secret_store import MemorySecretStore, SecretStore
from localcloud.msk.topic_store import MemoryTopics, Topics


@dataclass
class Store:
    clock: Clock
    network: Network
    durations: Durations
    assumptions: Assumptions
    secrets: SecretStore = field(default_factory=MemorySecretStore)
    authorities: Authorities = field(default_factory=MemoryAuthorities)
    topics: Topics = field(default_factory=MemoryTopics)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    configurations: dict[str, Configuration] = field(default_factory=dict)
    tag_changes: list[TagChange] = field(default_factory=list)
    closed_accounts: set[str] = field(default_factory=set)
    roles: dict[str, datetime] = field(default_factory=dict)
    """When MSK's service-linked role of an account exists, by account."""
    _tag_versions: Counter[str] = field(default_factory=Counter)
    _random: random.Random = field(default_factory=lambda: random.Random("msk"))
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.clock)

    def now(self) -> datetime:
        return self.timeline.now()

    def after(self, seconds: float, step: Callable[[], None]) -> None:
        self.timeline.after(seconds, step)

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def version(self) -> str:
        """Return a new, opaque version."""
        return "K" + self.letters(13, string.ascii_uppercase + string.digits)

    def letters(self, count: int, alphabet: str = string.ascii_lowercase + string.digits) -> str:
        return "".join(self._random.choices(alphabet, k=count))

    def connections_of(self, cluster: Cluster) -> list[Connection]:
        return [item for item in self.connections.values() if item.cluster_arn == cluster.arn]

    def tags_changed(
        self, caller: Caller, arn: str, kind: str, keys: tuple[str, ...], tags: Tags
    ) -> None:
        self._tag_versions[arn] += 1
        self.tag_changes.append(
            TagChange(caller, arn, kind, keys, dict(tags), self._tag_versions[arn])
        )


@dataclass(frozen=True)
class Call:
    """One request: its caller, operation and parameters, and the fault injected into it."""

    store: Store
    caller: Caller
    operation: str
    params: Json
    fault: Fault
