"""What keeps a cluster or its clients from going on, each with what lets it go on."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import BaseModel
from rich.console import Console

from msklink.connections.record import State
from msklink.refusals import WARNINGS, Code, Refusal
from msklink_cli import drawing
from msklink_cli.remedies import owner_command
from msklink_cli.report import ClientReport, ClusterDetail

_TEMPORARY = {Code.AWAITING_APPROVAL, Code.OUTSIDE_WINDOW, Code.FROZEN, Code.USER_NOT_REQUESTED}


class Severity(StrEnum):
    PROBLEM = "problem"
    """Something does not work because of it."""
    WAITING = "waiting"
    """It goes on by itself, or once a person decides."""
    WARNING = "warning"
    """It works, but later than it could, or not much longer."""


class Finding(BaseModel, frozen=True):
    """One reason, with the command of the owner where one command is the remedy."""

    code: str
    severity: Severity
    about: str
    """The account, rule or queue in question; empty where it is about the cluster."""
    message: str
    remedy: str
    command: str = ""

    @property
    def title(self) -> str:
        return f"{self.about}: {self.code}" if self.about else self.code

    def draw(self, console: Console) -> None:
        drawing.reason(console, self.title, self.message, self.remedy, self.command, self.severity)

    @classmethod
    def of(
        cls,
        refusal: Refusal,
        about: str = "",
        severity: Severity = Severity.PROBLEM,
        command: str = "",
    ) -> "Finding":
        return cls(
            code=refusal.code,
            severity=severity,
            about=about,
            message=refusal.message,
            remedy=refusal.remedy,
            command=command,
        )


def of_cluster(cluster: ClusterDetail) -> Iterator[Finding]:
    """Yield what is refused, waits or has failed: first of the cluster, then of its clients."""
    for refusal in cluster.refusals:
        yield Finding.of(refusal, command=owner_command(refusal, cluster))
    for wait in cluster.waiting:
        command = owner_command(wait.reason, cluster)
        yield Finding.of(wait.reason, "", _severity(wait.reason), command)
    yield from _run(cluster)
    for client in cluster.connections:
        yield from of_client(cluster, client)
    for arn in cluster.unknown_connections:
        yield Finding(
            code=Code.UNKNOWN_CONNECTION,
            severity=Severity.PROBLEM,
            about="",
            message=f"Connection {arn} is of an account that is not listed.",
            remedy="List the account, or reject the connection in the MSK console.",
        )


def _severity(reason: Refusal) -> Severity:
    if reason.code in _TEMPORARY:
        return Severity.WAITING
    return Severity.WARNING if reason.code in WARNINGS else Severity.PROBLEM


def _run(cluster: ClusterDetail) -> Iterator[Finding]:
    if cluster.run and cluster.run.status != "RUNNING":
        yield Finding(
            code="LeaseOfDeadRun",
            severity=Severity.WAITING,
            about="",
            message=f"Run {cluster.run.name} has the lease of the cluster, but is "
            f"{cluster.run.status}. No other run begins before the lease is released.",
            remedy="The next sweep releases it and starts another run.",
        )
    if failure := cluster.failure:
        time = drawing.moment(failure.next_attempt)
        again = f" It is tried again {time}." if time else " It is not tried again."
        yield Finding(
            code="RunFailed",
            severity=Severity.PROBLEM,
            about="",
            message=f"Run {failure.run} ended as {failure.status} in {failure.state}: "
            f"{failure.error or failure.cause or 'no error'}.{again}",
            remedy="docs/operations.md says what each error means. Setting the tag of the cluster "
            "again to its value starts a run at once.",
            command=f"msklink runs {cluster.name} {failure.run}",
        )


def of_client(cluster: ClusterDetail, client: ClientReport) -> Iterator[Finding]:
    """Yield what is refused, failed or warned of for *client*."""
    about = client.place
    if client.refusal:
        yield Finding.of(
            client.refusal, about, command=owner_command(client.refusal, cluster, client)
        )
    for warning in client.warnings:
        yield Finding.of(warning, about, _severity(warning))
    if client.state is State.FAILED and not client.refusal:
        yield Finding(
            code="ConnectionFailed",
            severity=Severity.PROBLEM,
            about=about,
            message=client.failure or "The connection has failed.",
            remedy="The next sweep tries it again.",
        )
    if client.check and not client.check.good:
        yield Finding(
            code="CheckFailed",
            severity=Severity.PROBLEM,
            about=about,
            message=f"Layer {client.check.layer}: {client.check.detail}",
            remedy=client.check.remedy,
        )
