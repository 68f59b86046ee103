"""Tag events are lost, repeated, late and out of order; one sweep reaches the desired state."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from localcloud.msk import Durations
from msklink.settings import settings
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts, accounts_in_moto
from tests.support.functions import invoke
from tests.support.onboarded_client import FIREHOSE
from tests.support.step_functions import Engine, engine_in_moto, tag_event

ROUNDS, SEEDS = 25, 20
"""500 rounds in total."""

INSTANT = Durations(
    update_connectivity=1,
    accept_update=0,
    create_connection=1,
    delete_connection=1,
    reject_connection=1,
    deactivate_connection=1,
)
CLIENTS = (CLIENT, OTHER_CLIENT, "444444444444")
SCHEMES = {
    "iam": {"iam"},
    "scram": {"scram"},
    "iam scram": {"iam", "scram"},
    "off": set(),
    "": set(),
}
AUTHENTICATION = {"SASL_IAM": "iam", "SASL_SCRAM": "scram"}


@dataclass
class UnreliableTagging:
    """Changes tags at random, and delivers their events unreliably."""

    accounts: Accounts
    engine: Engine
    rng: random.Random
    cluster: str
    vpcs: dict[str, str]
    listed: set[str] = field(default_factory=lambda: set(CLIENTS))
    tags: dict[str, str] = field(default_factory=dict)
    in_flight: list[dict[str, Any]] = field(default_factory=list)

    def change(self) -> None:
        if self.rng.random() < 0.25:
            self.listed ^= {self.rng.choice(CLIENTS)}
            self.accounts.tag_cluster(self.cluster, msklink__clients=" ".join(sorted(self.listed)))
            self._send_unreliably(tag_event(self.cluster, "msklink/clients"))
            return
        account = self.rng.choice(CLIENTS)
        self.tags[account] = self.rng.choice([*SCHEMES])
        if self.tags[account]:
            self.accounts.tag_vpc(account, self.vpcs[account], self.tags[account])
        else:
            self.accounts.untag_vpc(account, self.vpcs[account])
        self._send_unreliably(self._vpc_event(account))

    def _vpc_event(self, account: str) -> dict[str, Any]:
        key, tag = "msklink/orders", self.tags[account]
        return {
            "id": "1",
            "source": "aws.tag",
            "detail-type": "Tag Change on Resource",
            "account": account,
            "resources": [f"arn:aws:ec2:eu-west-1:{account}:vpc/{self.vpcs[account]}"],
            "detail": {
                "service": "ec2",
                "resource-type": "vpc",
                "changed-tag-keys": [key],
                "tags": {key: tag} if tag else {},
            },
        }

    def _send_unreliably(self, event: dict[str, Any]) -> None:
        """Lose half of the events, and repeat some of the others."""
        copies = self.rng.choice([0, 0, 1, 2])
        self.in_flight += [event] * copies

    def deliver(self) -> None:
        """Deliver some of the events now, in random order, and the others later."""
        self.rng.shuffle(self.in_flight)
        late = self.rng.randint(0, len(self.in_flight))
        now, self.in_flight = self.in_flight[late:], self.in_flight[:late]
        for event in now:
            self._end(invoke("ReceiveEventFunction", event)["runs"])

    def sweep(self) -> None:
        self._end(invoke("SweepClustersFunction", {"id": "1"})["runs"])

    def _end(self, runs: list[str]) -> None:
        for run in runs:
            self.engine.wait(run)

    def desired(self) -> dict[str, set[str]]:
        """Return the schemes that each account should have."""
        return {
            account: SCHEMES[self.tags.get(account, "")] if account in self.listed else set()
            for account in CLIENTS
        }

    def connected(self) -> dict[str, set[str]]:
        return {
            account: {
                AUTHENTICATION[one["Authentication"]]
                for one in self.accounts.connections(account)
                if one["State"] == "AVAILABLE"
            }
            for account in CLIENTS
        }

    def published(self) -> dict[str, set[str]]:
        return {
            account: {
                name.split("/")[3]
                for name in self.accounts.parameters(account)
                if name.endswith("/bootstrap.servers")
            }
            for account in CLIENTS
        }

    def granted(self) -> set[str]:
        firehose, *ours = self.accounts.policy(self.cluster)["Statement"]
        assert firehose == FIREHOSE
        return {arn.split(":")[4] for one in ours for arn in one["Principal"]["AWS"]}


@pytest.fixture
def tagging(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[UnreliableTagging]:
    with accounts_in_moto(INSTANT) as accounts, engine_in_moto(accounts) as engine:
        monkeypatch.setenv("GRACE_HOURS", "0")
        settings.cache_clear()
        tags = {"msklink": "iam scram", "msklink/clients": " ".join(CLIENTS)}
        cluster = accounts.make_cluster(tags=tags)
        accounts.put_policy(cluster, FIREHOSE)
        vpcs = {}
        for account in CLIENTS:
            accounts.deploy_client(account)
            vpcs[account] = accounts.make_network(account)
        yield UnreliableTagging(accounts, engine, random.Random(request.param), cluster, vpcs)


@pytest.mark.parametrize("tagging", range(SEEDS), indirect=True)
def test_one_sweep_reaches_the_desired_state(tagging: UnreliableTagging) -> None:
    for number in range(ROUNDS):
        for _ in range(tagging.rng.randint(1, 3)):
            tagging.change()
        tagging.deliver()
        tagging.sweep()

        desired = tagging.desired()
        assert tagging.connected() == desired, f"round {number}"
        assert tagging.published() == desired, f"round {number}"
        assert tagging.granted() == {account for account in desired if desired[account]}
