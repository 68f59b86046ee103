"""Find reasons in a cluster, its clients and a plan for it; no calls to AWS."""

from collections.abc import Iterator

from msklink.arns import ClusterArn
from msklink.change_control.holds import freeze_hold
from msklink.change_control.plan import Plan
from msklink.refusals import Code
from msklink_cli import findings
from msklink_cli.findings import Finding, Severity
from msklink_cli.remedies import owner_command
from msklink_cli.report import ClusterDetail

NEARLY_FULL = 0.9
"""The share of the cluster policy from which a few more accounts can fill it."""


def of_cluster(
    cluster: ClusterDetail, plan: Plan | None = None, account: str = ""
) -> Iterator[Finding]:
    """
    Yield what keeps clients of *cluster* from being connected, or those of one *account*.

    A *plan* adds what is refused now and no run has recorded yet.
    """
    name = cluster.name
    if not cluster.managed:
        yield Finding(
            code="NotOptedIn",
            severity=Severity.PROBLEM,
            about=name,
            message=f"The owner has not opted in the cluster; its tag is {cluster.asked!r}."
            if cluster.asked
            else "The owner has not opted in the cluster: it has no tag that names schemes.",
            remedy="Name the schemes that clients may use, or auto.",
            command=f"msklink enable {name} auto",
        )
    frozen = freeze_hold(cluster.freeze, ClusterArn.parse(cluster.arn))
    if frozen and not any(one.reason.code is Code.FROZEN for one in cluster.waiting):
        command = owner_command(frozen.reason, cluster)
        yield Finding.of(frozen.reason, name, Severity.WAITING, command)
    clients = {one.place: one.account for one in cluster.connections}
    for one in findings.of_cluster(cluster):
        if account in {"", clients.get(one.about, account)}:
            yield one.model_copy(update={"about": f"{name} {one.about}".rstrip()})
    yield from _policy(cluster)
    yield from _pending(cluster, plan)
    yield from _accounts(cluster, plan, account)
    yield from _refused_now(cluster, plan, account)


def _policy(cluster: ClusterDetail) -> Iterator[Finding]:
    policy = cluster.policy
    if policy and policy.bytes >= policy.of * NEARLY_FULL:
        yield Finding(
            code="PolicyNearlyFull",
            severity=Severity.WARNING,
            about=cluster.name,
            message=f"The cluster policy has {policy.bytes:,} of {policy.of:,} bytes, and each "
            "client account takes about 33.",
            remedy="Remove accounts that have left, or connect new ones to another cluster.",
        )


def _accounts(cluster: ClusterDetail, plan: Plan | None, account: str) -> Iterator[Finding]:
    """Yield accounts that are not listed, and listed ones of which nothing is known."""
    if account and account not in cluster.listed:
        yield Finding(
            code=Code.ACCOUNT_NOT_ALLOWED,
            severity=Severity.PROBLEM,
            about=f"{cluster.name} {account}",
            message=f"The owner does not list account {account} as a client of {cluster.name}.",
            remedy="List it.",
            command=f"msklink allow {cluster.name} {account}",
        )
    known = {client.account for client in cluster.connections}
    known |= {client.account for client in plan.clients} if plan else set()
    for listed in cluster.listed if cluster.managed else ():
        if listed not in known and account in {"", listed}:
            yield Finding(
                code="NothingAsked",
                severity=Severity.WARNING,
                about=f"{cluster.name} {listed}",
                message=f"Account {listed} is listed, but no VPC of it asks for {cluster.name}.",
                remedy="The client team tags its VPC: "
                f"msklink-client request {cluster.name} --vpc VPC --schemes iam.",
            )


def _pending(cluster: ClusterDetail, plan: Plan | None) -> Iterator[Finding]:
    """Yield that a run would do something, where none is at work and nothing holds it."""
    if plan and plan.steps and cluster.run is None and not cluster.waiting:
        yield Finding(
            code="ChangesPending",
            severity=Severity.WAITING,
            about=cluster.name,
            message="A run would change something, but none is at work.",
            remedy="The next sweep starts one, unless its rule is disabled or it fails.",
            command=f"msklink plan {cluster.name}",
        )


def _refused_now(cluster: ClusterDetail, plan: Plan | None, account: str) -> Iterator[Finding]:
    recorded = {one.place for one in cluster.connections if one.refusal}
    for client in plan.clients if plan else ():
        if client.refusal and client.place not in recorded and account in {"", client.account}:
            yield Finding.of(client.refusal, f"{cluster.name} {client.place}")
