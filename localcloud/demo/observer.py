"""Observe a run through the AWS APIs, and check its result."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from localcloud.cloud import Cloud
from localcloud.demo.scenario import CLUSTER, WISHES


@dataclass(frozen=True)
class Observation:
    """The run, the cluster and the connections at one moment."""

    run: str = ""
    status: str = "WAITING"
    state: str = ""
    entered: Counter[str] = field(default_factory=Counter)
    """How often each state of the state machine was entered."""
    cluster: str = ""
    private: tuple[str, ...] = ()
    connections: tuple[tuple[str, str, str], ...] = ()
    """Account, authentication and state of each connection."""

    @property
    def over(self) -> bool:
        return self.status not in {"WAITING", "RUNNING"}

    @property
    def transitions(self) -> int:
        """The billed transitions: one for each state entered, without those inside a Map."""
        return self.entered.total()


@dataclass(frozen=True)
class Observer:
    cloud: Cloud
    cluster_arn: str

    def observe(self) -> Observation:
        executions = self._owner("stepfunctions").list_executions(
            stateMachineArn=self.cloud.deployed.owner["StateMachineArn"]
        )["executions"]
        info = self._owner("kafka").describe_cluster_v2(ClusterArn=self.cluster_arn)["ClusterInfo"]
        seen: dict[str, Any] = {"cluster": info["State"], "private": _private(info)}
        seen["connections"] = self.connections() if seen["private"] else ()
        if not executions:
            return Observation(**seen)
        latest = max(executions, key=lambda execution: execution["startDate"])
        states = self.states(latest["executionArn"])
        return Observation(
            run=latest["name"],
            status=latest["status"],
            state=states[-1] if states else "",
            entered=Counter(states),
            **seen,
        )

    def connections(self) -> tuple[tuple[str, str, str], ...]:
        listed = self._owner("kafka").list_client_vpc_connections(ClusterArn=self.cluster_arn)
        return tuple(
            sorted(
                (found["Owner"], found["Authentication"], found["State"])
                for found in listed["ClientVpcConnections"]
            )
        )

    def states(self, execution_arn: str) -> list[str]:
        pages = (
            self._owner("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=execution_arn)
        )
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]

    def parameters(self, account: str) -> dict[str, str]:
        """Return the parameters that *account* reads with its own credentials."""
        pages = (
            self.cloud.client("ssm", account)
            .get_paginator("get_parameters_by_path")
            .paginate(Path=f"/msklink/{CLUSTER}", Recursive=True)
        )
        return {found["Name"]: found["Value"] for page in pages for found in page["Parameters"]}

    def may_connect(self) -> list[str]:
        """Return the accounts that the cluster policy admits."""
        policy = self._owner("kafka").get_cluster_policy(ClusterArn=self.cluster_arn)["Policy"]
        return [
            arn.split(":")[4]
            for statement in json.loads(policy)["Statement"]
            if "kafka:CreateVpcConnection" in statement["Action"]
            for arn in statement["Principal"]["AWS"]
        ]

    def problems(self, observation: Observation, calls: Counter[str]) -> list[str]:
        """Return what is not as expected after the run."""
        expected = {
            f"/msklink/{CLUSTER}/{scheme}/bootstrap.servers": account
            for account, schemes in WISHES.items()
            for scheme in schemes.split()
        }
        missing = [
            f"{account} has no {name}"
            for name, account in expected.items()
            if not self.parameters(account).get(name, "").startswith("b-1.")
        ]
        checks = {
            f"the run ended {observation.status}": observation.status == "SUCCEEDED",
            f"{calls['UpdateConnectivity']} calls of UpdateConnectivity": calls[
                "UpdateConnectivity"
            ]
            == 1,
            f"{self.may_connect()} may connect": self.may_connect() == sorted(WISHES),
        }
        return missing + [problem for problem, well in checks.items() if not well]

    def _owner(self, service: str) -> Any:
        return self.cloud.client(service, self.cloud.owner)


def _private(info: dict[str, Any]) -> tuple[str, ...]:
    """Return the schemes that are on for private connectivity."""
    brokers = info["Provisioned"]["BrokerNodeGroupInfo"]
    switches = (
        brokers.get("ConnectivityInfo", {}).get("VpcConnectivity", {}).get("ClientAuthentication")
    ) or {}
    flags = {**switches.get("Sasl", {}), "Tls": switches.get("Tls", {})}
    return tuple(sorted(name for name, flag in flags.items() if flag.get("Enabled")))
