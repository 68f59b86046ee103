"""Invoke the task functions of a run one by one, with the input of the state machine."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from msklink.aws import cluster_item
from tests.support.functions import invoke

RUN = "orders-run-1"


@dataclass
class Steps:
    """A run for one cluster, which keeps the results that later tasks need."""

    cluster_arn: str
    run: str = RUN
    facts: dict[str, Any] = field(default_factory=dict)
    surveys: list[dict[str, Any]] = field(default_factory=list)
    brokers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        cluster_item.take_lease(self.cluster_arn, self.run)

    def inspect_cluster(self, waited_seconds: int = 0, expected: tuple[int, int] = (0, 0)) -> Any:
        answer = self._invoke("InspectCluster", waited_seconds=waited_seconds, expected=expected)
        self.facts = answer["facts"]
        return answer

    def survey(self, account: str, barred: str = "") -> Any:
        answer = self._invoke("SurveyClient", account=account, barred=barred, facts=self.facts)
        self.surveys.append(answer)
        return answer

    def hold(self, freeze: str = "") -> Any:
        held = {"surveys": self.surveys, "facts": self.facts, "freeze": freeze}
        return self._invoke("HoldChanges", **held)

    def enable(self) -> Any:
        return self._invoke("EnableConnectivity", surveys=self.surveys, facts=self.facts)

    def grant(self) -> Any:
        return self._invoke("GrantAccess", surveys=self.surveys)

    def connect(self, account: str) -> Any:
        return self._invoke("ConnectClient", account=account)

    def inspect_connections(self, waited_seconds: int = 0) -> Any:
        answer = self._invoke(
            "InspectConnections",
            facts=self.facts,
            waited_seconds=waited_seconds,
            surveys=self.surveys,
        )
        self.brokers = answer["bootstrap_brokers"]
        return answer

    def publish(self, account: str) -> Any:
        return self._invoke("PublishToAccount", account=account, bootstrap_brokers=self.brokers)

    def disconnect(self, account: str) -> Any:
        return self._invoke("DisconnectClient", account=account)

    def revoke(self, closing: tuple[str, ...] = (), waited_seconds: int = 0) -> Any:
        waiting = {"closing": closing, "waited_seconds": waited_seconds}
        return self._invoke("RevokeAccess", surveys=self.surveys, **waiting)

    def summarize(self, *, managed: bool = True, freeze: str = "") -> Any:
        summary = {"bootstrap_brokers": self.brokers, "managed": managed, "freeze": freeze}
        return self._invoke("PublishSummary", **summary)

    def record_failure(self, step: str, account: str, error: str, said: str = "") -> Any:
        cause = {"errorMessage": said} if said else {}
        caught = {"Error": error, "Cause": json.dumps(cause)}
        return self._invoke("RecordFailure", step=step, account=account, error=caught)

    def conclude(self, generation: int, rounds: int = 1, clients: int = 1) -> Any:
        seen = {"rounds": rounds, "clients": clients, "fingerprint": "f"}
        return self._invoke("Conclude", generation=generation, **seen)

    def _invoke(self, task: str, **payload: Any) -> Any:
        return invoke(
            f"{task}Function", {"run": self.run, "cluster_arn": self.cluster_arn, **payload}
        )


def error_of(call: Any, *arguments: Any) -> str:
    """Return the error name of *call*, by which the state machine matches it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 the name is the contract
        call(*arguments)
    return type(caught.value).__name__
