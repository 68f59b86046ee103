"""What the cases of the kill matrix happen to: an owner, two clients, and what is of neither."""

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
"""A refusal that stays has the sweep start runs after 1, 2 and 4 hours, before two find nothing."""


@dataclass
class Environment:
    accounts: Accounts
    engine: Engine
    injector: FaultInjector
    cluster: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    foreign_resources: Any = None
    """What belonged to others at the start."""

    def deliver(self, function: str, event: dict[str, Any]) -> None:
        """Hand *event* to *function*, which may fail if a fault strikes, and let all runs end."""
        try:
            invoke(function, event)
        except (Exception, FunctionTimedOut):
            if not self.injector.injected:
                raise
        self.wait_for_runs()

    def reconcile(self) -> None:
        """An event says that the tags of the cluster have changed."""
        self.deliver("ReceiveEventFunction", tag_event(self.cluster))

    def request_run(self) -> None:
        """The same while a run is under way, to whose end it is left."""
        invoke("ReceiveEventFunction", tag_event(self.cluster))

    def sweep(self) -> list[str]:
        """The runs that a sweep starts, an hour later; they have come to their end."""
        self.accounts.clock.advance(3600)
        runs: list[str] = invoke("SweepClustersFunction", {"id": "1"})["runs"]
        self.wait_for_runs()
        return runs

    def sweep_until_idle(self) -> None:
        """A sweep that finds a dead run starts none, so one more must agree."""
        idle = 0
        for _ in range(MAX_SWEEPS):
            idle = 0 if self.sweep() else idle + 1
            if idle == 2:
                return
        raise AssertionError(f"still something to do after {MAX_SWEEPS} sweeps")

    def report_failed_runs(self) -> None:
        """EventBridge tells of each run that failed."""
        for execution in self.executions("FAILED"):
            detail = {"executionArn": execution["executionArn"], "name": execution["name"]}
            self.deliver("ReleaseLeaseFunction", {"detail": detail})

    def redrive(self) -> None:
        """Somebody lets each run go on that failed, once he has heard of it."""
        self.report_failed_runs()
        for execution in self.executions("FAILED"):
            self.injector.revive_run(execution["name"])
            redrive(execution["name"])
            self.wait_for_runs()

    def wait_for_runs(self) -> None:
        """Let every run end, also one that another has started."""
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
    Accounts in which nothing is yet, of an owner who has set the parameters in *variables*.

    One client comes after the other, so that all can be repeated.
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
    A cluster for two clients that are to be connected, and things of others in every place.

    One client wants two schemes and has a security group made for it, the other brings its own.
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
    """A VPC with the client stack, tagged with the *schemes* that it asks for, if any."""
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
    """A tag, a security group, whose id it returns, and parameters outside and beside ours."""
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
