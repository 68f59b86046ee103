"""Ask MSK about topics by its API, on the own cluster."""

import base64
import json
from typing import Any

from tools.smoke.accounts import Outcome, attempt
from tools.smoke.prices import ZONES
from tools.smoke.smoke import NotInTime, Smoke

NAME = "smoke-topic"
HOUR = "3600000"
VIEW_SECONDS = 90
"""MSK shows a change after a minute (MSK developer guide, topic operations), and we poll."""

MINUTES = 10


def run(smoke: Smoke) -> None:
    for name in (NAME, "smoke-while-updating"):  # of an interrupted step
        attempt(smoke.kafka.delete_topic, ClusterArn=smoke.cluster_arn, TopicName=name)
    smoke.until(lambda: _describe(smoke) is None, "no topic is left", MINUTES)
    created = create(smoke, NAME, {"retention.ms": HOUR})
    if not created.accepted:
        reason = f"CreateTopic: {created.code}: {created.message}"
        for key in ("topic_view", "topic_states", "topic_configs_are_json", "topic_update"):
            smoke.leave_open(key, reason, created.evidence)
        return
    begun = smoke.now()
    found = smoke.until(lambda: _describe(smoke), "MSK shows the topic", MINUTES, every=10)
    assert found
    seconds = round((smoke.now() - begun).total_seconds())
    smoke.judge(
        "topic_view",
        confirmed=seconds <= VIEW_SECONDS,
        reason=f"a new topic was shown after {seconds} seconds",
        evidence={"seconds": seconds},
    )
    smoke.judge(
        "topic_states",
        confirmed=found["Status"] == "ACTIVE",
        reason=f"as soon as it is shown it is {found['Status']}",
        evidence={"created": created.answer, "described": found},
    )
    _ask_about_configs(smoke, found)
    smoke.kafka.delete_topic(ClusterArn=smoke.cluster_arn, TopicName=NAME)


def create(smoke: Smoke, name: str, configs: dict[str, str] | None = None) -> Outcome:
    """Create a topic with a replica on each broker."""
    text = base64.b64encode(json.dumps(configs or {"retention.ms": HOUR}).encode()).decode()
    return attempt(
        smoke.kafka.create_topic,
        ClusterArn=smoke.cluster_arn,
        TopicName=name,
        PartitionCount=1,
        ReplicationFactor=ZONES,
        Configs=text,
    )


def _describe(smoke: Smoke) -> dict[str, Any] | None:
    found = attempt(smoke.kafka.describe_topic, ClusterArn=smoke.cluster_arn, TopicName=NAME)
    return found.answer


def read_configs(text: str) -> tuple[dict[str, str], bool]:
    """Return the configs of DescribeTopic, and whether they are a JSON object."""
    content = base64.b64decode(text).decode()
    try:
        found: dict[str, str] = json.loads(content)
    except ValueError:
        lines = (line.partition("=") for line in content.splitlines() if "=" in line)
        return {key.strip(): value.strip() for key, _, value in lines}, False
    return found, True


def _ask_about_configs(smoke: Smoke, found: dict[str, Any]) -> None:
    configs, is_json = read_configs(found.get("Configs", ""))
    smoke.judge(
        "topic_configs_are_json",
        confirmed=is_json and configs.get("retention.ms") == HOUR,
        reason="a JSON object" if is_json else "lines of key=value",
        evidence={"Configs": base64.b64decode(found.get("Configs", "")).decode()[:300]},
    )
    text = base64.b64encode(json.dumps({"segment.ms": HOUR}).encode()).decode()
    changed = attempt(
        smoke.kafka.update_topic, ClusterArn=smoke.cluster_arn, TopicName=NAME, Configs=text
    )
    if not changed.accepted:
        smoke.leave_open("topic_update", f"{changed.code}: {changed.message}", changed.evidence)
        return

    def configs_now() -> dict[str, str] | None:
        seen = read_configs((_describe(smoke) or {}).get("Configs", ""))[0]
        return seen if seen.get("segment.ms") == HOUR else None

    try:
        after = smoke.until(configs_now, "MSK shows the update", MINUTES, every=10)
    except NotInTime as error:
        smoke.leave_open("topic_update", error.problem)
        return
    assert after is not None
    kept = after.get("retention.ms") == HOUR
    smoke.judge(
        "topic_update",
        confirmed=not kept,
        reason="a setting that the update leaves out " + ("stays" if kept else "is unset"),
        evidence={"retention.ms": after.get("retention.ms"), "segment.ms": HOUR},
    )
