"""Plan a run: find out by a dry run what it would do, and describe it."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from msklink import clock
from msklink.arns import ClusterArn
from msklink.auth_scheme import Scheme
from msklink.aws import cluster_item, dynamodb, msk_cluster_policy, msk_clusters
from msklink.aws.dry_run.call import Call
from msklink.aws.dry_run.msk import MskOverlay
from msklink.aws.dry_run.network import NetworkOverlay
from msklink.aws.dry_run.others import EVENTS, RUNS, SCHEDULES, ProbeOverlay
from msklink.aws.dry_run.parameters import ParameterOverlay
from msklink.aws.dry_run.recorder import Recorder, dry_run
from msklink.aws.dry_run.secrets import SecretOverlay
from msklink.aws.dry_run.table import TableOverlay
from msklink.aws.errors import aws_refusals
from msklink.change_control.cost import cost_of
from msklink.change_control.holds import common_holds, freeze_hold, reboot_holds
from msklink.change_control.plan import (
    HeldStep,
    Plan,
    PlannedClient,
    PlannedRemoval,
    PlannedSubnet,
    Reboot,
    policy_change,
    read_steps,
    summarize,
    to_json,
)
from msklink.cluster import admission, description, update_window
from msklink.cluster.description import ClusterDescription
from msklink.connections.record import ConnectionRecord
from msklink.errors import Refused
from msklink.parameters import published
from msklink.refusals import Code, refuse
from msklink.requests.plan_request import PlanRequest
from msklink.services import connectivity, planned_run
from msklink.settings import settings
from msklink.tags import client_key

MOST_CHARACTERS = 8192
"""The longest value of a parameter (SSM API reference, PutParameter), all of it in ASCII."""

SHOWN = ("kafka", "ec2", "ssm", "lambda", "secretsmanager")
"""Services whose calls are steps; the others keep MSKLink's own records and events.

The parameter with the plan is no step either.
"""


def plan_cluster(event: object, function_arn: str) -> Plan:
    """
    Return what a run would do for the cluster that *event* names, in the place of *function_arn*.

    A request that is not valid, and one for a cluster that does not exist, get a plan with only the
    refusal.
    """
    name = str(event.get("cluster", ""))[:200] if isinstance(event, Mapping) else ""
    try:
        with aws_refusals():
            request = PlanRequest.read(event)
            return _plan(request, _find_cluster(request.cluster, function_arn))
    except Refused as error:
        return Plan(cluster=name, asked={}, refusals=(error.refusal,))


def _find_cluster(text: str, function_arn: str) -> ClusterArn:
    """Return the cluster with this name or ARN; the ARN may be that of a deleted cluster."""
    region, account = function_arn.split(":")[3:5]
    if arn := ClusterArn.find(text):
        found = [text] if (arn.region, arn.account) == (region, account) else []
    else:
        found = msk_clusters.find_clusters(msk_clusters.client(), text)
    if not found:
        raise Refused(refuse(Code.CLUSTER_NOT_FOUND, cluster=text, owner=account))
    return ClusterArn.parse(found[0])


def _plan(request: PlanRequest, arn: ClusterArn) -> Plan:
    namespace = settings().namespace
    record = cluster_item.read_cluster(arn.text)
    cluster = msk_clusters.describe_updates(msk_clusters.client(), arn.text, record.operation)
    if cluster is None and not record.requested:  # not a deleted one, for which there were runs
        raise Refused(refuse(Code.CLUSTER_NOT_FOUND, cluster=arn.name, owner=arn.account))
    enabling = frozenset[Scheme]() if _is_idle(cluster) else frozenset(record.enabling)
    assumed = request.assumptions.cluster_tags(cluster.tags if cluster else {}, namespace)
    key = client_key(namespace, arn.name)
    msk = MskOverlay(arn.text, assumed, record.brokers.strings, enabling)
    network = NetworkOverlay(
        {
            (account, vpc_id): {key: schemes}
            for account, vpcs in request.assumptions.vpcs.items()
            for vpc_id, schemes in vpcs.items()
        }
    )
    cluster = cluster and replace(
        cluster,
        tags={key: tag for key, tag in {**cluster.tags, **assumed}.items() if tag is not None},
    )
    is_managed = cluster is not None and cluster.is_managed(namespace)
    recorder = Recorder(arn.account, _overlays(arn, msk, network))
    before = _policy(arn)
    with dry_run(recorder):
        planned_run.perform(arn.text)
        records = [one for one in dynamodb.connections(arn.text) if one.is_shown]
        own_refusals = cluster_item.read_cluster(arn.text).refusals
        after = _policy(arn)
    own = [published.plan_name(namespace, arn.name)]
    calls = [
        call
        for call in recorder.calls
        if call.service in SHOWN and call.parameters.get("Names") != own
    ]
    on = enabling | cluster.private_schemes if cluster else enabling
    schemes = _schemes_turned_on(calls, on)
    steps = tuple(read_steps(_names(calls), before, namespace))
    return Plan(
        cluster=arn.text,
        asked=request.assumptions.model_dump(mode="json", exclude_defaults=True),
        steps=steps,
        reboot=_reboot(cluster, schemes),
        policy=policy_change(before, after),
        clients=(
            *_clients(records, network.zone_ids),
            *_impossible_vpcs(arn, request, records, network.vpc_ids, is_managed=is_managed),
        ),
        removals=tuple(_removals(records)),
        held=tuple(_held(arn, cluster, schemes, has_steps=bool(steps))),
        refusals=own_refusals,
        cost=cost_of(
            arn.region,
            schemes,
            _count(calls, "CreateVpcConnection"),
            _count(calls, "CreateSecret") + _count(calls, "RestoreSecret"),
        ),
        depends_on=tuple(_conditions(calls, cluster)),
    )


def _overlays(arn: ClusterArn, msk: MskOverlay, network: NetworkOverlay) -> dict[str, Any]:
    secrets = f"arn:{arn.partition}:secretsmanager:{arn.region}:{arn.account}"
    return {
        "kafka": msk,
        "ec2": network,
        "ssm": ParameterOverlay(),
        "dynamodb": TableOverlay(dynamodb.read_raw),
        "secretsmanager": SecretOverlay(secrets),
        "lambda": ProbeOverlay(),
        "events": EVENTS,
        "scheduler": SCHEDULES,
        "stepfunctions": RUNS,
    }


def _policy(cluster: ClusterArn) -> str | None:
    policy, _ = msk_cluster_policy.read_policy(msk_clusters.client(), cluster.text)
    return None if policy.is_empty else policy.to_json()


def _schemes_turned_on(calls: Iterable[Call], on: frozenset[Scheme]) -> list[Scheme]:
    """Return the schemes that an update of the run turns on, beside those that are *on*."""
    updates = (call.parameters for call in calls if call.operation == "UpdateConnectivity")
    flags = (one["ConnectivityInfo"]["VpcConnectivity"] for one in updates)
    turned_on = (description.schemes_on(one["ClientAuthentication"]) for one in flags)
    return sorted(frozenset[Scheme]().union(*turned_on) - on)


def _names(calls: Iterable[Call]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    return ((f"{one.service}:{one.operation}", one.account, one.parameters) for one in calls)


def _reboot(cluster: ClusterDescription | None, schemes: list[Scheme]) -> Reboot | None:
    if cluster is None or not schemes:
        return None
    past = msk_clusters.past_updates(msk_clusters.client(), cluster.arn.text)
    first, last = update_window.expected_window(past, cluster.brokers)
    minutes = first // 60, -(-last // 60)
    return Reboot(schemes=tuple(schemes), brokers=cluster.brokers, minutes=minutes)


def _clients(
    records: Iterable[ConnectionRecord], zone_ids: Mapping[str, str]
) -> Iterator[PlannedClient]:
    for one in records:
        subnets = (
            PlannedSubnet(id=subnet, zone_id=zone_ids.get(subnet, "")) for subnet in one.subnet_ids
        )
        yield PlannedClient(
            account=one.account,
            vpc_id=one.vpc_id,
            scheme=one.scheme or "",
            subnets=tuple(subnets),
            security_groups=one.security_group_ids,
            refusal=one.refusal,
        )


def _impossible_vpcs(
    arn: ClusterArn,
    request: PlanRequest,
    records: Iterable[ConnectionRecord],
    found: Mapping[str, Container[str]],
    *,
    is_managed: bool,
) -> Iterator[PlannedClient]:
    """Yield a refusal for each assumed VPC that is not there, or whose account may not connect."""
    barred = Code.ACCOUNT_NOT_ALLOWED if is_managed else Code.CLUSTER_NOT_MANAGED
    refused = {one.account for one in records if one.is_about_account}
    for account, vpcs in request.assumptions.vpcs.items():
        for vpc_id in vpcs:
            if account not in found:
                refusal = admission.refuse_admission(barred, arn, account, settings().namespace)
            else:
                refusal = refuse(Code.VPC_NOT_FOUND, vpc_id=vpc_id, account=account)
            if account not in refused and vpc_id not in found.get(account, ()):
                yield PlannedClient(
                    account=account,
                    vpc_id=vpc_id,
                    scheme="",
                    subnets=(),
                    security_groups=(),
                    refusal=refusal,
                )


def _removals(records: Iterable[ConnectionRecord]) -> Iterator[PlannedRemoval]:
    for one in records:
        if one.removal:
            yield PlannedRemoval(
                account=one.account,
                vpc_id=one.vpc_id,
                scheme=one.scheme or "",
                due=one.removal.due,
                reason=one.removal.reason,
            )


def _held(
    arn: ClusterArn,
    cluster: ClusterDescription | None,
    schemes: list[Scheme],
    *,
    has_steps: bool,
) -> Iterator[HeldStep]:
    """Yield what of the steps waits for the owner's terms now."""
    terms = connectivity.change_terms(cluster)
    if frozen := freeze_hold(terms.freeze, arn):
        if has_steps:
            yield HeldStep(reason=frozen.reason, schemes=tuple(schemes), until=None)
    elif cluster and schemes:
        seconds = connectivity.update_seconds(cluster)
        holds = reboot_holds(terms, cluster.arn, schemes, timedelta(seconds=seconds), clock.now())
        for hold, alike in common_holds(cluster.arn, settings().namespace, holds):
            yield HeldStep(reason=hold.reason, schemes=alike, until=hold.until)


def _is_idle(cluster: ClusterDescription | None) -> bool:
    """Return whether no operation is in progress that a run would wait for."""
    return cluster is None or description.is_settled(cluster)


def _conditions(calls: Iterable[Call], cluster: ClusterDescription | None) -> Iterator[str]:
    """Yield what the plan takes for granted, because only AWS can know it."""
    if cluster and not _is_idle(cluster):
        yield f"The operation in progress ends (the cluster is {cluster.state} now)."
    made = {call.operation for call in calls}
    for operation, condition in _CONDITIONS.items():
        if operation in made:
            yield condition


_CONDITIONS = {
    "UpdateConnectivity": "MSK makes the update. A scheme that was on before keeps its brokers.",
    "PutClusterPolicy": "MSK accepts every principal of the cluster policy.",
    "CreateVpcConnection": "MSK accepts each connection, within the quotas of its account.",
    "CreateTopic": "MSK accepts the settings of each topic.",
    "BatchAssociateScramSecret": "MSK accepts each user. Its ACLs are for the owner to add.",
    "DeleteSecurityGroup": "Nothing else uses the security groups that are deleted.",
    "Invoke": "The probe reaches the brokers.",
}


def _count(calls: Iterable[Call], operation: str) -> int:
    return sum(call.operation == operation for call in calls)


def for_run(plan: Plan) -> dict[str, str]:
    """Return *plan* as HoldChanges takes it: the text of a parameter, and a summary for people."""
    return {"text": to_json(plan, MOST_CHARACTERS), "summary": summarize(plan)}
