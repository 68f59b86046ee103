"""What keeps a cluster or its clients from going on, each with what lets it go on."""

from collections.abc import Iterator
from dataclasses import dataclass

from msklink.refusals import Refusal
from msklink_cli import drawing
from msklink_cli.remedies import owner_command
from msklink_cli.report import ClientReport, ClusterDetail


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong or waits, for people of the owner team."""

    state: str
    """Its sign and colour are those of this state of a client."""
    about: str
    """The client; empty where it is about the cluster."""
    what: str
    """A code, or what has failed."""
    message: str
    remedy: str
    command: str = ""
    """The command with which an owner carries the remedy out; empty where it takes more."""

    @property
    def title(self) -> str:
        return f"{self.about}: {self.what}" if self.about else self.what


def problems(cluster: ClusterDetail) -> Iterator[Problem]:
    """Yield what is refused, waits or has failed: first of the cluster, then of its clients."""
    for refusal in cluster.refusals:
        yield _refusal("refused", refusal, cluster)
    for wait in cluster.waiting:
        yield _refusal("waiting", wait.reason, cluster)
    for client in cluster.connections:
        yield from _of_client(cluster, client)
    if failure := cluster.failure:
        again = drawing.moment(failure.next_attempt)
        yield Problem(
            "failed",
            "",
            f"run {failure.run} {failure.status} in {failure.state}: {failure.error}",
            "",
            f"It is tried again {again}." if again else "It is not tried again.",
        )
    for arn in cluster.unknown_connections:
        yield Problem("failed", "", f"connection of an account that is not listed: {arn}", "", "")


def _of_client(cluster: ClusterDetail, client: ClientReport) -> Iterator[Problem]:
    if client.refusal:
        yield _refusal("refused", client.refusal, cluster, client)
    for warning in client.warnings:
        yield _refusal("warning", warning, cluster, client)
    if (check := client.check) and not check.good:
        yield Problem("failed", name(client), check.layer, check.detail, check.remedy)


def _refusal(
    state: str, refusal: Refusal, cluster: ClusterDetail, client: ClientReport | None = None
) -> Problem:
    return Problem(
        state,
        name(client) if client else "",
        refusal.code,
        refusal.message,
        refusal.remedy,
        owner_command(refusal, cluster, client),
    )


def name(client: ClientReport) -> str:
    """Return the account, VPC and scheme of *client*, as far as it has them."""
    return "/".join(part for part in (client.account, client.vpc_id, client.scheme) if part)
