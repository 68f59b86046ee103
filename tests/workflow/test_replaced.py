"""A cluster that is deleted and created again with the same name, in every order of events."""

import contextvars
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.msk import Assumptions, faults
from msklink.aws import run_state
from msklink.settings import settings
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts, accounts_in_moto
from tests.support.functions import OWNER, invoke
from tests.support.onboarded_client import TAGS, OnboardedClient, onboard
from tests.support.permission_check import release_engine_lock
from tests.support.step_functions import MACHINE, engine_in_moto, tag_event

BROKERS = "/msklink/orders/iam/bootstrap.servers"


@contextmanager
def prepare() -> Iterator[OnboardedClient]:
    """Let MSK release a name when its cluster is being deleted, which allows every order."""
    assumptions = Assumptions(name_is_free_while_deleting=True)
    with accounts_in_moto(assumptions=assumptions) as accounts, engine_in_moto(accounts) as engine:
        yield onboard(accounts, engine)


@dataclass
class Replacement:
    onboarded: OnboardedClient
    old: str
    new: str = ""

    @property
    def accounts(self) -> Accounts:
        return self.onboarded.accounts

    def delete_old(self, slowness: float = 1) -> None:
        """Delete the old cluster, which takes *slowness* times as long as usual."""
        self.accounts.msk.faults.add(faults.slow("DeleteCluster", slowness))
        self.accounts.client("kafka").delete_cluster(ClusterArn=self.old)
        if slowness == 1:
            self.onboarded.advance_hours(1)

    def make_new(self, **tags: str) -> None:
        self.new = self.accounts.make_cluster(tags=tags or TAGS)

    def replace(self) -> None:
        self.delete_old()
        self.make_new()

    def send_tag_event(self) -> None:
        """Send the event that the new cluster has tags."""
        self.onboarded.cluster = self.new
        self.onboarded.reconcile()
        self.settle()

    def sweep(self) -> int:
        runs: list[str] = invoke("SweepClustersFunction", {"id": "1"})["runs"]
        self.settle()
        return len(runs)

    def run_of_old(self) -> None:
        """Start a run for the old cluster and wait for its end."""
        [run] = invoke("ReceiveEventFunction", tag_event(self.old))["runs"]
        self.onboarded.engine.wait(run)

    def settle(self) -> None:
        while running := self._executions("RUNNING"):
            for name in running:
                self.onboarded.engine.wait(name)
        assert not self._executions("FAILED")

    def runs_of_new(self) -> int:
        return sum(self.new.split("/")[2][:8] in name for name in self._executions())

    def _executions(self, *status: str) -> list[str]:
        which = {"statusFilter": status[0]} if status else {}
        found = self.accounts.client("stepfunctions").list_executions(
            stateMachineArn=MACHINE, **which
        )
        return [one["name"] for one in found["executions"]]

    def brokers(self) -> set[str]:
        """Return the brokers of the new cluster for IAM."""
        found = self.accounts.client("kafka").get_bootstrap_brokers(ClusterArn=self.new)
        return set(found["BootstrapBrokerStringVpcConnectivitySaslIam"].split(","))

    def published(self, account: str) -> set[str]:
        return set(self.accounts.parameters(account)[BROKERS].split(","))

    def assert_new_is_served(self, *, replaced: bool = True) -> None:
        """Assert that the new cluster is served and only the run count of the old one is left."""
        accounts = self.accounts
        for account in (CLIENT, OTHER_CLIENT, OWNER):
            assert self.published(account) == self.brokers()
            status = accounts.status(account)
            assert (status["cluster_arn"], status["state"]) == (self.new, "published")
            if replaced:
                assert status["replaced"]["code"] == "ClusterReplaced"
                assert self.old in status["replaced"]["message"]
                assert self.new in status["replaced"]["message"]
            assert "refusal" not in status
        for account in (CLIENT, OTHER_CLIENT):
            [made] = accounts.connections(account)
            assert (made["TargetClusterArn"], made["State"]) == (self.new, "AVAILABLE")
            described = accounts.client("kafka", account).describe_vpc_connection(
                Arn=made["VpcConnectionArn"]
            )
            assert described["SecurityGroups"] == self.onboarded.managed_groups(account)
        [ours] = accounts.policy(self.new)["Statement"]
        assert [arn.split(":")[4] for arn in ours["Principal"]["AWS"]] == [CLIENT, OTHER_CLIENT]
        assert not [item for item in accounts.items(self.old) if item.startswith("client#")]

    def assert_quiet(self) -> None:
        for _ in range(3):
            self.onboarded.advance_hours(1)
            self.sweep()
        self.onboarded.advance_hours(1)
        assert self.sweep() == 0
        assert run_state.tracked_clusters() == [self.new]
        left = self.accounts.items(self.old)
        assert list(left) == ["cluster"]
        assert "holder" not in left["cluster"]


@pytest.fixture
def replacement(onboarded: OnboardedClient) -> Replacement:
    return Replacement(onboarded, onboarded.cluster)


# ----------------------------------------------------------------------------- orders of events


def nothing_but_the_event_of_the_new_one(it: Replacement) -> None:
    it.replace()
    it.send_tag_event()


def nothing_but_the_sweep(it: Replacement) -> None:
    it.replace()
    it.sweep()


def the_sweep_saw_that_the_old_one_is_gone(it: Replacement) -> None:
    it.delete_old()
    it.sweep()
    assert it.accounts.status(CLIENT)["vpcs"][it.onboarded.vpc_id]["iam"]["leaving"]
    it.make_new()
    it.send_tag_event()


def the_sweep_sees_both_one_after_the_other(it: Replacement) -> None:
    it.delete_old()
    it.sweep()
    it.make_new()
    it.sweep()


def the_tags_come_late(it: Replacement) -> None:
    it.delete_old()
    it.make_new(team="payments")
    it.sweep()
    it.onboarded.advance_hours(2)
    it.accounts.client("kafka").tag_resource(ResourceArn=it.new, Tags=TAGS)
    it.send_tag_event()


def the_connections_are_due_when_the_new_one_comes(it: Replacement) -> None:
    it.delete_old()
    it.sweep()
    it.onboarded.advance_hours(24)
    it.make_new()
    it.sweep()


def the_clients_asked_by_event(it: Replacement) -> None:
    """Replace the tags of the clients by requests."""
    it.onboarded.request_onboarding()
    it.accounts.untag_vpc(CLIENT, it.onboarded.vpc_id)
    it.onboarded.reconcile()
    it.replace()
    it.send_tag_event()


ORDERS: list[Callable[[Replacement], None]] = [
    nothing_but_the_event_of_the_new_one,
    nothing_but_the_sweep,
    the_sweep_saw_that_the_old_one_is_gone,
    the_sweep_sees_both_one_after_the_other,
    the_tags_come_late,
    the_connections_are_due_when_the_new_one_comes,
    the_clients_asked_by_event,
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_one_run_connects_the_new_cluster_and_removes_the_old(
    replacement: Replacement, order: Callable[[Replacement], None]
) -> None:
    order(replacement)

    assert replacement.runs_of_new() == 1
    replacement.assert_new_is_served()
    codes = {code for _, code in replacement.onboarded.take_events()} - {""}
    assert codes <= {"ClusterNotFound", "ClusterReplaced"}
    assert "ClusterReplaced" in codes
    replacement.assert_quiet()


# --------------------------------------------------------------------- while the old cluster exists


def test_a_cluster_keeps_its_name_while_it_is_deleted_and_the_client_is_informed(
    replacement: Replacement,
) -> None:
    accounts = replacement.accounts
    replacement.delete_old(slowness=100)
    replacement.make_new()
    before = accounts.parameters(CLIENT)
    replacement.send_tag_event()

    status = accounts.status(CLIENT)
    assert status["refusal"]["code"] == "ClusterNameTaken"
    assert replacement.old in status["refusal"]["message"]
    assert replacement.new in status["refusal"]["message"]
    assert (status["cluster_arn"], status["state"]) == (replacement.old, "published")
    assert ("Client Refused", "ClusterNameTaken") in replacement.onboarded.take_events()
    after = accounts.parameters(CLIENT)
    assert after.pop("/msklink/orders/status") != before.pop("/msklink/orders/status")
    assert after == before
    assert accounts.status(OWNER)["cluster_arn"] == replacement.old

    replacement.onboarded.advance_hours(24)
    replacement.sweep()

    replacement.assert_new_is_served()
    replacement.assert_quiet()


def test_a_request_by_name_is_for_the_cluster_that_is_not_being_deleted(
    replacement: Replacement,
) -> None:
    replacement.delete_old(slowness=100)
    replacement.make_new()

    replacement.onboarded.request_onboarding()
    replacement.settle()

    assert replacement.runs_of_new() == 1


# ---------------------------------------------------------------------------- actions of people


def test_a_client_that_deletes_the_parameters_is_served_and_keeps_its_group(
    replacement: Replacement,
) -> None:
    accounts = replacement.accounts
    replacement.delete_old()
    replacement.sweep()
    replacement.make_new()
    ssm = accounts.client("ssm", CLIENT)
    for name in accounts.parameters(CLIENT):
        ssm.delete_parameter(Name=name)
    replacement.onboarded.take_events()
    replacement.send_tag_event()

    assert replacement.published(CLIENT) == replacement.brokers()
    for _ in range(30):
        replacement.onboarded.advance_hours(1)
        replacement.sweep()
    assert "SecurityGroupInUse" not in {code for _, code in replacement.onboarded.take_events()}
    assert len(replacement.onboarded.managed_groups()) == 1
    replacement.assert_quiet()


@pytest.mark.parametrize("guard", ["tag", "stack"])
def test_protection_does_not_keep_a_dead_connection_with_a_successor(
    replacement: Replacement, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if guard == "tag":
        replacement.accounts.client("ec2", CLIENT).create_tags(
            Resources=[replacement.onboarded.vpc_id], Tags=[{"Key": "msklink/protect", "Value": ""}]
        )
    else:
        monkeypatch.setenv("DELETION_PROTECTION", "true")
        settings.cache_clear()
    replacement.delete_old()
    replacement.sweep()
    assert replacement.onboarded.status_entry()["leaving"]["reason"]["code"] == "DeletionProtected"

    replacement.make_new()
    replacement.send_tag_event()

    replacement.assert_new_is_served()
    replacement.assert_quiet()


def test_an_account_that_the_new_cluster_does_not_list_is_offboarded(
    replacement: Replacement,
) -> None:
    accounts = replacement.accounts
    replacement.delete_old()
    replacement.make_new(**(TAGS | {"msklink/clients": OTHER_CLIENT}))
    replacement.send_tag_event()

    assert accounts.status(OTHER_CLIENT)["cluster_arn"] == replacement.new
    removal = replacement.onboarded.status_entry()["leaving"]
    assert removal["reason"]["code"] == "ClusterNotFound"

    replacement.onboarded.advance_hours(24)
    replacement.sweep()

    assert accounts.parameters(CLIENT) == {}
    assert accounts.connections(CLIENT) == []
    assert replacement.onboarded.managed_groups() == []
    assert replacement.published(OTHER_CLIENT) == replacement.brokers()
    replacement.assert_quiet()


def test_a_manual_connection_of_the_old_cluster_is_kept(replacement: Replacement) -> None:
    accounts = replacement.accounts
    [made] = accounts.connections(CLIENT)
    accounts.client("kafka", CLIENT).untag_resource(
        ResourceArn=made["VpcConnectionArn"], TagKeys=["msklink/managed-by"]
    )
    replacement.replace()
    replacement.send_tag_event()

    states = {one["TargetClusterArn"]: one["State"] for one in accounts.connections(CLIENT)}
    assert states == {replacement.old: "INACTIVE", replacement.new: "AVAILABLE"}
    assert replacement.published(CLIENT) == replacement.brokers()
    replacement.assert_quiet()


# ---------------------------------------------------------------------- concurrent runs


Meanwhile = Callable[[str, Callable[[], object]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Run a function just before the next call to AWS by one of our functions."""

    def meanwhile(target: str, action: Callable[[], object]) -> None:
        module, _, name = target.rpartition(".")
        call = getattr(importlib.import_module(module), name)

        def act(*arguments: Any, **named: Any) -> Any:
            monkeypatch.setattr(target, call)
            with release_engine_lock():
                contextvars.Context().run(action)
            return call(*arguments, **named)

        monkeypatch.setattr(target, act)

    return meanwhile


@pytest.mark.parametrize(
    "call",
    [
        "msklink.aws.msk_vpc_connections.list_connections",
        "msklink.aws.msk_vpc_connections.delete_connection",
        "msklink.aws.ec2_security_groups.delete_group",
    ],
)
def test_a_run_of_the_old_cluster_keeps_what_the_new_one_published(
    replacement: Replacement, meanwhile: Meanwhile, call: str
) -> None:
    """The run of the new cluster happens between two calls of the run of the old one."""
    replacement.delete_old()
    replacement.sweep()
    replacement.make_new()
    run_state.track_cluster(replacement.new)
    seen = []

    def run_of_new() -> None:
        [run] = invoke("ReceiveEventFunction", tag_event(replacement.new))["runs"]
        replacement.onboarded.engine.wait(run)
        seen.append(replacement.published(CLIENT))

    meanwhile(call, run_of_new)
    replacement.onboarded.cluster = replacement.old
    replacement.onboarded.reconcile()
    replacement.settle()

    assert seen == [replacement.brokers()]
    replacement.assert_new_is_served()
    replacement.assert_quiet()


@pytest.mark.parametrize(
    "call",
    [
        "msklink.aws.msk_clusters.enable_connectivity",
        "msklink.aws.msk_vpc_connections.create_connection",
        "msklink.aws.msk_clusters.bootstrap_brokers",
    ],
)
def test_a_run_of_the_new_cluster_tolerates_the_deletion_of_the_old(
    replacement: Replacement, meanwhile: Meanwhile, call: str
) -> None:
    replacement.replace()
    meanwhile(call, replacement.run_of_old)

    replacement.send_tag_event()

    replacement.assert_new_is_served()
    replacement.assert_quiet()


def test_a_successor_deleted_before_it_takes_the_name_leaves_no_brokers(
    replacement: Replacement,
) -> None:
    """The client account denies changes of parameters meanwhile."""
    accounts = replacement.accounts
    replacement.delete_old()
    replacement.make_new()
    accounts.denied.add((CLIENT, "PutParameter"))
    accounts.denied.add((CLIENT, "DeleteParameters"))
    replacement.send_tag_event()
    assert accounts.status(CLIENT)["cluster_arn"] == replacement.old

    accounts.client("kafka").delete_cluster(ClusterArn=replacement.new)
    accounts.denied.clear()
    for _ in range(30):
        replacement.onboarded.advance_hours(1)
        replacement.sweep()

    assert accounts.parameters(CLIENT) == {}
    assert accounts.connections(CLIENT) == []
    assert replacement.onboarded.managed_groups() == []
    assert run_state.tracked_clusters() == []
