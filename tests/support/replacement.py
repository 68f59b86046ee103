"""A cluster that is deleted and created again with the same name, and the clients of both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from localcloud.msk import Assumptions, faults
from msklink.aws import run_state
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts, accounts_in_moto
from tests.support.functions import OWNER, invoke
from tests.support.onboarded_client import TAGS, OnboardedClient, onboard
from tests.support.step_functions import MACHINE, engine_in_moto, tag_event

BROKERS = "/msklink/orders/iam/bootstrap.servers"


@contextmanager
def prepare_replacement() -> Iterator[OnboardedClient]:
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
