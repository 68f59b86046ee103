"""A cluster that is replaced by one of the same name while the runs of both are in progress."""

import contextvars
import importlib
from collections.abc import Callable
from typing import Any

import pytest

from msklink.aws import run_state
from tests.support.aws import CLIENT
from tests.support.functions import invoke
from tests.support.permission_check import release_engine_lock
from tests.support.replacement import Replacement, prepare_replacement
from tests.support.step_functions import tag_event

prepare = prepare_replacement

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
