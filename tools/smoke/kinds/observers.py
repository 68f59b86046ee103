"""A queue with a rule on the default bus, which shows the events that AWS sends."""

import json
from typing import Any

from tools.smoke.accounts import attempt
from tools.smoke.resources import Kind
from tools.smoke.smoke import Smoke
from tools.smoke.state import Json

KEPT = ("eventName", "errorCode", "errorMessage", "changed-tag-keys", "service", "resource-type")
"""Fields of an event's detail that answer questions."""

PATTERN = {"source": ["aws.tag", "aws.tagging", "aws.kafka"]}


def _sqs(smoke: Smoke, entry: Json) -> Any:
    return smoke.account(entry["account"]).client("sqs")


def _find_queue(smoke: Smoke, entry: Json) -> str | None:
    found = attempt(_sqs(smoke, entry).get_queue_url, QueueName=queue_name(smoke, entry["name"]))
    return found.answer["QueueUrl"] if found.answer else None


def queue_name(smoke: Smoke, name: str) -> str:
    return f"{smoke.name}-{name}"


def _delete_queue(smoke: Smoke, entry: Json) -> None:
    attempt(_sqs(smoke, entry).delete_queue, QueueUrl=entry["id"])


def _find_rule(smoke: Smoke, entry: Json) -> str | None:
    events = smoke.account(entry["account"]).client("events")
    name = queue_name(smoke, entry["name"])
    return name if attempt(events.describe_rule, Name=name).accepted else None


def _delete_rule(smoke: Smoke, entry: Json) -> None:
    events = smoke.account(entry["account"]).client("events")
    if attempt(events.describe_rule, Name=entry["id"]).accepted:
        events.remove_targets(Rule=entry["id"], Ids=["queue"])
        events.delete_rule(Name=entry["id"])


def arn_of(smoke: Smoke, role: str, url: str) -> str:
    named = (
        smoke.account(role)
        .client("sqs")
        .get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    )
    return str(named["Attributes"]["QueueArn"])


def receive(smoke: Smoke, role: str, url: str) -> list[Json]:
    """Return the messages of a queue, which are deleted from it."""
    sqs, found = smoke.account(role).client("sqs"), []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0
    ).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def observed(smoke: Smoke, role: str) -> list[Json]:
    """Return what an observer has seen so far, oldest first, with what arrived since."""
    url = smoke.state.find("queue", f"{role}-events")
    kept: list[Json] = smoke.state.fact(f"{role}_events") or []
    if url:
        kept += [_essence(event) for event in receive(smoke, role, url)]
        smoke.state.note(**{f"{role}_events": kept})
    return kept


def _essence(event: Json) -> Json:
    detail = event.get("detail", {})
    caller = detail.get("userIdentity", {}).get("arn", "")
    return {
        "source": event.get("source"),
        "detail-type": event.get("detail-type"),
        "time": event.get("time"),
        "resources": event.get("resources", []),
        "caller": caller,
        **{key: detail[key] for key in KEPT if key in detail},
    }


KINDS = {
    "queue": Kind(_find_queue, _delete_queue, "sqs delete-queue --queue-url {id}"),
    "rule": Kind(
        _find_rule,
        _delete_rule,
        "events remove-targets --rule {id} --ids queue && events delete-rule --name {id}",
    ),
}
