"""The AWS accounts in which scenarios run: an owner, two clients, and foreign resources."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from localcloud.msk import Durations, faults
from tests.faults.fault_injection import FaultInjector, inject_faults
from tests.support.aws import CLIENT, OTHER_CLIENT, Accounts, accounts_in_moto
from tests.support.functions import FunctionTimedOut, invoke
from tests.support.onboarded_client import FIREHOSE
from tests.support.redrive import redrive
from tests.support.step_functions import MACHINE, SUBSTITUTIONS, Engine, engine_in_moto, tag_event

MATRIX_DURATIONS = Durations(update_connectivity=60, create_connection=10)
MAX_SWEEPS = 12
"""Enough for retries of a refusal after 1, 2 and 4 hours, and two sweeps without a run."""


@dataclass
class Environment:
    accounts: Accounts
    engine: Engine
    injector: FaultInjector
    cluster: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)

    def deliver(self, function: str, event: dict[str, Any]) -> None:
        """Invoke *function*, which may fail only by an injected fault, and wait for all runs."""
        try:
            invoke(function, event)
        except (Exception, FunctionTimedOut):
            if not self.injector.injected:
                raise
        self.wait_for_runs()

    def reconcile(self) -> None:
        """Deliver a tag event of the cluster, and wait for all runs."""
        self.deliver("ReceiveEventFunction", tag_event(self.cluster))

    def request_run(self) -> None:
        """Deliver a tag event of the cluster while a run is in progress."""
        invoke("ReceiveEventFunction", tag_event(self.cluster))

    def sweep(self) -> list[str]:
        """Sweep an hour later, wait for all runs, and return those that the sweep started."""
        self.accounts.clock.advance(3600)
        runs: list[str] = invoke("SweepClustersFunction", {"id": "1"})["runs"]
        self.wait_for_runs()
        return runs

    def sweep_until_idle(self) -> None:
        """Sweep until two in a row start no run: one that finds a dead run starts none either."""
        idle = 0
        for _ in range(MAX_SWEEPS):
            idle = 0 if self.sweep() else idle + 1
            if idle == 2:
                return
        raise AssertionError(f"still something to do after {MAX_SWEEPS} sweeps")

    def report_failed_runs(self) -> None:
        """Deliver the event of EventBridge for each failed run."""
        for execution in self.executions("FAILED"):
            detail = {"executionArn": execution["executionArn"], "name": execution["name"]}
            self.deliver("ReleaseLeaseFunction", {"detail": detail})

    def redrive(self) -> None:
        """Report each failed run, and then redrive it."""
        self.report_failed_runs()
        for execution in self.executions("FAILED"):
            self.injector.revive_run(execution["name"])
            redrive(execution["name"])
            self.wait_for_runs()

    def wait_for_runs(self) -> None:
        """Wait until no run is in progress, including those that others start."""
        while running := self.executions("RUNNING"):
            for execution in running:
                self.engine.wait(execution["name"])

    def executions(self, status: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.accounts.client("stepfunctions").list_executions(
            stateMachineArn=MACHINE, statusFilter=status
        )["executions"]
        return found


@contextmanager
def empty_environment(variables: Mapping[str, str]) -> Iterator[Environment]:
    """
    Yield accounts without resources; the functions have the environment *variables*.

    Clients are processed one after another, so that a scenario can be repeated exactly.
    """
    with (
        mock.patch.dict("os.environ", variables),
        mock.patch.dict(SUBSTITUTIONS, ClientsAtOnce="1"),
        accounts_in_moto(MATRIX_DURATIONS) as accounts,
        engine_in_moto(accounts) as engine,
        inject_faults(
            lambda operation: accounts.msk.faults.add(faults.stale(operation))
        ) as injector,
    ):
        yield Environment(accounts, engine, injector)


def add_cluster_and_clients(environment: Environment) -> None:
    """
    Create a cluster, two clients with tagged VPCs, and foreign resources.

    One client asks for two schemes and needs a managed security group, the other tags its own.
    """
    accounts = environment.accounts
    environment.cluster = accounts.make_cluster(
        tags={"msklink": "iam scram", "msklink/clients": f"{CLIENT} {OTHER_CLIENT}"}
    )
    accounts.put_policy(environment.cluster, FIREHOSE)
    add_foreign_resources(accounts, CLIENT, make_vpc(accounts, CLIENT, "iam scram"))
    group = add_foreign_resources(accounts, OTHER_CLIENT, make_vpc(accounts, OTHER_CLIENT, "iam"))
    accounts.client("ec2", OTHER_CLIENT).create_tags(
        Resources=[group], Tags=[{"Key": "msklink/orders", "Value": ""}]
    )


def make_vpc(accounts: Accounts, account: str, schemes: str = "", name: str = "VPC") -> str:
    """Create a VPC, tagged with *schemes* if any, and the client stack; return the VPC id."""
    if account not in accounts.clients:
        accounts.deploy_client(account)
    vpc_id = accounts.make_network(account)
    accounts.client("ec2", account).create_tags(
        Resources=[vpc_id], Tags=[{"Key": "Name", "Value": name}]
    )
    if schemes:
        accounts.tag_vpc(account, vpc_id, schemes)
    return vpc_id


def find_vpc(accounts: Accounts, account: str, name: str) -> str:
    [vpc] = accounts.client("ec2", account).describe_vpcs(
        Filters=[{"Name": "tag:Name", "Values": [name]}]
    )["Vpcs"]
    return str(vpc["VpcId"])


def add_foreign_resources(accounts: Accounts, account: str, vpc_id: str) -> str:
    """Create a tag, a security group and parameters of others; return the group id."""
    ec2, ssm = accounts.client("ec2", account), accounts.client("ssm", account)
    ec2.create_tags(Resources=[vpc_id], Tags=[{"Key": "team", "Value": "payments"}])
    group: str = ec2.create_security_group(
        GroupName="applications", Description="of the client", VpcId=vpc_id
    )["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": "10.9.0.0/16"}],
            }
        ],
    )
    for name in ("/payments/limit", "/msklink/orders/iam/client.id", "/msklink/sales/note"):
        ssm.put_parameter(Name=name, Value="of the client", Type="String")
    return group
