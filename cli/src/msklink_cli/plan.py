"""`msklink plan CLUSTER`: what a run would do, now or if the owner tagged the cluster so."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any

import typer
from botocore.config import Config
from rich.console import Console

from msklink.arns import ClusterArn
from msklink.aws.session import CONFIG, own_session
from msklink.change_control.plan import Kind, Plan, Step, summarize
from msklink.refusals import Code
from msklink.tags import is_account_id
from msklink_cli import drawing, tag_changes
from msklink_cli.errors import CHANGES_PLANNED, CommandError
from msklink_cli.options import Common
from msklink_cli.output import Result
from msklink_cli.show import Cluster
from msklink_cli.stack import plan_function

PLANNING = CONFIG.merge(Config(read_timeout=905, retries={"total_max_attempts": 1}))
"""The function has 900 seconds; it reads one client account after the other."""

_VPC_ID = re.compile(r"vpc-[0-9a-f]{8,17}", re.ASCII)

_COLOURS = {Kind.REBOOT: "red", Kind.REMOVAL: "yellow", Kind.REST: "white"}


def command(
    options: Common,
    cluster: Cluster,
    schemes: Annotated[
        str | None,
        typer.Option(help="As if the tag that opts in had this value: iam,scram or auto or off."),
    ] = None,
    client: Annotated[
        list[str] | None, typer.Option(help="As if this account were listed; can be repeated.")
    ] = None,
    vpc: Annotated[
        list[str] | None,
        typer.Option(
            help="ACCOUNT/VPC=SCHEMES, as if the account were listed and the VPC tagged; can be "
            "repeated."
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(help="KEY=VALUE, as if the cluster were tagged; KEY alone for no such tag."),
    ] = None,
) -> int:
    """
    Say what a run would do, and change nothing.

    Exit code 0 means that nothing is to be done, 2 that there are changes, 1 an error.
    """
    assumed = assumptions(options.namespace, schemes, client or (), vpc or (), tag or ())
    found = ask(options.namespace, cluster, assumed)
    options.show(Result(found.model_dump(mode="json"), lambda console: draw(console, found)))
    return CHANGES_PLANNED if found.steps else 0


def ask(namespace: str, cluster: str, assumed: dict[str, Any]) -> Plan:
    """Return the plan of function PlanCluster. Raises CommandError with its refusal."""
    request = {"cluster": cluster, **({"if": assumed} if assumed else {})}
    answer = (
        own_session()
        .client("lambda", config=PLANNING)
        .invoke(FunctionName=plan_function(namespace), Payload=json.dumps(request).encode())
    )
    found = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        code, problem = found.get("errorType", "PlanFailed"), found.get("errorMessage", "")
        raise CommandError(code, problem, "Try again; the log of the function says more.")
    plan = Plan.model_validate(found)
    unplanned = {Code.MALFORMED_PLAN_REQUEST, Code.CLUSTER_NOT_FOUND}
    if refusal := next((one for one in plan.refusals if one.code in unplanned), None):
        raise CommandError.of(refusal)
    return plan


def assumptions(
    namespace: str,
    schemes: str | None,
    clients: Sequence[str],
    vpcs: Sequence[str],
    tags: Sequence[str],
) -> dict[str, Any]:
    """Return what a plan takes for granted, as docs/plan.md has it. Raises CommandError."""
    assumed = _tags(tags)
    if schemes is not None:
        if namespace in assumed:
            raise CommandError(
                "Usage", f"--schemes and --tag both say what {namespace} is", "Use one of them."
            )
        assumed |= tag_changes.enable(namespace, [schemes])
    tag_changes.check_accounts(clients)
    of_vpcs = _vpcs(vpcs)
    requesting = [one for one, values in of_vpcs.items() if {*values.values()} != {"off"}]
    listed = [*dict.fromkeys([*clients, *requesting])]
    found = {"tags": assumed, "clients": listed, "vpcs": of_vpcs}
    return {key: value for key, value in found.items() if value}


def _tags(words: Iterable[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for word in words:
        key, equals, value = word.partition("=")
        tag_changes.check_tag(key, value)
        found[key] = value if equals else None
    return found


def _vpcs(words: Iterable[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for word in words:
        where, equals, schemes = word.partition("=")
        account, _, vpc_id = where.partition("/")
        if not (equals and is_account_id(account) and _VPC_ID.fullmatch(vpc_id)):
            raise CommandError(
                "MalformedVpcOption",
                f"--vpc has {word[:60]!r}",
                "Write ACCOUNT/VPC=SCHEMES, for example 222222222222/vpc-0a1b2c3d=iam.",
            )
        found.setdefault(account, {})[vpc_id] = tag_changes.schemes_value([schemes])
    return found


def draw(console: Console, plan: Plan) -> None:
    """Print the plan: first what matters most to people, then every call."""
    console.print(summarize(plan), style="bold", soft_wrap=True)
    _draw_effects(console, plan)
    _draw_clients(console, plan)
    if plan.policy and plan.policy.diff:
        drawing.heading(
            console, f"Cluster policy ({plan.policy.bytes:,} of {plan.policy.of:,} bytes)"
        )
        for line in plan.policy.diff:
            colour = {"+": "green", "-": "red"}.get(line[:1], "white")
            console.print(line, style=colour, soft_wrap=True)
    if plan.steps:
        drawing.heading(console, "Steps, in order")
        table = drawing.table("", "CALL", "ACCOUNT", "ON", "WHY")
        for numbers, steps in _grouped(plan.steps):
            first = steps[0]
            more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
            table.add_row(
                numbers,
                first.call,
                first.account,
                f"{target(first)}{more}",
                first.reason,
                style=_COLOURS[first.kind],
            )
        console.print(table)
    if plan.refusals:
        drawing.heading(console, "Refused")
    for one in plan.refusals:
        drawing.refusal(console, one)
    if plan.depends_on:
        drawing.heading(console, "Only AWS can know")
    for text in plan.depends_on:
        console.print(f"· {text}", soft_wrap=True)


def _draw_effects(console: Console, plan: Plan) -> None:
    for held in plan.held:
        until = drawing.moment(held.until)
        ends = f" It goes on by itself {until}." if until else ""
        console.print(f"‖ {held.reason.message}{ends}", style="yellow", soft_wrap=True)
        console.print(f"    {held.reason.remedy}", style="italic", soft_wrap=True)
    if plan.cost.get("items"):
        monthly = plan.cost.get("monthly")
        drawing.heading(console, f"Cost: ${monthly:.2f} a month" if monthly else "Cost")
        for item in plan.cost.get("items", []):
            console.print(f"· {item}", soft_wrap=True)


def _draw_clients(console: Console, plan: Plan) -> None:
    if plan.clients:
        drawing.heading(console, "Clients")
        table = drawing.table("ACCOUNT", "VPC", "SCHEME", "SUBNETS (ZONE IDS)", "SECURITY GROUPS")
        for one in plan.clients:
            if one.refusal is None:
                subnets = " ".join(
                    f"{subnet.id} ({subnet.zone_id})" if subnet.zone_id else subnet.id
                    for subnet in one.subnets
                )
                table.add_row(
                    one.account, one.vpc_id, one.scheme, subnets, " ".join(one.security_groups)
                )
        if table.row_count:
            console.print(table)
        for one in plan.clients:
            if one.refusal:
                drawing.refusal(console, one.refusal, one.place)
                if one.refusal.code is Code.CLUSTER_NOT_MANAGED:
                    name = ClusterArn.parse(plan.cluster).name
                    console.print(f"    $ msklink plan {name} --schemes auto …", soft_wrap=True)
    if plan.removals:
        drawing.heading(console, "Removed")
        table = drawing.table("ACCOUNT", "VPC", "SCHEME", "WHEN", "WHY")
        for gone in plan.removals:
            when = drawing.moment(gone.due) or "never: it is protected"
            table.add_row(gone.account, gone.vpc_id, gone.scheme, when, gone.reason.message)
        console.print(table)


def _grouped(steps: Iterable[Step]) -> Iterator[tuple[str, list[Step]]]:
    """Yield calls of one kind that follow one another together, with their numbers."""
    number = 0
    for _, alike in groupby(steps, lambda one: (one.call, one.account, one.reason)):
        group, first = list(alike), number + 1
        number += len(group)
        yield str(first) if number == first else f"{first}-{number}", group


def target(step: Step) -> str:
    """Return what a call is about, from its parameters: an id, a name, or nothing."""
    named = ("Name", "GroupName", "VpcConnectionArn", "Arn", "GroupId", "VpcId", "Authentication")
    found = (step.parameters.get(name) for name in (*named, "TopicName"))
    if about := next((str(value) for value in found if value), ""):
        return about
    secrets = step.parameters.get("SecretArnList") or [step.parameters.get("SecretId", "")]
    return " ".join(arn.rpartition(":")[2] for arn in secrets)
