"""The stacks of MSKLink under test, what they leave behind, and what MSKLink has made."""

import json

from msklink.policy.document import is_ours
from tools.smoke.accounts import attempt
from tools.smoke.kinds import msk
from tools.smoke.resources import Kind, Stays
from tools.smoke.smoke import Smoke
from tools.smoke.state import Json

STACK_MINUTES = 30
KEY_DAYS = 7
"""The least that AWS KMS takes; a key that waits for its deletion costs nothing."""


def stack_status(smoke: Smoke, role: str, name: str) -> str | None:
    """Return the status of a stack; None if there is none."""
    cloudformation = smoke.account(role).client("cloudformation")
    found = attempt(cloudformation.describe_stacks, StackName=name)
    if found.answer is None:
        return None
    status = str(found.answer["Stacks"][0]["StackStatus"])
    return None if status == "DELETE_COMPLETE" else status


def is_busy(status: str | None) -> bool:
    """Return whether CloudFormation works on a stack; a review waits for its user."""
    return str(status).endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def _find_stack(smoke: Smoke, entry: Json) -> str | None:
    found = stack_status(smoke, entry["account"], entry["name"])
    return str(entry["name"]) if found else None


def _delete_stack(smoke: Smoke, entry: Json) -> None:
    delete_stack(smoke, entry["account"], entry["id"])
    if entry["account"] == "owner" and smoke.state.fact("cluster_arn"):
        _delete_parameters(smoke)  # a last run may have written some meanwhile


def delete_stack(smoke: Smoke, role: str, name: str) -> None:
    """Delete a stack, and wait until it is gone. Raises Stays with the reason if it stays."""
    cloudformation = smoke.account(role).client("cloudformation")

    def is_settled() -> bool:
        return not is_busy(stack_status(smoke, role, name))

    smoke.until(is_settled, f"stack {name} is settled", STACK_MINUTES)
    if stack_status(smoke, role, name) is None:
        return
    cloudformation.delete_stack(StackName=name)
    smoke.until(is_settled, f"stack {name} is deleted", STACK_MINUTES, every=10)
    if status := stack_status(smoke, role, name):
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        raise Stays(f"{status}: {found.get('StackStatusReason', '')}")


def _as_named(_smoke: Smoke, entry: Json) -> str | None:
    """Return the id of what is recorded by its id."""
    return str(entry["name"])


def _delete_table(smoke: Smoke, entry: Json) -> None:
    attempt(smoke.owner.client("dynamodb").delete_table, TableName=entry["id"])


def _delete_key(smoke: Smoke, entry: Json) -> None:
    kms = smoke.owner.client("kms")
    asked = attempt(kms.schedule_key_deletion, KeyId=entry["id"], PendingWindowInDays=KEY_DAYS)
    if asked.code not in {"", "NotFoundException", "KMSInvalidStateException"}:
        raise Stays(f"{asked.code}: {asked.message}")


def _unsubscribe(smoke: Smoke, entry: Json) -> None:
    attempt(smoke.owner.client("sns").unsubscribe, SubscriptionArn=entry["id"])


def _find_subscription(smoke: Smoke, _entry: Json) -> str | None:
    topic, queue = smoke.state.fact("alerts_topic"), smoke.state.fact("alerts_queue_arn")
    pages = smoke.owner.client("sns").get_paginator("list_subscriptions_by_topic")
    found = (
        one
        for page in pages.paginate(TopicArn=topic)
        for one in page["Subscriptions"]
        if one["Endpoint"] == queue
    )
    return next((one["SubscriptionArn"] for one in found), None)


# ------------------------------------------------------------------------- what MSKLink has made


def tag_keys(smoke: Smoke) -> list[str]:
    """Return the keys of the tags that opt in the cluster."""
    return [smoke.options.namespace, f"{smoke.options.namespace}/clients"]


def vpc_tag(smoke: Smoke) -> str:
    """Return the key of the tag by which the client VPC asks for a connection."""
    return f"{smoke.options.namespace}/{smoke.cluster_arn.split('/')[1]}"


def stray_tag(smoke: Smoke) -> str:
    """Return the key of a tag that names no cluster."""
    return f"{smoke.options.namespace}/nobody"


def _delete_onboarding(smoke: Smoke, entry: Json) -> None:
    """Take back what the tags asked for, also where MSKLink is not there to do it."""
    arn, vpc_id = entry["id"], smoke.state.find("vpc", "client-vpc")
    if msk.state(smoke, arn) is not None:
        smoke.kafka.untag_resource(ResourceArn=arn, TagKeys=tag_keys(smoke))
    if vpc_id:
        attempt(
            smoke.client.client("ec2").delete_tags,
            Resources=[vpc_id],
            Tags=[{"Key": vpc_tag(smoke)}],
        )
    _stop_runs(smoke)
    for one in msk.connections(smoke, "client", vpc_id) if vpc_id else []:
        msk.delete_connection(smoke, "client", one["VpcConnectionArn"])
    if not smoke.has_own_cluster:
        _revoke(smoke, arn)
    _delete_parameters(smoke)


def _stop_runs(smoke: Smoke) -> None:
    """Stop runs, which could connect the VPC once more."""
    if not smoke.state.fact("own_stack"):
        return
    states, machine = smoke.owner.client("stepfunctions"), smoke.state.fact("state_machine")
    running = attempt(states.list_executions, stateMachineArn=machine, statusFilter="RUNNING")
    for one in (running.answer or {}).get("executions", []):
        attempt(states.stop_execution, executionArn=one["executionArn"])


def _revoke(smoke: Smoke, arn: str) -> None:
    """Take MSKLink's statements out of the policy of a cluster that is not our own."""
    kafka = smoke.kafka
    found = attempt(kafka.get_cluster_policy, ClusterArn=arn).answer
    if not found:
        return
    document = json.loads(found["Policy"])
    statements = document["Statement"]
    others = [one for one in statements if not is_ours(one, smoke.options.namespace)]
    if len(others) == len(statements):
        return
    if others:
        text = json.dumps(document | {"Statement": others})
        version = found["CurrentVersion"]
        kafka.put_cluster_policy(ClusterArn=arn, Policy=text, CurrentVersion=version)
    else:
        kafka.delete_cluster_policy(ClusterArn=arn)


def _delete_parameters(smoke: Smoke) -> None:
    """Delete what MSKLink has published, also about the tag of step upkeep for no cluster."""
    for account in (smoke.owner, smoke.client):
        ssm = account.client("ssm")
        for tag in (vpc_tag(smoke), stray_tag(smoke)):
            path = {"Path": f"/{tag}/", "Recursive": True}
            while found := ssm.get_parameters_by_path(**path)["Parameters"]:
                ssm.delete_parameters(Names=[one["Name"] for one in found])


KINDS = {
    "stack": Kind(_find_stack, _delete_stack, "cloudformation delete-stack --stack-name {id}"),
    "table": Kind(_as_named, _delete_table, "dynamodb delete-table --table-name {id}"),
    "key": Kind(
        _as_named,
        _delete_key,
        f"kms schedule-key-deletion --key-id {{id}} --pending-window-in-days {KEY_DAYS}",
    ),
    "subscription": Kind(
        _find_subscription, _unsubscribe, "sns unsubscribe --subscription-arn {id}"
    ),
    "onboarding": Kind(
        lambda smoke, _: smoke.cluster_arn,
        _delete_onboarding,
        "kafka untag-resource --resource-arn {id} --tag-keys {name} {name}/clients",
    ),
}
